import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import type { Fold } from '../../core/audit/lines/fold.ts';
import { LinesAbout } from './lines-about.ts';
import { LinesWithStates } from './lines-with-states.ts';

let directory: string;
beforeEach(() => (directory = aFolderOfTest()));

const nothing: Fold = {
  until: '9999',
  form: 1,
  isWhole: true,
  goTo: () => undefined,
  take: () => true,
  kept: () => ({ lines: [], latest: '' }),
  resumption: () => ({ take: () => undefined, end: () => false }),
};

it.each([
  ['state', () => new LinesWithStates(directory).fold(['edge'], nothing, () => undefined)],
  ['index', () => new LinesAbout(directory, '10.0.0.1').blocks('edge').next()],
])('removes what a writer of a %s has left who was killed, and nothing else', async (ending, read) => {
  const folder = join(directory, 'edge');
  mkdirSync(folder);
  const left = `000000000001.${ending}.${randomUUID()}`;
  const others = [
    `000000000001.${ending}`,
    `000000000001.${ending}.bak`,
    `000000000001.jsonl.${randomUUID()}`,
    `notes.${ending}.${randomUUID()}`,
  ];
  const old = new Date(0);
  for (const name of [left, ...others]) {
    writeFileSync(join(folder, name), '');
    utimesSync(join(folder, name), old, old);
  }
  const beingWritten = `000000000001.${ending}.${randomUUID()}`;
  writeFileSync(join(folder, beingWritten), '');
  await read();
  expect(readdirSync(folder).sort()).toEqual([...others, beingWritten].sort());
});
