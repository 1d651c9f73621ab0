// Bundles the command line into dist/, one entry and lazily loaded chunks, so that `postern --version` starts at once.
import { readFileSync, rmSync, chmodSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
rmSync(new URL('dist', import.meta.url), { recursive: true, force: true });
await build({
  entryPoints: { postern: 'src/cli/postern.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  sourcemap: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  define: { POSTERN_VERSION: JSON.stringify(version) },
  banner: {
    js: [
      '#!/usr/bin/env node',
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
    ].join('\n'),
  },
});
chmodSync(new URL('dist/postern.js', import.meta.url), 0o755);
