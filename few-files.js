// What a command or a worker loads, in few files: Node takes half a millisecond and more for each. The bundler makes a file
// of whatever the same parts need, so that a worker would load a hundred; what all parts need is one file. Hence a part,
// which is loaded when it is needed, is said to need what is loaded before it anyway.
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

/** What every command has loaded before its own code. */
export const beforeCommands = (part) => (part.startsWith('src/cli/') ? ['src/cli/main.ts'] : []);

/** What a worker has loaded before any adapter, and most adapters need; few read XML, which takes as much as all this. */
export const beforeAdapters = (part) => [
  'src/compose/worker.ts',
  'src/log/log.ts',
  ...(part.startsWith('adapters/') ? ['src/adapter/http.ts', ...forDevices] : []),
];
const forDevices = ['kit/common', 'kit/ordered-table'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !/\bxml\.ts$/.test(file))
    .map((file) => join(folder, file)),
);

/**
 * @param {(part: string) => readonly string[]} before the files of ours that are loaded before this one, which is loaded
 *   when it is needed
 * @returns {import('esbuild').Plugin}
 */
export function fewFiles(before) {
  const namespace = 'part';
  return {
    name: 'few-files',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir, importer }) => {
        const isOurs = kind === 'dynamic-import' && !importer.includes('node_modules');
        return isOurs ? { path: join(resolveDir, path), namespace } : undefined;
      });
      onLoad({ filter: /./, namespace }, ({ path }) => {
        const needed = before(relative(root, path)).map((file) => `import ${JSON.stringify(join(root, file))};`);
        return {
          contents: [...needed, `export * from ${JSON.stringify(path)};`].join('\n'),
          resolveDir: dirname(path),
        };
      });
    },
  };
}

/** Commands that are workers: the command line loads them from the bundle of the function, which is one, too. */
export const workers = { worker: 'src/cli/run/worker.ts', serve: 'src/cli/run/serve.ts' };

/**
 * @param {string} folder of that bundle, as seen from the command line
 * @returns {import('esbuild').Plugin}
 */
export function workersFrom(folder) {
  return {
    name: 'workers-from',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/(worker|serve)\.ts$/ }, ({ path, kind, resolveDir }) =>
        kind === 'dynamic-import' && resolveDir === join(root, 'src/cli/run')
          ? { path: `${folder}/${path.replace(/ts$/, 'js')}`, external: true }
          : undefined,
      );
    },
  };
}
