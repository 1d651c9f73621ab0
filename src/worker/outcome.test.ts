import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../test/kit/builders.ts';
import { AdapterError } from '../adapter/errors.ts';
import type { Difference, PointOutcome } from '../core/model/outcome.ts';
import type { PendingOperation } from '../core/model/pending.ts';
import type { Change } from '../core/model/plan.ts';
import type { Resource } from '../core/model/resource.ts';
import { rulesDigest } from '../core/status/object-rules.ts';
import { nothingApplied } from './sync/apply-batches.ts';
import { outcomeOf } from './outcome.ts';
import type { SyncResult } from './sync/sync-point.ts';
import type { SyncReport } from './sync-report.ts';

const now = '2026-01-01T12:00:00.000Z';
const desired = aDesiredState({ rules: [aRule()], groups: [aGroup({ members: ['10.0.0.1', '10.0.0.2'] })] });
const digest = rulesDigest(desired.rules);

function aResource(name: string, desiredId?: string): Resource {
  return { kind: 'rule', name, spec: {}, refs: [], effect: 'Accept', ...(desiredId && { desiredId }) };
}

function aCreation(after: Resource): Change {
  return { op: 'create', phase: 'wire', key: { kind: after.kind, name: after.name }, after };
}

function aReport(
  result: Partial<SyncResult>,
  rest: { drift?: readonly Difference[]; version?: number; pending?: readonly PendingOperation[] } = {},
): SyncReport {
  const base: SyncResult = {
    state: 'programmed',
    plan: { changes: [] },
    violations: [],
    losses: [],
    foreign: [],
    ...nothingApplied,
    evidence: '',
    observed: [],
    remaining: [],
  };
  return {
    point: 'edge',
    path: 'full',
    version: 7,
    desired,
    vantage: 'Pod',
    drift: [],
    pending: [],
    ...rest,
    result: { ...base, ...result },
  };
}

const programmed = (): PointOutcome => outcomeOf(aReport({}), undefined, now);

