import { describe, expect, it } from 'vitest';
import { timeOption } from './time.ts';

const now = Date.parse('2026-11-29T14:00:00Z');

describe('a moment that a person names', () => {
  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['90s', '2026-11-29T13:58:30.000Z'],
    ['7d', '2026-11-22T14:00:00.000Z'],
  ])('%s', (text, moment) => expect(timeOption(text, now)).toBe(moment));

  it.each(['7', '2026-02-31T00:00:00Z', 'Nov 2026', ''])('"%s" is none', (text) =>
    expect(() => timeOption(text, now)).toThrow(`"${text}" is no time`),
  );
});
