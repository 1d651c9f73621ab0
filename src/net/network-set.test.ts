import { excludeCidr, mergeCidr } from 'cidr-tools';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLinear } from '../../test/hostile/growth.ts';
import { formatAddress } from './address.ts';
import { canonicalCidr, cidrsIntersect, containsCidr, formatCidr, parseCidr, type Cidr } from './cidr.ts';
import { aggregate, NetworkSet } from './network-set.ts';

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
        const [x, y] = [NetworkSet.of(a), NetworkSet.of(b)];
        const inRight = new Set(membersOf(right));
        expect(membersOf(x.intersect(y).networks())).toEqual(membersOf(left).filter((m) => inRight.has(m)));
        expect(membersOf(x.without(y).networks())).toEqual(membersOf(left).filter((m) => !inRight.has(m)));
        const missing = membersOf(left).filter((m) => !inRight.has(m));
        expect(y.covers(x)).toBe(missing.length === 0);
        expect(a.every((text) => y.contains(text))).toBe(missing.length === 0);
        expect(corner.map(formatAddress).filter((text) => x.contains(text))).toEqual(membersOf(left));
      }),
      { seed: 3 },
    );
  });

  it('writes unions and differences as a library for networks does', () => {
    const written = (list: readonly string[]): readonly string[] =>
      list.map((text) => canonicalCidr(text) ?? '').sort();
    fc.assert(
      fc.property(networks, networks, (a, b) => {
        expect(aggregate(a)).toEqual(written(mergeCidr(a)));
        expect(NetworkSet.of(a).without(NetworkSet.of(b)).networks()).toEqual(written(excludeCidr(a, b)));
      }),
      { seed: 4 },
    );
  });

  it('leaves out what remains of a network as IPv4-mapped addresses, which nobody reads in one way only', () => {
    const rest = NetworkSet.of(['::fffe:0:0/95']).without(NetworkSet.of(['::fffe:0:0/96']));
    expect(rest.networks()).toEqual([]);
    expect(
      NetworkSet.of(['::/0'])
        .without(NetworkSet.of(['::fffe:0:0/96']))
        .networks()
        .map(parseCidr),
    ).not.toContain(undefined);
  });

  it('costs in proportion to its length, not to its length times that of the other', () => {
    const work = (length: number): void => {
      const catalogue = Array.from({ length }, (_, i) => `10.${i >> 7}.${(i & 127) * 2}.0/24`);
      const policy = Array.from({ length }, (_, i) => `10.${i >> 7}.${(i & 127) * 2}.64/26`);
      const [outer, inner] = [NetworkSet.of(catalogue), NetworkSet.of(policy)];
      expect(outer.covers(inner)).toBe(true);
      expect(outer.intersect(inner).networks()).toHaveLength(length);
      expect(outer.without(inner).networks()).toHaveLength(2 * length);
    };
    expect(isLinear(work)).toBe(true);
  });

  it('refuses to guess at malformed networks', () => {
    expect(() => aggregate(['10.0.0.1/33'])).toThrow(RangeError);
    expect(() => NetworkSet.of(['10.0.0.0/8']).contains('10.0.0.256')).toThrow(RangeError);
  });
});
