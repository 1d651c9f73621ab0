import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PointOutcome } from '../../src/core/model/outcome.ts';
import type { OutcomeStore } from '../../src/store/outcome-store.ts';
import { until } from './redis-server.ts';

export interface OutcomeRig {
  readonly store: OutcomeStore;
  end(): Promise<void>;
}

export function anOutcome(fields: Partial<PointOutcome> = {}): PointOutcome {
  return {
    point: 'edge',
    version: 1,
    at: '2026-01-01T00:00:00Z',
    state: 'programmed',
    reason: 'Programmed',
    message: 'Read back as desired.',
    rules: 1,
    addresses: 2,
    losses: [{ effect: 'narrowed', id: '000000000001', code: 'wildcard-unsupported', message: 'Narrowed.' }],
    refused: [{ id: '000000000002', message: 'No.' }],
    programmedRules: 'abc',
    lastSyncTime: '2026-01-01T00:00:00Z',
    liveSince: '',
    ...fields,
  };
}

/** What every store of outcomes does; memory and Redis are held to the same. */
export function describeOutcomeStore(make: () => Promise<OutcomeRig>): void {
  let rig: OutcomeRig;
  const stop: AbortController[] = [];
  const followed = (): PointOutcome[] => {
    const heard: PointOutcome[] = [];
    const end = new AbortController();
    stop.push(end);
    void rig.store.follow((outcome) => heard.push(outcome), end.signal);
    return heard;
  };

  beforeEach(async () => {
    rig = await make();
  });
  afterEach(async () => {
    for (const end of stop.splice(0)) end.abort();
    await rig.end();
  });

  it('keeps which proxies have what was written', async () => {
    const behind = [{ of: 'shop/web', pod: 'shop/web-1', reason: 'runs without a sidecar', past: true as const }];
    const told = anOutcome({ proxies: { by: { 'shop/web': { pods: 2, current: 1 } }, behind } });
    await rig.store.record(told);
    expect(await rig.store.last('edge')).toEqual(told);
  });

  it('keeps the last outcome of each point', async () => {
    expect(await rig.store.last('edge')).toBeUndefined();
    await rig.store.record(anOutcome());
    await rig.store.record(anOutcome({ version: 2 }));
    await rig.store.record(anOutcome({ point: 'other', state: 'failed' }));
    expect(await rig.store.last('edge')).toEqual(anOutcome({ version: 2 }));
    await rig.store.forget('edge');
    expect(await rig.store.last('edge')).toBeUndefined();
    expect(await rig.store.last('other')).toEqual(anOutcome({ point: 'other', state: 'failed' }));
  });

  it('ignores what a worker says of an older publication, and takes what is said of none in particular', async () => {
    await rig.store.record(anOutcome({ version: 2 }));
    await rig.store.record(anOutcome({ version: 1, state: 'failed' }));
    expect(await rig.store.last('edge')).toEqual(anOutcome({ version: 2 }));
    await rig.store.record(anOutcome({ version: 0, state: 'failed' }));
    expect(await rig.store.last('edge')).toEqual(anOutcome({ version: 0, state: 'failed' }));
  });

  it('hands the latest to whoever begins to follow, and then each newer one, until told to stop', async () => {
    await rig.store.record(anOutcome());
    const early = followed();
    await until('the first', () => early.length === 1);
    await rig.store.record(anOutcome({ version: 2 }));
    await until('the second', () => early.length === 2);
    const late = followed();
    await until('the latest', () => late.length === 1);
    stop[0]!.abort();
    await rig.store.record(anOutcome({ version: 3 }));
    await until('the third', () => late.length === 2);
    expect(early).toEqual([anOutcome(), anOutcome({ version: 2 })]);
    expect(late).toEqual([anOutcome({ version: 2 }), anOutcome({ version: 3 })]);
  });
}
