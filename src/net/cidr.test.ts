import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { canonicalCidr, cidrsIntersect, containsCidr, faultOfCidr, parseCidr } from './cidr.ts';
import type { Cidr } from './cidr.ts';

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
