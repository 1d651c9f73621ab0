import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { checkPrimary } from './redundancy.ts';

/** What is made of an answer of unit A about the units of its cluster. */
function checked(...units: readonly JsonObject[]): ReturnType<typeof checkPrimary> {
  return checkPrimary(() => Promise.resolve({ serial: 'A', results: [...units] }), '7.6.5');
}

const [a, b] = [{ serial_no: 'A' }, { serial_no: 'B' }];

describe('a unit of a cluster', () => {
  it('may be the primary where the device says of no unit that it is or is not', async () => {
    expect(await checked(a, b)).toEqual({
      value: 'unknown',
      reason: 'The device does not tell which of 2 units is the primary.',
    });
  });

  it.each([
    ['the words of later versions', { ...a, is_root_primary: false }, { ...b, is_root_primary: true }, 'one is B'],
    ['the words of earlier versions', { ...a, is_root_master: 0 }, { ...b, is_root_master: 1 }, 'one is B'],
    ['the other alone, which is the primary', a, { ...b, is_root_primary: true }, 'one is B'],
    ['both, and neither is', { ...a, is_root_primary: false }, { ...b, is_root_primary: false }, 'no unit is active'],
  ])('is not the primary by %s', async (_, own, other, active) => {
    await expect(checked(own, other)).rejects.toMatchObject({
      errorClass: 'busy',
      message: expect.stringContaining(active) as string,
    });
  });
});
