// Parts of packages that nothing here reaches, and that would be read and parsed at every start: reading and parsing is
// most of what the start of a worker or of a function takes. In the bundles each is a module with nothing in it, or with
// what is reached of it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const unused = [
  // Messages in forty languages; English is imported by itself.
  { file: /\/zod\/v4\/locales\/index\.js$/, contents: 'export {};' },
  // Queues in PostgreSQL, and on other clients than ioredis.
  { file: /\/bullmq\/dist\/esm\/postgres\/index\.js$/, contents: 'export {};' },
  { file: /\/bullmq\/dist\/esm\/classes\/valkey-glide-client\.js$/, contents: 'export {};' },
  {
    file: /\/bullmq\/dist\/esm\/classes\/(bun|node)-redis-client\.js$/,
    contents: 'export const createBunRedisClient = null, createNodeRedisClient = null;',
  },
  // Scripts that are loaded with every connection: relays, jobs by the calendar, trees of jobs, and emptying a queue.
  {
    file: /\/bullmq\/dist\/esm\/scripts\/(relay|\w+JobScheduler|addParentJob|removeUnprocessed|removeChild|cleanJobs|obliterate|drain)[^/]*\.js$/,
    contents: 'export {};',
  },
  // Jobs by the calendar, with the library for time zones that this one brings.
  { file: /\/cron-parser\/dist\/index\.js$/ },
  // Of comparing versions what the queue does with that of Redis.
  {
    file: /\/semver\/index\.js$/,
    contents: ['valid', 'coerce', 'lt'].map((name) => `exports.${name} = require('./functions/${name}');`).join('\n'),
  },
  // Jobs that are files of their own, which run in other processes or threads.
  { file: /\/bullmq\/dist\/esm\/classes\/child-pool\.js$/, contents: 'export const ChildPool = null;' },
  // Of MessagePack what the queue writes, without streams and without machine code, which is looked for in many places.
  { file: /\/msgpackr\/node-index\.js$/, contents: "export { Packr } from './pack.js';" },
  // Logs by way of another thread.
  { file: /\/pino\/lib\/transport\.js$/ },
  // The library's own ways to ask: devices are asked by `src/adapter/http/exchange.ts`.
  { file: /\/axios\/lib\/adapters\/(http|xhr)\.js$/, contents: 'export default null;' },
  { file: /\/axios\/lib\/adapters\/fetch\.js$/, contents: 'export const getFetch = null;' },
  { file: /\/form-data\/lib\/form_data\.js$/ },
];

/** Files in which a few words make the bundle load or keep something unused. */
const reworded = [
  // Postern logs on its first thread only.
  { file: /\/pino\/lib\/tools\.js$/, from: "require('worker_threads')", to: '{ isMainThread: true }', loader: 'js' },
  // Only to see whether it is there has the whole of undici loaded. Devices are sent no forms.
  {
    file: /\/axios\/lib\/utils\.js$/,
    from: "typeof G.FormData !== 'undefined' ? G.FormData : undefined",
    to: 'undefined',
    loader: 'js',
  },
  // Of a namespace that is imported by its name, all is kept; of this one, what is used.
  {
    file: /\/(src|adapters|kit)\/.*\.ts$/,
    from: "import { z } from 'zod'",
    to: "import * as z from 'zod'",
    loader: 'ts',
  },
  // Six hundred methods for one prototype. V8 copies the list of those before with each, unless one was ever deleted: this
  // one fails, and every client has its own.
  {
    file: /\/ioredis\/built\/utils\/Commander\.js$/,
    from: 'commands.push("sentinel");',
    to: 'commands.push("sentinel"); delete Commander.prototype.sendCommand;',
    loader: 'js',
  },
];

/** Of the library of the command line: its way to start commands that are other programs. */
export const ofCommands = [
  { file: /\/commander\/lib\/command\.js$/, from: "require('node:child_process')", to: 'undefined', loader: 'js' },
];

/**
 * @param {readonly (typeof reworded)[number][]} alsoReworded in files that only this bundle has
 * @returns {import('esbuild').Plugin}
 */
export const leftOut = (alsoReworded = []) => ({
  name: 'left-out',
  setup({ onResolve, onLoad, onEnd }) {
    const found = new Set();
    const edited = [...reworded, ...alsoReworded];
    // Its modules for `import` rather than for `require`: what nothing uses of them is left out.
    onResolve({ filter: /^bullmq$/ }, () => ({ path: fileURLToPath(import.meta.resolve('bullmq/dist/esm/index.js')) }));
    for (const { file, contents = 'module.exports = {};' } of unused) {
      onLoad({ filter: file }, () => {
        found.add(file);
        return { contents, loader: 'js' };
      });
    }
    for (const { file, from, to, loader } of edited) {
      onLoad({ filter: file }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (text.includes(from)) found.add(file);
        return { contents: text.replace(from, to), loader };
      });
    }
    onEnd(() => {
      const moved = [...unused, ...edited].filter(({ file }) => !found.has(file));
      return {
        errors: moved.map(({ file }) => ({
          text: `No module of the bundle is ${file}, or it says something else; look where it is now.`,
        })),
      };
    });
  },
});
