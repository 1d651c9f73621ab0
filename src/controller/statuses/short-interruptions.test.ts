import { describe, expect, it } from 'vitest';
import type { PointOutcome } from '../../core/model/outcome.ts';
import { ShortInterruptions } from './short-interruptions.ts';

const told: PointOutcome = {
  point: 'edge',
  version: 1,
  at: '2026-01-01T00:00:00Z',
  state: 'programmed',
  reason: 'Programmed',
  message: '',
  rules: 1,
  addresses: 1,
  lastSyncTime: '',
  liveSince: '',
  losses: [],
  refused: [],
  programmedRules: '',
};
const unseen: PointOutcome = { ...told, state: 'held', reason: 'Held', message: 'not read', unseen: true };

describe('an interruption', () => {
  it('is put off for 15 seconds, and told at once where something is held already', () => {
    const short = new ShortInterruptions();
    expect([short.defer(unseen, told, 0), [...short.over(14_999)], [...short.over(15_000)]]).toEqual([
      true,
      [],
      [unseen],
    ]);
    expect(short.defer(unseen, unseen, 15_001)).toBe(false);
  });

  it('of a point that is gone is told no more', () => {
    const short = new ShortInterruptions();
    short.defer(unseen, told, 0);
    short.forget('edge');
    expect([...short.over(60_000)]).toEqual([]);
  });
});
