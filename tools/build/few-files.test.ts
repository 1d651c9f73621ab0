import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('names no source by where the clone lies: it would be in the names of what is built', async () => {
  const plugins = new URL('few-files.js', import.meta.url).href;
  const { fewFiles } = (await import(plugins)) as { fewFiles: Plugin };
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/run/worker.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    outdir: 'dist',
    metafile: true,
    write: false,
    plugins: [fewFiles],
  });
  const sources = Object.keys(metafile.inputs);
  expect(sources).toContain('part:adapters/fortigate/adapter.ts');
  expect(sources.filter((source) => source.includes(root))).toEqual([]);
});
