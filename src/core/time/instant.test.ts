import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, parseInstant } from './instant.ts';

describe('an instant', () => {
  it('agrees with the clock of the platform for every RFC 3339 time', () => {
    const date = fc.date({ min: new Date('0000-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (when) => {
        expect(parseInstant(when.toISOString())).toBe(when.getTime());
        expect(formatInstant(when.getTime())).toBe(when.toISOString());
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each([
    ['2027-01-31', '2027-01-31T00:00:00Z'],
    ['2027-01-31T01:30:00+01:30', '2027-01-31T00:00:00Z'],
    ['2027-01-30t22:00:00-02:00', '2027-01-31T00:00:00Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00Z'],
  ])('%s is the moment %s', (text, same) => {
    expect(parseInstant(text)).toBe(Date.parse(same));
  });

  it.each([
    '',
    'tomorrow',
    '2027',
    '2027-13-01',
    '2027-02-29',
    '2027-01-31T00:00:00',
    '2027-01-31T24:00:00Z',
    '1769817600',
  ])('is refused when it is %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});
