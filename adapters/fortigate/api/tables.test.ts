import { expect, it } from 'vitest';
import { readTable } from './tables.ts';

it('takes in a page of more rows than a call can have arguments', async () => {
  const results = Array.from({ length: 150_000 }, (_, i) => ({ name: `address-${i}` }));
  const { rows, complete } = await readTable(() => Promise.resolve({ results }), 'firewall/address');
  expect([rows.length, complete]).toEqual([150_000, true]);
});

it.each([
  ['rows', { results: [{ name: 'a' }, { name: 'b' }], matched_count: 2 }, true],
  ['nothing', { results: [], matched_count: 0 }, true],
  ['one row of two', { results: [{ name: 'a' }], matched_count: 2 }, false],
  ['no row of two', { results: [], matched_count: 2 }, false],
  ['no list at all', {}, false],
] as const)('is complete only where the device shows what it counts: %s', async (_, envelope, isComplete) => {
  const { complete } = await readTable(() => Promise.resolve(envelope), 'firewall/address');
  expect(complete).toBe(isComplete);
});
