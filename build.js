// Bundles the command line into dist/ (or the folder that is named), one entry and lazily loaded chunks, so that
// `postern --version` starts at once; and into dist/lambda a function of its own, a folder to be zipped as it is.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const root = fileURLToPath(new URL('.', import.meta.url));
const outdir = process.argv[2] ?? join(root, 'dist');
const require = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
];
const common = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  define: { POSTERN_VERSION: JSON.stringify(version) },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { postern: 'src/cli/postern.ts' },
  outdir,
  sourcemap: true,
  banner: { js: ['#!/usr/bin/env node', ...require].join('\n') },
});
chmodSync(join(outdir, 'postern.js'), 0o755);

const lambda = join(outdir, 'lambda');
await build({
  ...common,
  entryPoints: { index: 'src/compose/lambda.ts' },
  outdir: lambda,
  banner: { js: require.join('\n') },
});
writeFileSync(join(lambda, 'package.json'), '{ "type": "module" }\n');
