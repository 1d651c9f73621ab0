import { expect, it } from 'vitest';
import { pairsIn } from './against.ts';
import { reference } from './row.ts';

it('compares figures of one name and one unit alone', () => {
  const theirs = [reference('verify', 3, 's'), reference('why', 40, 'ms'), reference('memory', 1, 'MiB')];
  const ours = [reference('verify, CPU', 2, 's'), reference('why', 20, 'ms'), reference('memory', 1_000, 'KiB')];
  expect(pairsIn([[theirs, ours]])).toEqual([{ name: 'why', unit: 'ms', theirs: [40], ours: [20] }]);
});
