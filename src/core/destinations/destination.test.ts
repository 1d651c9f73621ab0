import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Destination } from '../model/desired.ts';
import { parseAddress } from '../../net/address.ts';
import { containsCidr, parseCidr } from '../../net/cidr.ts';
import {
  anywhere,
  destinationCovers,
  destinationOf,
  destinationsMayOverlap,
  intersectDestinations,
} from './destination.ts';
import { nameCovers } from '../../net/name.ts';

interface Flow {
  readonly host: string | undefined;
  readonly address: string | undefined;
}

const hosts = ['a.test', 'x.a.test', 'y.x.a.test', 'b.test', undefined];
const addresses = ['10.0.0.1', '10.0.0.2', '10.1.0.1', '2001:db8::1', undefined];
const flows: Flow[] = hosts.flatMap((host) => addresses.map((address) => ({ host, address })));

function goesTo(destination: Destination | undefined, { host, address }: Flow): boolean {
  if (!destination || destination.any) return destination !== undefined;
  const byName = host !== undefined && destination.names.some((name) => nameCovers(name, host));
  const byAddress =
    address !== undefined && destination.networks.some((n) => containsCidr(parseCidr(n)!, parseAddress(address)!));
  return byName || byAddress;
}

const destination = fc
  .record({
    names: fc.subarray(['a.test', '*.a.test', '*.x.a.test', 'b.test', '*.test']),
    networks: fc.subarray(['10.0.0.0/8', '10.0.0.0/24', '10.0.0.1/32', '2001:db8::/32', '0.0.0.0/0', '::/0']),
  })
  .filter(({ names, networks }) => names.length + networks.length > 0)
  .map(({ names, networks }) => destinationOf(names, networks)!);

describe('a destination', () => {
  it('is any only with both halves of the address space', () => {
    expect(destinationOf([], ['::/0', '0.0.0.0/0'])).toEqual(anywhere);
    expect(destinationOf(['a.test'], ['0.0.0.0/1', '128.0.0.0/1', '::/0'])).toEqual(anywhere);
    expect(destinationOf([], ['0.0.0.0/0'])).toEqual({ any: false, names: [], networks: ['0.0.0.0/0'] });
    expect(destinationOf([], [])).toBeUndefined();
  });

  it('shares nothing that could be written down with a network when it is a name', () => {
    const name = destinationOf(['a.test'], [])!;
    const network = destinationOf([], ['10.0.0.0/8'])!;
    expect(intersectDestinations(name, network)).toEqual({ destination: undefined, exact: false });
    expect(intersectDestinations(name, anywhere)).toEqual({ destination: name, exact: true });
    expect(destinationsMayOverlap(name, network)).toBe(true);
    expect(destinationsMayOverlap(name, destinationOf(['b.test'], [])!)).toBe(false);
  });

  it('intersects exactly when it says so and never gives too much', () => {
    fc.assert(
      fc.property(destination, destination, (a, b) => {
        const { destination: both, exact } = intersectDestinations(a, b);
        const expected = flows.filter((flow) => goesTo(a, flow) && goesTo(b, flow));
        const actual = flows.filter((flow) => goesTo(both, flow));
        expect(actual.filter((flow) => !expected.includes(flow))).toEqual([]);
        expect(exact ? actual : []).toEqual(exact ? expected : []);
        expect(intersectDestinations(b, a)).toEqual({ destination: both, exact });
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('covers only what it contains', () => {
    fc.assert(
      fc.property(destination, destination, (a, b) => {
        const beyond = flows.filter((flow) => goesTo(b, flow) && !goesTo(a, flow));
        expect(destinationCovers(a, b) ? beyond : []).toEqual([]);
        expect(destinationCovers(a, a)).toBe(true);
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it.each([
    ['203.0.113.0/24', '203.0.113.128/25', true],
    ['203.0.113.128/25', '203.0.113.0/24', false],
    ['203.0.113.0/24', '203.0.112.0/24', false],
    ['::/0', '203.0.113.0/24', false],
  ])('to %s covers one to %s: %s', (outer, inner, expected) => {
    const [a, b] = [outer, inner].map((network) => destinationOf([], [network])!) as [Destination, Destination];
    expect(destinationCovers(a, b)).toBe(expected);
  });
});
