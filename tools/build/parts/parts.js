// A bundle that is compiled before it is started. Node keeps what V8 compiled only where it may write, and images and
// functions start where they may not; nor can modules be given what was compiled. So each is made a function, a part, and
// it is `load.cjs` that calls it.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/**
 * @param {string} folder of the bundle
 * @param {readonly import('esbuild').OutputFile[]} modules as they were bundled
 * @param {Readonly<Record<string, string>>} entries by name what each exports
 */
export async function writeParts(folder, modules, entries) {
  mkdirSync(join(folder, 'parts'), { recursive: true });
  const options = { format: 'cjs', supported: { 'dynamic-import': false }, minifyWhitespace: true };
  for (const { path, text } of modules) {
    const { code } = await transform(text, options);
    writeFileSync(
      join(folder, 'parts', basename(path)),
      `(function (exports, require, module) {'use strict';${code}})\n`,
    );
  }
  for (const [name, exported] of Object.entries(entries)) {
    const text = `exports.${exported} = require('./load.cjs').load('./${name}.js').${exported};\n`;
    writeFileSync(join(folder, `${name}.js`), text);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  for (const name of ['load.cjs', 'compile.cjs'])
    copyFileSync(fileURLToPath(new URL(name, import.meta.url)), join(folder, name));
}
