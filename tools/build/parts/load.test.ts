import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let bundle: string;
let load: (name: string) => unknown;
let compiled: string;
beforeAll(() => {
  bundle = mkdtempSync(join(tmpdir(), 'postern-parts-'));
  mkdirSync(join(bundle, 'parts'));
  copyFileSync(new URL('load.cjs', import.meta.url), join(bundle, 'load.cjs'));
  ({ load, compiled } = createRequire(import.meta.url)(join(bundle, 'load.cjs')) as {
    load: typeof load;
    compiled: string;
  });
});
afterAll(() => rmSync(bundle, { recursive: true }));

function write(name: string, code: string): void {
  writeFileSync(join(bundle, 'parts', name), `(function (exports, require, module, __url) {'use strict';${code}})\n`);
}

it('runs a part once, also where two parts need each other', () => {
  write('one.js', "exports.loads = [1];exports.two = require('./two.js');");
  write('two.js', "require('./one.js').loads.push(2);");
  expect([load('./one.js'), load('./one.js')]).toEqual([
    { loads: [1, 2], two: {} },
    { loads: [1, 2], two: {} },
  ]);
});

it('says of a part that could not be loaded each time why, and loads it when it can be', () => {
  write('needy.js', "exports.before = true;exports.needed = require('./needed.js').value;");
  const loads = (): unknown => load('./needy.js');
  expect(loads).toThrow(/ENOENT.*needed\.js/);
  expect(loads).toThrow(/ENOENT.*needed\.js/);
  write('needed.js', 'exports.value = 7;');
  expect(load('./needy.js')).toEqual({ before: true, needed: 7 });
});

it('looks for what was compiled by the version of Node, the system and the kind of processor', () => {
  const { version, platform, arch } = process;
  expect(compiled).toBe(join(bundle, 'compiled', `${version}-${platform}-${arch}`));
});
