import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, formatAddress, parseAddress } from './address.ts';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s reads as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '010.0.0.1',
    '1.2.3',
    '256.0.0.1',
    '1.2.3.4 ',
    '0x7f.0.0.1',
    'fe80::1%eth0',
    '::ffff:192.0.2.1',
    '1::2::3',
    '',
  ])('is refused when it is %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('is four octets where the engine says so, and nowhere else', () => {
    const octet = fc.oneof(fc.integer({ min: -1, max: 260 }).map(String), fc.constantFrom('', '00', '01', '1x', ' 1'));
    fc.assert(
      fc.property(fc.array(octet, { minLength: 2, maxLength: 5 }), (octets) => {
        const text = octets.join('.');
        expect([text, parseAddress(text)?.family ?? 0]).toEqual([text, isIP(text)]);
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });

  it('survives formatting and parsing, whichever it is', () => {
    const four = fc.record({ family: fc.constant(4 as const), value: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }) });
    const six = fc.record({
      family: fc.constant(6 as const),
      value: fc.bigInt({ min: 2n ** 49n, max: 2n ** 128n - 1n }),
    });
    fc.assert(
      fc.property(fc.oneof(four, six), (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
      { seed: 1 },
    );
  });
});
