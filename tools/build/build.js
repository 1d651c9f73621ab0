// Bundles the command line into dist/ (or the folder that is named), one entry and lazily loaded chunks, so that
// `postern --version` starts at once; into dist/lambda a function, a folder to be zipped as it is, and with it the
// commands that are workers; and into dist/console what a browser is sent.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fewFiles, workers, workersFrom } from './few-files.js';
import { leftOut, ofCommands } from './left-out.js';
import { exporting, partOf, writeParts } from './parts/parts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const outdir = process.argv[2] ?? join(root, 'dist');
const common = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  // By its hash also what is started first: what was compiled of a part goes by its name alone.
  entryNames: '[name]-[hash]',
  // Names are left as they are: what is thrown and logged says them, and giving them back costs every start.
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  define: { POSTERN_VERSION: JSON.stringify(version) },
};

rmSync(outdir, { recursive: true, force: true });
const program = await build({
  ...common,
  entryPoints: { postern: 'src/cli/postern.ts' },
  outdir,
  write: false,
  plugins: [workersFrom('./lambda'), leftOut(ofCommands)],
});
await writeParts(outdir, program.outputFiles, {
  'postern.js': `#!/usr/bin/env node\nrequire('./load.cjs').load('./${partOf(program, 'src/cli/postern.ts')}');\n`,
});
chmodSync(join(outdir, 'postern.js'), 0o755);

const lambda = join(outdir, 'lambda');
const handler = await build({
  ...common,
  entryPoints: { index: 'src/compose/lambda.ts', ...workers },
  outdir: lambda,
  write: false,
  // Starts often, and reads little: until the library has made code of a schema, half a megabyte is checked without.
  define: { ...common.define, 'globalThis.__zod_globalConfig': '{ "jitless": true }' },
  plugins: [fewFiles, leftOut()],
});
await writeParts(lambda, handler.outputFiles, {
  'index.js': exporting('handler', partOf(handler, 'src/compose/lambda.ts')),
  'worker.js': exporting('worker', partOf(handler, workers.worker)),
  'serve.js': exporting('serve', partOf(handler, workers.serve)),
});

const pages = await build({
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  target: ['chrome123', 'firefox120', 'safari17.5'],
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  entryPoints: { console: 'web/main.tsx' },
  outdir: join(outdir, 'console'),
});

const bundles = [program, handler, pages];
const packages = packagesIn(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
writeFileSync(join(outdir, 'third-party-licenses.txt'), packages.map(licenceOf).join('\n'));
writeFileSync(join(outdir, 'sbom.cdx.json'), `${JSON.stringify(bill(packages), null, 2)}\n`);

/** The packages that these files are of, each once: what is bundled, and no more. */
function packagesIn(files) {
  const folders = files.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  const found = [...new Set(folders)].map((folder) => {
    const path = join(root, folder);
    return { path, ...JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) };
  });
  const distinct = new Map(found.map((one) => [`${one.name}@${one.version}`, one]));
  return [...distinct.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Most licences ask for their text to go along with copies. */
function licenceOf({ path, name: title, version: of, license }) {
  const texts = readdirSync(path).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  return [
    `${title} ${of} (${license ?? 'see below'})\n`,
    ...texts.map((file) => readFileSync(join(path, file), 'utf8')),
  ].join('\n');
}

/** What is in the bundle, as CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/ */
function bill(bundled) {
  const components = bundled.map(({ name: title, version: of, license }) => {
    const purl = `pkg:npm/${title.replace('@', '%40')}@${of}`;
    const licenses = typeof license === 'string' ? [{ expression: license }] : [];
    return { type: 'library', 'bom-ref': purl, name: title, version: of, purl, licenses };
  });
  const component = { type: 'application', 'bom-ref': `pkg:npm/${name}@${version}`, name, version };
  return { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component }, components };
}