describe('what a report means for status', () => {
  it('says of a failure when the next try is, in the same words each time', () => {
    const error = new AdapterError('transient', 'No answer');
    const told = outcomeOf({ point: 'edge', path: 'none', version: 7, error }, undefined, now).message;
    expect(told).toBe('No answer. Next try after a delay that grows for as long as it fails, up to 5 minutes.');
  });

  it('is programmed, live and read back at its version once the device was read as desired', () => {
    expect(programmed()).toEqual({
      point: 'edge',
      version: 7,
      at: now,
      state: 'programmed',
      reason: 'Programmed',
      message: 'Read back and as desired; nothing had to change.',
      rules: 1,
      rulesThere: 1,
      addresses: 2,
      losses: [],
      refused: [],
      programmedRules: digest,
      differing: [],
      lastSyncTime: now,
      liveSince: now,
      vantage: 'Pod',
      readBackVersion: 7,
    });
  });

  it('says that another point writes to the same place, which has to be chosen by a person', () => {
    const { state, message } = outcomeOf(
      aReport({ neighbours: { points: ['second'], areFirst: false } }),
      undefined,
      now,
    );
    expect(state).toBe('programmed');
    expect(message).toContain('But EnforcementPoint/second writes to the same place');
  });

  it('remembers where something of ours is until there is something elsewhere', () => {
    const at = (place: string, result: Partial<SyncResult>): SyncReport =>
      ({ ...aReport(result), place }) as SyncReport;
    const here = outcomeOf(at('one', { observed: [aResource('a')] }), undefined, now);
    const unreachable = outcomeOf(at('two', { state: 'failed' }), here, now);
    const moved = outcomeOf(at('two', { nativeCalls: 3 }), unreachable, now);
    const watched = outcomeOf(at('three', { state: 'planned', observed: [aResource('a')] }), moved, now);
    expect([here, unreachable, moved, watched].map(({ place }) => place)).toEqual(['one', 'one', 'two', 'two']);
  });

  it('says how many of the rules are there, and why the others are not', () => {
    const rules = ['a', 'b', 'c'].map((id) => aRule({ id }));
    const loss = {
      effect: 'rejected',
      id: 'b',
      code: 'wildcard-unsupported',
      message: 'AFM knows no wildcard names.',
    } as const;
    const report = {
      ...aReport({ losses: [loss, { ...loss, id: 'c', effect: 'narrowed' }] }),
      desired: { ...desired, rules },
    };
    expect(outcomeOf(report as SyncReport, undefined, now)).toMatchObject({
      state: 'programmed',
      message: 'Programmed, 2 of 3 rules; 1 left out, because AFM knows no wildcard names.',
      rules: 3,
      rulesThere: 2,
    });
  });

  it('takes no rule for there that is missing, whatever else the point says of it', () => {
    const rules = ['a', 'b'].map((id) => aRule({ id }));
    const changes = rules.map(({ id }) => aCreation(aResource(id, id)));
    const loss = {
      effect: 'narrowed',
      id: 'b',
      code: 'wildcard-unsupported',
      message: 'FortiOS knows it for IPv4 only.',
    } as const;
    const report = aReport({ state: 'planned', losses: [loss], plan: { changes }, remaining: changes });
    expect(outcomeOf({ ...report, desired: { ...desired, rules } } as SyncReport, undefined, now).rulesThere).toBe(0);
  });

  it('tells since when the device is at work on a change, what it says, and the same words at each poll', () => {
    const pending: PendingOperation[] = [
      { handle: 'h2', changes: [], atomic: false, since: Date.parse(now) + 5_000, pollAt: 0, deviceSays: 'later' },
      { handle: 'h1', changes: [], atomic: false, since: Date.parse(now), pollAt: 0, deviceSays: 'Updating' },
    ];
    const first = outcomeOf(aReport({ state: 'in-progress' }, { pending }), programmed(), now);
    expect(first).toMatchObject({
      state: 'in-progress',
      reason: 'InProgress',
      message: `The device has been carrying out a change since ${now}. It says: Updating. Postern asks again until it has ended.`,
      programmedRules: digest,
      liveSince: '',
    });
    const polled: SyncReport = { point: 'edge', path: 'delta', version: 8, result: nothingApplied, pending };
    const { state, message, liveSince } = outcomeOf(polled, programmed(), now);
    expect({ state, message, liveSince }).toEqual({ state: 'in-progress', message: first.message, liveSince: now });
  });

  it('keeps what was read back when members are sent, and when the device cannot be reached', () => {
    const later = '2026-01-01T13:00:00.000Z';
    const sent = outcomeOf(
      { point: 'edge', path: 'delta', version: 8, result: { ...nothingApplied, nativeCalls: 1 }, pending: [] },
      programmed(),
      later,
    );
    const lost = outcomeOf(
      { point: 'edge', path: 'none', version: 9, error: new AdapterError('transient', 'No answer.') },
      sent,
      later,
    );
    const known = ({ version, state, programmedRules, readBackVersion, liveSince, lastSyncTime }: PointOutcome) =>
      [version, state, programmedRules, readBackVersion, liveSince, lastSyncTime] as const;
    expect(known(sent)).toEqual([8, 'sent', digest, 7, now, now]);
    expect(known(lost)).toEqual([9, 'failed', digest, 7, '', now]);
  });

  it('stays as it was read back when there was nothing to send', () => {
    const later = '2026-01-01T13:00:00.000Z';
    const turn = { point: 'edge', path: 'delta', version: 8, result: nothingApplied, pending: [] } as const;
    const told = outcomeOf({ ...turn, readBack: 8 }, programmed(), later);
    expect(told).toEqual({ ...programmed(), version: 8, at: later, readBackVersion: 8 });
    expect(outcomeOf(turn, programmed(), later)).toMatchObject({ state: 'sent', readBackVersion: 7 });
    const held = outcomeOf(aReport({ state: 'held' }), undefined, now);
    expect(outcomeOf({ ...turn, readBack: 8 }, held, later)).toMatchObject({ state: 'sent' });
  });

  it('names the rules that are not in force where a device is only observed, and doubts all where nobody knows who needs an object', () => {
    const own = aCreation(aResource('a', '000000000001'));
    const shared = aCreation(aResource('b'));
    const differing = (...changes: Change[]) =>
      outcomeOf(aReport({ state: 'planned', plan: { changes }, remaining: changes }), programmed(), now).differing;
    expect([differing(own), differing(own, shared), differing()]).toEqual([
      ['000000000001'],
      ['*', '000000000001'],
      [],
    ]);
  });

  it('says what waits for a change window, and no longer than it does', () => {
    const one = { id: 'a', what: 'EgressPolicy/shop/web spec.to[0]: 192.0.2.0/24 TCP 443', partly: true };
    const held = outcomeOf(aReport({ state: 'held', waits: { until: 'Mon 22:00', all: [one] } }), undefined, now);
    const message = `1 change waits for a change window (Mon 22:00): ${one.what}.`;
    expect(held.waiting).toEqual([{ id: 'a', message, partly: true }]);
    expect(outcomeOf(aReport({ state: 'held' }), held, now)).not.toHaveProperty('waiting');
  });

  it('learns nothing about rules from a device that could not be read, or a cluster that was not', () => {
    const before = programmed();
    const after = [
      outcomeOf(aReport({ state: 'failed', error: new AdapterError('transient', 'No.') }), before, now),
      outcomeOf(
        aReport({ state: 'held', violations: [{ guard: 'not-synced', message: 'Wait.', keys: [] }] }),
        { ...before, programmedRules: 'older' },
        now,
      ),
    ];
    expect(after.map(({ programmedRules, differing }) => [programmedRules, differing])).toEqual([
      [digest, []],
      ['older', []],
    ]);
  });

  it('knows a point that is held for nothing but a cluster that is not seen whole: it stays live', () => {
    const violations = [{ guard: 'not-synced', message: 'Wait.', keys: [] }] as const;
    const heldBy = (fields: Parameters<typeof aReport>[0]) =>
      outcomeOf(aReport({ state: 'held', violations, ...fields }), { ...programmed(), liveSince: now }, now);
    const told = ({ unseen, liveSince }: PointOutcome) => [unseen, liveSince];
    expect(told(heldBy({ remaining: [] }))).toEqual([true, now]);
    expect(told(heldBy({ remaining: [aCreation(aResource('a'))] }))).toEqual([undefined, '']);
    const more = { guard: 'foreign-object', message: 'No.', keys: [] } as const;
    expect(told(heldBy({ remaining: [], violations: [...violations, more] }))).toEqual([undefined, '']);
    expect(outcomeOf(aReport({}), heldBy({ remaining: [] }), now)).not.toHaveProperty('unseen');
  });

  it('remembers the last drift, shortened, until there is another', () => {
    const difference: Difference = {
      what: 'changed',
      kind: 'rule',
      name: 'a',
      field: 'action',
      desired: 'Accept',
      found: 'x'.repeat(400),
    };
    const many = Array.from({ length: 12 }, () => difference);
    const drifted = outcomeOf(aReport({}, { drift: many }), programmed(), now);
    expect(drifted.drift).toMatchObject({ at: now, healed: true, count: 12 });
    expect(drifted.drift?.differences).toHaveLength(10);
    expect(drifted.drift?.differences[0]?.found).toMatch(/^"x{296}\.\.\.$/);
    const later = outcomeOf(aReport({}), drifted, '2026-01-02T00:00:00.000Z');
    expect(later.drift).toEqual(drifted.drift);
    const observed = outcomeOf(aReport({ state: 'planned' }, { drift: [difference] }), later, now);
    expect(observed.drift).toMatchObject({ healed: false, count: 1 });
  });
});
