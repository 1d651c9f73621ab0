// What a worker loads, in few files: Node takes half a millisecond and more for each. The bundler makes a file of whatever
// the same parts need, so that a worker would load fifty; what all parts need is one file. Hence a part, which is loaded
// when it is needed, is said to need what is loaded before it anyway.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is loaded before any adapter. */
const ofWorkers = ['src/compose/worker.ts', 'src/log/log.ts'];
/** What most adapters need; few read XML, which takes as much as all of this. */
const ofAdapters = ['kit/common', 'kit/ordered-table'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !/\bxml\.ts$/.test(file))
    .map((file) => join(folder, file)),
);

/** @type {import('esbuild').Plugin} */
export const fewFiles = {
  name: 'few-files',
  setup({ onResolve, onLoad }) {
    const namespace = 'part';
    onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir, importer }) => {
      const isOurs = kind === 'dynamic-import' && !importer.includes('node_modules');
      // By where it is in the sources: its path becomes part of the hash in its name, which is the same in every clone.
      return isOurs ? { path: relative(root, join(resolveDir, path)), namespace } : undefined;
    });
    onLoad({ filter: /./, namespace }, ({ path }) => {
      const isAdapter = path.startsWith('adapters');
      const before = [...ofWorkers, ...(isAdapter ? ['src/adapter/http/client.ts', ...ofAdapters] : [])];
      const imports = before.map((file) => `import './${file}';`);
      return { contents: [...imports, `export * from './${path}';`].join('\n'), resolveDir: root };
    });
  },
};

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
