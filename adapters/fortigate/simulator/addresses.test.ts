import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Text, ipv6Text, maskLength, maskText, parseIp, parsePrefix, parseRange, within } from './addresses.ts';

describe('addresses', () => {
  it.each(['256.0.0.1', '010.0.0.1', '10.0.0', '1::2::3', 'fe80::1%eth0', '', 'host'])('%s is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::', '::'],
    ['1::', '1::'],
  ])('%s is written %s', (text, canonical) => {
    expect(ipv6Text(parseIp(text)?.value ?? -1n)).toBe(canonical);
  });

  it('are what is written of them', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 128n) - 1n), fc.bigInt(0n, 0xffff_ffffn), (six, four) => {
        expect(isIPv6(ipv6Text(six))).toBe(true);
        expect(parseIp(ipv6Text(six))).toEqual({ family: 6, value: six });
        expect(parseIp(ipv4Text(four))).toEqual({ family: 4, value: four });
      }),
      { seed: 7 },
    );
  });
});

describe('ranges', () => {
  it('hold both their ends and nothing beyond', () => {
    const range = parseRange('10.0.0.5-10.0.0.9');
    const inside = ['10.0.0.4', '10.0.0.5', '10.0.0.9', '10.0.0.10', '::a00:5'].map((text) => {
      const ip = parseIp(text);
      return ip !== undefined && range !== undefined && within(ip, range);
    });
    expect(inside).toEqual([false, true, true, false, false]);
  });

  it.each(['10.0.0.9-10.0.0.5', '10.0.0.1-::1', '10.0.0.0/33', '10.0.0.0/', '10.0.0.1-2-3', '2001:db8::/129'])(
    '%s is none',
    (text) => {
      expect(parseRange(text)).toBeUndefined();
    },
  );

  it('forget the host bits of a prefix', () => {
    expect(parsePrefix('10.1.2.3/16')).toEqual(parseRange('10.1.0.0-10.1.255.255'));
  });

  it('masks have a length, or holes', () => {
    for (let length = 0; length <= 32; length++) {
      expect(maskLength(parseIp(maskText(length))?.value ?? -1n)).toBe(length);
    }
    expect(maskLength(0xff00_ff00n)).toBeUndefined();
  });
});
