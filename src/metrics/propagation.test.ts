import { describe, expect, it } from 'vitest';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { aPod, aPoint } from '../../test/kit/builders.ts';
import type { Update } from './definitions.ts';
import { measuredStore } from './measured.ts';
import { Propagation } from './propagation.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const point = aPoint();

function aTracker() {
  const seen: string[] = [];
  let [now, setBackMs] = [start, 0];
  const record = (updates: readonly Update[]): void => {
    for (const { metric, labels, value } of updates)
      seen.push([metric.replace(/^postern_|_seconds$/g, ''), labels['stage'], value].filter(Boolean).join(' '));
  };
  const propagation = new Propagation({ now: () => now - setBackMs, elapsed: () => now }, record);
  return {
    propagation,
    seen,
    at: (seconds: number) => (now = start + seconds * 1_000),
    setBack: (ms: number) => (setBackMs = ms),
  };
}

const pod = (address: string, started: number, cause: 'watch' | 'relist' = 'watch'): ObjectChange => {
  const object = aPod({ addresses: [address], started: start / 1_000 + started });
  return { kind: 'Pod', key: `shop/${object.name}`, object, cause };
};
const group = (added: readonly string[], removed: readonly string[], role: 'Accept' | 'Deny' = 'Accept') => ({
  id: 'g',
  role,
  added,
  removed,
});
const outcome = (state: PointOutcome['state'], version: number, readBackVersion?: number): PointOutcome => ({
  point: 'edge',
  version,
  at: '',
  state,
  reason: 'Programmed',
  message: '',
  rules: 0,
  addresses: 0,
  losses: [],
  refused: [],
  programmedRules: '',
  lastSyncTime: '',
  liveSince: '',
  ...(readBackVersion !== undefined && { readBackVersion }),
});

describe('Propagation', () => {
  it("measures from the pod's own start until the device took its address, and until that was read back", () => {
    const { propagation, seen, at } = aTracker();
    at(2);
    propagation.changes([pod('10.0.0.1', 0)]);
    propagation.handed({ point, groups: [group(['10.0.0.1'], [])], ended: [] });
    propagation.published('edge', 7);
    at(3);
    propagation.outcome(outcome('sent', 6));
    expect(seen).toEqual([]);
    propagation.outcome(outcome('sent', 7));
    at(13);
    propagation.outcome(outcome('programmed', 8, 8));
    propagation.outcome(outcome('programmed', 9, 9));
    expect(seen).toEqual(['propagation sent 3', 'propagation read_back 13']);
  });

  it('measures how long an address stayed permitted after its pod was seen to end', () => {
    const { propagation, seen, at } = aTracker();
    at(5);
    propagation.changes([{ kind: 'Pod', key: 'shop/a', object: undefined, cause: 'watch' }]);
    propagation.handed({ point, groups: [group([], ['10.0.0.1', '10.0.0.2'])], ended: ['10.0.0.1'] });
    propagation.published('edge', 7);
    at(5.5);
    propagation.outcome(outcome('failed', 7));
    at(9);
    propagation.outcome(outcome('sent', 7));
    expect(seen).toEqual(['stale_grant 4']);
  });

  it('measures the same when the clock is set back meanwhile', () => {
    const { propagation, seen, at, setBack } = aTracker();
    at(5);
    propagation.changes([pod('10.0.0.1', 3), { kind: 'Pod', key: 'shop/a', object: undefined, cause: 'watch' }]);
    propagation.handed({ point, groups: [group(['10.0.0.1'], ['10.0.0.2'])], ended: ['10.0.0.2'] });
    propagation.published('edge', 7);
    setBack(3_600_000);
    at(9);
    propagation.outcome(outcome('programmed', 7, 7));
    expect(seen.sort()).toEqual(['propagation read_back 6', 'propagation sent 6', 'stale_grant 4']);
  });

  it('counts the time in which the store was away', async () => {
    const { propagation, seen, at } = aTracker();
    let away = true;
    const store = measuredStore(
      {
        publish: () => (away ? Promise.reject(new Error('away')) : Promise.resolve(9)),
        withdraw: () => Promise.resolve(),
        points: () => Promise.resolve([]),
        distrust: () => Promise.resolve(),
        compare: () => Promise.resolve({ lost: [], confirmed: [] }),
      },
      propagation,
    );
    const nothing = { point, rulesChanged: true, synced: true, groups: [], ended: [] };
    const desired = () => ({ point: 'edge', defaultAction: 'Deny', groups: [], rules: [] }) as const;
    propagation.changes([pod('10.0.0.1', 0)]);
    const groups = [group(['10.0.0.1'], [])];
    await expect(store.publish({ ...nothing, desired, groups })).rejects.toThrow('away');
    at(30);
    away = false;
    await store.publish({ ...nothing, desired });
    propagation.outcome(outcome('programmed', 9, 9));
    expect(seen).toEqual(['propagation sent 30', 'propagation read_back 30']);
  });

  it.each([
    ['a pod that only a list showed', pod('10.0.0.1', 0, 'relist'), group(['10.0.0.1'], [])],
    ['a pod that started long ago and got a label', pod('10.0.0.1', -601), group(['10.0.0.1'], [])],
    ['an address that is denied', pod('10.0.0.1', 0), group(['10.0.0.1'], [], 'Deny')],
    ['an address that came with a policy', pod('10.0.0.1', 0), group(['10.0.0.9'], [])],
  ])('does not count %s', (_, change, of) => {
    const { propagation, seen } = aTracker();
    propagation.changes([change]);
    propagation.handed({ point, groups: [of], ended: [] });
    propagation.published('edge', 1);
    propagation.outcome(outcome('programmed', 1, 1));
    expect(seen).toEqual([]);
  });
});
