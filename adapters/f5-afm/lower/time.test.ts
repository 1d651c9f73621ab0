import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMinute, scheduleMinute } from './time.ts';

describe('the time at which a rule ends', () => {
  it('is the minute at or after it, in UTC', () => {
    const times = ['1970-01-01T00:00:00Z', '2026-12-31T20:00:30+01:00', '2028-02-29T23:59:59-00:30'];
    expect(times.map((text) => scheduleMinute(epochMinute(text) ?? -1))).toEqual([
      '1970-01-01:00:00:00',
      '2026-12-31:19:01:00',
      '2028-03-01:00:30:00',
    ]);
    expect(['soon', '2026-12-31', ''].map(epochMinute)).toEqual([undefined, undefined, undefined]);
  });

  it('is the calendar’s, for every minute until schedules end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 35_791_394 }), (minute) => {
        const text = new Date(minute * 60_000).toISOString();
        expect(epochMinute(text)).toBe(minute);
        expect(scheduleMinute(minute)).toBe(`${text.slice(0, 10)}:${text.slice(11, 19)}`);
      }),
      { seed: 1 },
    );
  });
});
