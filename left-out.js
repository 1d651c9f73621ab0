// Parts of packages that nothing here reaches, and that would be read and parsed at every start: reading and parsing is
// most of what the start of a worker or of a function takes. In the bundles each is a module with nothing in it.

const unused = [
  // Messages in forty languages; English is imported by itself.
  { file: /\/zod\/v4\/locales\/index\.js$/, contents: 'export {};' },
  // Queues in PostgreSQL, and on Valkey's own client.
  { file: /\/bullmq\/dist\/cjs\/postgres\/index\.js$/ },
  { file: /\/bullmq\/dist\/cjs\/classes\/valkey-glide-client\.js$/ },
  // Jobs by the calendar, with the library for time zones that this one brings.
  { file: /\/cron-parser\/dist\/index\.js$/ },
  // Which ending of a file has which media type: devices are sent no files.
  { file: /\/mime-db\/index\.js$/ },
  // Requests by `fetch`, which has the whole of undici loaded when it looks whether it is there.
  { file: /\/axios\/lib\/adapters\/fetch\.js$/, contents: 'export const getFetch = () => null;' },
];

/** @type {import('esbuild').Plugin} */
export const leftOut = {
  name: 'left-out',
  setup({ onLoad, onEnd }) {
    const found = new Set();
    for (const { file, contents = 'module.exports = {};' } of unused) {
      onLoad({ filter: file }, () => {
        found.add(file);
        return { contents, loader: 'js' };
      });
    }
    onEnd(() => {
      const moved = unused.filter(({ file }) => !found.has(file));
      return {
        errors: moved.map(({ file }) => ({ text: `No module of the bundle is ${file}; look where it is now.` })),
      };
    });
  },
};
