import { describe, expect, it } from 'vitest';
import { instantOf, remainingFrom } from './time.ts';

describe('the times of the API', () => {
  // RFC 3339 section 5.8, and what it leaves out.
  it.each([
    ['1985-04-12T23:20:50.52Z', 482_196_050_520],
    ['1996-12-19T16:39:57-08:00', 851_042_397_000],
    ['1990-12-31T23:59:60Z', 662_688_000_000],
    ['1990-12-31T15:59:60-08:00', 662_688_000_000],
    ['1937-01-01T12:00:27.87+00:20', -1_041_337_172_130],
    ['2027-01-31', Date.UTC(2027, 0, 31)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2027-02-29', NaN],
    ['2027-13-01', NaN],
    ['2027-01-31T24:00:00Z', NaN],
    ['2027-01-31T12:00:00', NaN],
    ['31 Jan 2027', NaN],
    ['', NaN],
  ])('%s is %d', (text, expected) => {
    expect(instantOf(text)).toBe(expected);
  });

  it('counts what is left from now, and knows that it has passed', () => {
    const remaining = remainingFrom(Date.UTC(2027, 0, 31));
    expect(remaining('2027-02-01')).toBe(86_400_000);
    expect(remaining('2027-01-31T00:00:00Z')).toBe(0);
    expect(remaining('soon')).toBeNaN();
  });
});
