import { expect, it } from 'vitest';
import { readTable } from './tables.ts';

it('takes in a page of more rows than a call can have arguments', async () => {
  const results = Array.from({ length: 150_000 }, (_, i) => ({ name: `address-${i}` }));
  const { rows, complete } = await readTable(() => Promise.resolve({ results }), 'firewall/address');
  expect([rows.length, complete]).toEqual([150_000, true]);
});
