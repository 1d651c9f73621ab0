import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleEnd } from './expiry.ts';

const accepting = (expiresAt?: string): ReturnType<typeof ruleEnd> =>
  ruleEnd({ action: 'Accept', ...(expiresAt !== undefined && { expiresAt }) });

describe('the end of a rule', () => {
  it('is the minute at or after it in UTC, and the latest that this can be on any clock', () => {
    const ends = ['1970-01-01T00:00:00Z', '2026-12-31T20:00:30+01:00', '2028-02-29T23:59:59-00:30'];
    expect(ends.map(accepting)).toEqual([
      { seconds: 0, minute: 0, utc: '1970-01-01T00:00', latestLocal: '1970-01-01T14:00' },
      { seconds: 1_798_743_630, minute: 29_979_061, utc: '2026-12-31T19:01', latestLocal: '2027-01-01T09:01' },
      { seconds: 1_835_483_399, minute: 30_591_390, utc: '2028-03-01T00:30', latestLocal: '2028-03-01T14:30' },
    ]);
  });

  it('is never before the moment that was written', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2038-01-17'), noInvalidDate: true }), (when) => {
        const end = accepting(when.toISOString());
        expect(end?.seconds).toBe(Math.ceil(when.getTime() / 1_000));
        expect(Date.parse(`${end?.utc ?? ''}:00Z`) - when.getTime()).toBeGreaterThanOrEqual(0);
        expect(Date.parse(`${end?.utc ?? ''}:00Z`) - when.getTime()).toBeLessThan(60_000);
      }),
      { seed: 1 },
    );
  });

  it('is none where it is later than devices can say', () => {
    const ends = ['9999-12-31T23:59:59Z', '2038-01-17T00:00:01Z', '2038-01-16T23:59:59-12:00'];
    expect(ends.map(accepting)).toEqual([undefined, undefined, undefined]);
  });

  it('is none for a Deny, which may be the only one on the device of several that say the same', () => {
    expect(ruleEnd({ action: 'Deny', expiresAt: '2027-01-31T00:00:00Z' })).toBeUndefined();
  });

  it('is none for a rule without one, or with a text that is no time', () => {
    expect([undefined, 'soon', ''].map(accepting)).toEqual([undefined, undefined, undefined]);
  });
});
