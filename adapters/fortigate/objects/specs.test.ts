import { expect, it } from 'vitest';
import { tables } from './names.ts';
import { readerOf } from './specs.ts';

it('reads the network of everything from a row without what is at its default', () => {
  expect(readerOf(tables.address, '7.4.4').read({ name: 'everywhere' })).toMatchObject({ subnet: '0.0.0.0/0' });
  expect(readerOf(tables.address6, '7.4.4').read({ name: 'everywhere' })).toMatchObject({ ip6: '::/0' });
});
