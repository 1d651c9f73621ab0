import { describe, expect, it } from 'vitest';
import { Deadlines } from './expiry.ts';

const march = Date.parse('2026-03-01T00:00:00Z');
const day = 86_400_000;

describe('deadlines', () => {
  it('name what expires as time passes, and what comes to life when it steps back', () => {
    const deadlines = new Deadlines();
    deadlines.set('a', '2026-03-02T00:00:00Z');
    deadlines.set('b', '2026-03-03T00:00:00Z');
    deadlines.set('never', undefined);
    expect(deadlines.advance(march)).toEqual([]);
    expect(deadlines.next()).toBe('2026-03-02T00:00:00Z');
    expect(deadlines.advance(march + day)).toEqual(['a']);
    expect(deadlines.hasPassed('2026-03-02T00:00:00Z')).toBe(true);
    expect(deadlines.advance(march + 5 * day)).toEqual(['b']);
    expect(deadlines.next()).toBeUndefined();
    expect(deadlines.advance(march)).toEqual(['a', 'b']);
    deadlines.set('b', '2026-03-06T00:00:00Z', undefined, '2026-03-04T00:00:00Z');
    expect(deadlines.next()).toBe('2026-03-02T00:00:00Z');
    expect(deadlines.advance(march + 4 * day)).toEqual(['a', 'b']);
    expect(deadlines.advance(march + 6 * day)).toEqual(['b']);
  });

  it('forget one that was withdrawn or postponed', () => {
    const deadlines = new Deadlines();
    deadlines.advance(march);
    deadlines.set('a', '2026-03-02T00:00:00Z');
    deadlines.set('b', '2026-03-02T01:00:00+01:00');
    expect(deadlines.next()).toBe('2026-03-02T00:00:00Z');
    deadlines.set('a', undefined);
    deadlines.set('b', '2026-03-04T00:00:00Z');
    expect(deadlines.next()).toBe('2026-03-04T00:00:00Z');
    expect(deadlines.advance(march + 2 * day)).toEqual([]);
  });
});
