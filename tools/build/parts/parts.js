// A bundle that is compiled before it is started. Node keeps what V8 compiled only where it may write, and images and
// functions start where they may not; nor can modules be given what was compiled. So each is made a function, a part, and
// it is `load.cjs` that calls it.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const options = {
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': '__url' },
  minifyWhitespace: true,
};

/**
 * @param {string} folder of the bundle
 * @param {readonly import('esbuild').OutputFile[]} modules as they were bundled
 * @param {Readonly<Record<string, string>>} files by name: what is started or loaded from outside, which loads a part
 */
export async function writeParts(folder, modules, files) {
  mkdirSync(join(folder, 'parts'), { recursive: true });
  for (const { path, text } of modules) {
    const { code } = await transform(text, options);
    const part = `(function (exports, require, module, __url) {'use strict';${code}})\n`;
    writeFileSync(join(folder, 'parts', basename(path)), part);
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  for (const name of ['load.cjs', 'compile.cjs'])
    copyFileSync(fileURLToPath(new URL(name, import.meta.url)), join(folder, name));
}

/**
 * The part that a source became which is started or loaded from outside.
 * @param {{ readonly metafile: import('esbuild').Metafile }} bundle
 * @param {string} source one of its entry points
 */
export function partOf({ metafile }, source) {
  const [path] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source);
  return basename(path);
}

/** A file that exports what a part exports. */
export const exporting = (name, part) => `exports.${name} = require('./load.cjs').load('./${part}').${name};\n`;
