import { describe, expect, it } from 'vitest';
import { parseIp, within } from '../../../../kit/simulator/traffic/addresses.ts';
import { parseRange, rangeText } from './addresses.ts';

describe('the spelling of addresses', () => {
  it('is one for each', () => {
    const spelled = [
      '10.0.0.1',
      '10.0.0.1/32',
      '10.0.0.77/24',
      '10.0.0.1%1',
      '10.0.0.0%1/8',
      '10.0.0.1-10.0.0.9',
      '10.0.0.1%1-10.0.0.9%1',
      '2001:DB8:0:0:1:0:0:1',
      '2001:db8::/32',
      '::ffff:10.0.0.1',
      '::/0',
      '0.0.0.0/0',
    ];
    expect(spelled.map(rangeText)).toEqual([
      '10.0.0.1',
      '10.0.0.1',
      '10.0.0.0/24',
      '10.0.0.1%1',
      '10.0.0.0%1/8',
      '10.0.0.1-10.0.0.9',
      '10.0.0.1%1-10.0.0.9%1',
      '2001:db8::1:0:0:1',
      '2001:db8::/32',
      '::ffff:a00:1',
      '::/0',
      '0.0.0.0/0',
    ]);
  });

  it('is none for what is no address', () => {
    const none = [
      '',
      '10.0.0.300',
      '10.0.0.0/33',
      '10.0.0.9-10.0.0.1',
      '10.0.0.1-2001:db8::1',
      'any',
      '10.0.0.1%x',
      '10.0.0.1%1-10.0.0.9',
    ];
    expect(none.filter((text) => rangeText(text) !== undefined)).toEqual([]);
  });

  it('covers what lies between its ends', () => {
    const range = parseRange('10.0.0.0/30');
    const held = ['9.255.255.255', '10.0.0.0', '10.0.0.3', '10.0.0.4', '::a00:1'].filter((text) => {
      const ip = parseIp(text);
      return ip !== undefined && range !== undefined && within(ip, range);
    });
    expect(held).toEqual(['10.0.0.0', '10.0.0.3']);
  });
});
