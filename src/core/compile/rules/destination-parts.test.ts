import { expect, it } from 'vitest';
import { NetworkSet } from '../../../net/network-set.ts';
import { partsOf } from './destination-parts.ts';

const areas = [NetworkSet.of(['203.0.113.0/24']), NetworkSet.of(['203.0.113.0/25', '198.51.100.0/24'])];

function towards(...networks: readonly string[]): readonly (readonly string[] | undefined)[] {
  return partsOf({ any: false, names: [], networks }, areas).map(({ toward }) => toward);
}

it('asks for addresses of its own only where some ways lead, and others do not', () => {
  expect(towards('203.0.113.7/32')).toEqual([undefined]);
  expect(towards('192.0.2.0/24')).toEqual([[]]);
  expect(towards('203.0.113.200/32')).toEqual([['203.0.113.200/32']]);
});

it('divides what is reached in different ways, and takes a name to be anywhere', () => {
  const parts = partsOf(
    { any: false, names: ['api.example.com'], networks: ['192.0.2.0/24', '203.0.113.7/32'] },
    areas,
  );
  expect(parts).toEqual([
    { destination: { any: false, names: [], networks: ['192.0.2.0/24'] }, toward: [] },
    { destination: { any: false, names: ['api.example.com'], networks: ['203.0.113.7/32'] } },
  ]);
});
