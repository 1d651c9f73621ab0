import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';
import {
  aggregate,
  canonicalCidr,
  cidrsIntersect,
  containsCidr,
  faultOfCidr,
  formatCidr,
  intersectNetworks,
  networksCover,
  parseCidr,
  subtractNetworks,
} from './cidr.ts';
import type { Cidr } from './cidr.ts';

/** Networks inside a small corner of each family, so that random ones meet. */
const network = fc.tuple(fc.boolean(), fc.nat(15), fc.integer({ min: 0, max: 4 })).map(([four, value, bits]) => {
  const host = BigInt(bits);
  const low = (BigInt(value) >> host) << host;
  const cidr: Cidr = four
    ? { family: 4, value: 0x0a000000n + low, prefix: 32 - bits }
    : { family: 6, value: (0x20010db8n << 96n) + low, prefix: 128 - bits };
  return formatCidr(cidr);
});
const networks = fc.array(network, { maxLength: 8 });
const corner = Array.from({ length: 16 }, (_, index) => [
  { family: 4 as const, value: 0x0a000000n + BigInt(index) },
  { family: 6 as const, value: (0x20010db8n << 96n) + BigInt(index) },
]).flat();

const holds = (list: readonly string[], address: (typeof corner)[number]): boolean =>
  list.some((text) => containsCidr(parseCidr(text)!, address));
const membersOf = (list: readonly string[]): string[] =>
  corner.filter((address) => holds(list, address)).map(formatAddress);

describe('a CIDR', () => {
  it.each([
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.1/32', '192.0.2.1/32'],
  ])('%s reads as %s', (text, canonical) => {
    expect(canonicalCidr(text)).toBe(canonical);
    expect(faultOfCidr(text)).toBeUndefined();
  });

  it.each([
    ['10.0.0.1/8', 'write 10.0.0.0/8 for the network or 10.0.0.1/32 for the one address'],
    ['10.0.0.1', 'write 10.0.0.1/32'],
    ['10.0.0.0/33', 'is not a CIDR'],
    ['10.0.0.0/08', 'is not a CIDR'],
    ['10.0.0.0/255.0.0.0', 'is not a CIDR'],
    ['1.2.3/24', 'is not a CIDR'],
    ['010.0.0.0/8', 'is not a CIDR'],
    ['::ffff:10.0.0.0/104', 'is not a CIDR'],
    ['192.168.1.300/32', 'is not a CIDR'],
    ['10.0.0.0/8/8', 'is not a CIDR'],
  ])('%s is refused with advice', (text, advice) => {
    expect(parseCidr(text)).toBeUndefined();
    expect(faultOfCidr(text)).toContain(advice);
  });

  it('contains and intersects only within its family', () => {
    const [all4, all6, ten] = ['0.0.0.0/0', '::/0', '10.0.0.0/8'].map((text) => parseCidr(text)!) as [Cidr, Cidr, Cidr];
    expect([containsCidr(all4, ten), containsCidr(ten, all4), containsCidr(all6, ten)]).toEqual([true, false, false]);
    expect([cidrsIntersect(ten, all4), cidrsIntersect(ten, all6)]).toEqual([true, false]);
    expect(containsCidr(ten, parseAddress('10.255.255.255')!)).toBe(true);
  });
});

describe('a list of networks', () => {
  it('keeps its members when aggregated, and is then canonical, disjoint and stable', () => {
    fc.assert(
      fc.property(networks, (list) => {
        const merged = aggregate(list);
        expect(membersOf(merged)).toEqual(membersOf(list));
        expect(aggregate(merged)).toEqual(merged);
        expect(merged.map(canonicalCidr)).toEqual(merged);
        expect([...merged].sort()).toEqual(merged);
        const pairs = merged.flatMap((a, index) => merged.slice(index + 1).map((b) => [a, b] as const));
        expect(pairs.filter(([a, b]) => cidrsIntersect(parseCidr(a)!, parseCidr(b)!))).toEqual([]);
      }),
      { seed: 2 },
    );
  });

  it('intersects, subtracts and covers like the sets of its addresses', () => {
    fc.assert(
      fc.property(networks, networks, (a, b) => {
        const [left, right] = [aggregate(a), aggregate(b)];
        const inRight = new Set(membersOf(right));
        expect(membersOf(intersectNetworks(left, right))).toEqual(membersOf(left).filter((m) => inRight.has(m)));
        expect(membersOf(subtractNetworks(left, right))).toEqual(membersOf(left).filter((m) => !inRight.has(m)));
        const missing = membersOf(left).filter((m) => !inRight.has(m));
        expect(networksCover(right, left)).toBe(missing.length === 0);
      }),
      { seed: 3 },
    );
  });

  it('refuses to guess at malformed networks', () => {
    expect(() => aggregate(['10.0.0.1/33'])).toThrow(RangeError);
  });
});
