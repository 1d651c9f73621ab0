import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../../kit/simulator/traffic/addresses.ts';
import { maskLength, maskText } from './formats.ts';

describe('IPv4 masks', () => {
  it('have a length, or holes', () => {
    for (let length = 0; length <= 32; length++) {
      expect(maskLength(parseIp(maskText(length))?.value ?? -1n)).toBe(length);
    }
    expect(maskLength(0xff00_ff00n)).toBeUndefined();
  });
});
