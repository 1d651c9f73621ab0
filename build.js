// Bundles the command line into dist/ (or the folder that is named), one entry and lazily loaded chunks, so that
// `postern --version` starts at once.
import { readFileSync, rmSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const root = fileURLToPath(new URL('.', import.meta.url));
const outdir = process.argv[2] ?? join(root, 'dist');
rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { postern: 'src/cli/postern.ts' },
  outdir,
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
chmodSync(join(outdir, 'postern.js'), 0o755);
