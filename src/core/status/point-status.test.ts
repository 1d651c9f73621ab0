import { describe, expect, it } from 'vitest';
import { anOutcome } from '../../../test/kit/outcome-store-contract.ts';
import type { PointState } from '../model/outcome.ts';
import type { Judgement } from './conditions.ts';
import { pointStatus, type PointStatusInput } from './point-status.ts';

const now = '2026-01-01T12:00:00Z';

function status(fields: Partial<PointStatusInput> = {}) {
  const input = {
    name: 'edge',
    generation: 1,
    problems: [],
    outcome: undefined,
    overGrants: [],
    before: undefined,
    now,
  };
  return pointStatus({ ...input, ...fields });
}

const programmed = (fields: Partial<PointStatusInput>): string => {
  const found = status(fields).conditions?.find(({ type }) => type === 'Programmed');
  return `${found?.status} ${found?.reason}: ${found?.message}`;
};

describe('the status of an enforcement point', () => {
  it('shows what is in force there, since when, and what the point cannot express or tell apart', () => {
    const outcome = anOutcome({ liveSince: now, losses: [] });
    const overGrant = { effect: 'approximate', id: '1', code: 'over-grant', message: 'Others, too.' } as const;
    expect(status({ outcome, overGrants: [overGrant] })).toEqual({
      observedGeneration: 1,
      ready: 'True',
      conditions: [
        {
          type: 'Accepted',
          status: 'True',
          reason: 'Accepted',
          message: 'The object is valid.',
          observedGeneration: 1,
          lastTransitionTime: now,
        },
        {
          type: 'Programmed',
          status: 'True',
          reason: 'Programmed',
          message: 'Read back as desired.',
          observedGeneration: 1,
          lastTransitionTime: now,
        },
      ],
      rules: 1,
      addresses: 2,
      losses: [overGrant],
      lastSyncTime: '2026-01-01T00:00:00Z',
      liveSince: now,
    });
  });

  it('counts the proxies that have it, and names those that have not; it is ready all the same', () => {
    const behind = [{ of: 'shop/web', pod: 'shop/web-1', reason: 'runs without a sidecar' }];
    const by = { 'istio-egress/egressgateway': { pods: 2, current: 2 }, 'shop/web': { pods: 3, current: 2 } };
    const told = status({ outcome: anOutcome({ proxies: { by, behind } }) });
    const live = told.conditions?.find(({ type }) => type === 'Live');
    expect([told.ready, told.proxies, live?.status, live?.message]).toEqual([
      'True',
      '4/5',
      'False',
      'edge: shop/web-1 runs without a sidecar.',
    ]);
  });

  it('waits for a worker', () => {
    expect(status().ready).toBe('Unknown');
    expect(programmed({})).toMatch(/^Unknown Pending: No worker has synced this point yet/);
  });

  it('says the same, to the letter, while members come and go', () => {
    const settled = anOutcome({ liveSince: now });
    const before = status({ outcome: settled });
    const sent = anOutcome({ liveSince: now, state: 'sent', message: 'Members are in.', version: 9 });
    expect(status({ outcome: sent, before })).toEqual(before);
  });

  it('does not call members live that were sent to a data plane that had not caught up', () => {
    expect(programmed({ outcome: anOutcome({ state: 'sent', liveSince: '' }) })).toMatch(/^Unknown Pending/);
  });

  it('moves the time of the last read-back at most once a minute', () => {
    const at = (lastSyncTime: string, before?: string) =>
      status({
        outcome: anOutcome({ lastSyncTime }),
        before: before === undefined ? undefined : { lastSyncTime: before },
      }).lastSyncTime;
    expect([
      at('2026-01-01T00:00:59Z', '2026-01-01T00:00:00Z'),
      at('2026-01-01T00:01:00Z', '2026-01-01T00:00:00Z'),
      at('2026-01-01T00:00:00Z', '2026-01-01T00:00:30Z'),
      at('2026-01-01T00:00:00Z', 'yesterday'),
      at(''),
    ]).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:01:00Z',
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00Z',
      undefined,
    ]);
  });

  it('gives the reason of a point that is held, only observed, or out of reach', () => {
    const states = ['held', 'planned', 'partial', 'failed'] as const;
    const said = states.map((state) => programmed({ outcome: anOutcome({ state, reason: 'Held', message: state }) }));
    expect(said).toEqual(states.map((state) => `False Held: ${state}`));
  });

  it('does not say that layers agree which nobody can have compared since', () => {
    const agrees = { type: 'Consistent', status: 'True', reason: 'Consistent', message: 'All layers permit the same.' };
    const differs = { ...agrees, status: 'False', reason: 'BypassPossible' };
    const said = (state: PointState, consistent: Judgement): unknown => {
      const { conditions = [] } = status({ outcome: anOutcome({ state, reason: 'Held' }), consistent });
      return conditions.map(({ type, status: is, reason }) => (type === 'Consistent' ? `${is} ${reason}` : [])).flat();
    };
    for (const state of ['held', 'failed', 'partial', 'planned'] as const) {
      expect(said(state, agrees as Judgement)).toEqual(['Unknown NotCompared']);
      expect(said(state, differs as Judgement)).toEqual(['False BypassPossible']);
    }
    for (const state of ['programmed', 'sent', 'activating', 'in-progress'] as const)
      expect(said(state, agrees as Judgement)).toEqual(['True Consistent']);
  });

  it('names the places that it left, until a person says that they are seen to', () => {
    const first = status({ outcome: anOutcome({ place: 'fortigate fw VDOM root, cluster east' }) });
    const moved = { outcome: anOutcome({ place: 'fortigate fw VDOM root, cluster west' }), before: first };
    const told = (fields: Partial<PointStatusInput>): unknown =>
      status(fields).conditions?.find(({ type }) => type === 'Withdrawn')?.reason;
    expect(told({ outcome: undefined, before: first })).toBeUndefined();
    expect(told(moved)).toBe('LeftBehind');
    expect(told({ ...moved, before: status(moved) })).toBe('LeftBehind');
    expect(told({ outcome: undefined, before: status(moved) })).toBe('LeftBehind');
    expect(told({ ...moved, acknowledged: 'all' })).toBeUndefined();
  });
});
