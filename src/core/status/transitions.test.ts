import { describe, expect, it } from 'vitest';
import type { Condition } from '../../api/meta.ts';
import { driftOccurrence, transitions } from './transitions.ts';

function a(status: Condition['status'], type = 'Programmed', reason = `Is${status}`): Condition {
  return { type, status, reason, message: 'Why.', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

describe('what happened between two statuses', () => {
  it.each([
    ['a first judgement that all is well', [], [a('True', 'Accepted')], []],
    ['waiting', [a('True')], [a('Unknown')], []],
    ['nothing', [a('False')], [a('False')], []],
    ['coming into force', [a('Unknown')], [a('True')], ['Normal IsTrue Sync']],
    ['falling out of force', [a('True')], [a('False')], ['Warning IsFalse Sync']],
    ['another reason', [a('False')], [a('False', 'Programmed', 'Held')], ['Warning Held Sync']],
    ['a fault from the start', [], [a('False', 'Accepted')], ['Warning IsFalse Read']],
    ['a fault mended', [a('False', 'Accepted')], [a('True', 'Accepted')], ['Normal IsTrue Read']],
    ['an emergency', [], [a('True', 'Approved', 'BrokeGlass')], ['Warning BrokeGlass Approve']],
    ['an emergency that lasts', [a('True', 'Approved', 'BrokeGlass')], [a('True', 'Approved', 'BrokeGlass')], []],
  ] as const)('%s', (_, before, after, expected) => {
    expect(transitions(before, after).map(({ type, reason, action }) => `${type} ${reason} ${action}`)).toEqual(
      expected,
    );
  });

  it('tells of a device that somebody else has changed, and what was done about it', () => {
    const missing = { what: 'missing', kind: 'rule', name: 'a', field: '', desired: {}, found: null } as const;
    const drift = {
      at: '2026-01-01T00:00:00Z',
      healed: true,
      count: 7,
      differences: [missing, missing, missing, missing],
    };
    expect(driftOccurrence(drift)).toEqual({
      type: 'Warning',
      reason: 'DriftHealed',
      action: 'Read',
      note: 'The device was changed outside Postern: rule a is missing; rule a is missing; rule a is missing; and 4 more. Corrected.',
    });
    expect(driftOccurrence({ ...drift, healed: false, count: 1, differences: [missing] })).toMatchObject({
      reason: 'DriftFound',
      note: 'The device was changed outside Postern: rule a is missing. Not corrected; `postern drift` shows every difference.',
    });
  });
});
