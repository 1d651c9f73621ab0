import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/net/address.ts';
import { parseIp, parsePrefix, parseRange, rangeText, within } from './addresses.ts';

describe('addresses', () => {
  it.each(['256.0.0.1', '010.0.0.1', '10.0.0', '1::2::3', 'fe80::1%eth0', '', 'host'])('%s is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['0:0:0:0:0:FFFF:ffff:1', '::ffff:ffff:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::', '::'],
    ['1::', '1::'],
  ])('%s is written %s', (text, canonical) => {
    const ip = parseIp(text);
    expect(ip && formatAddress(ip)).toBe(canonical);
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

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1/32', '10.0.0.1'],
    ['10.0.0.77/24', '10.0.0.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::/0', '::/0'],
  ])('%s is written %s', (text, canonical) => {
    const range = parseRange(text);
    expect(range && rangeText(range, 'prefix')).toBe(canonical);
  });
});
