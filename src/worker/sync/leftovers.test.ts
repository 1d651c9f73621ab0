import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryAdapter } from '../../../adapters/memory/adapter.ts';
import { aDesiredState, aPoint } from '../../../test/kit/builders.ts';
import { fakeClock } from '../../../test/kit/worker-rig.ts';
import type { Session } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { GroupDelta } from '../../core/model/desired.ts';
import type { Change } from '../../core/model/plan.ts';
import type { Resource } from '../../core/model/resource.ts';
import { membersChange } from '../../core/plan/diff.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import { MemoryDesiredStore } from '../../store/memory-store.ts';
import { FastPath, type FastResult } from '../fast-path.ts';
import { Polling } from '../polling.ts';
import { ReadBack } from '../read-back.ts';
import { Retries } from '../retries.ts';
import type { WorkerDeps } from '../worker-deps.ts';
import type { BatchTarget } from './apply-batches.ts';
import { cautious, type CallPace } from './call-pace.ts';
import { CallsInFlight, type FlightEnd, type Leftover } from './calls-in-flight.ts';

/* A device with an object for each address, one call at a time, as a FortiGate before 7.2 is. */

const callMs = 100;
const point = aPoint();

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function lowerDelta({ id, role, added, removed }: GroupDelta): readonly Change[] {
  const object = (name: string): Resource => ({ kind: 'address', name, spec: {}, refs: [], effect: 'None' });
  return [
    ...added.map((name): Change => ({ op: 'create', phase: 'grow', key: object(name), after: object(name) })),
    ...membersChange({ key: { kind: 'group', name: id }, effect: role, add: added, remove: removed }),
    ...removed.map((name): Change => ({ op: 'delete', phase: 'shrink', key: object(name), before: object(name) })),
  ];
}

function aDevice() {
  const sent: string[] = [];
  const store = new MemoryDesiredStore();
  const memory = createMemoryAdapter();
  const refuses = { next: false };
  const calls = { now: 0, most: 0 };
  const send: Session['send'] = async ({ changes }) => {
    calls.most = Math.max(calls.most, (calls.now += 1));
    await fakeClock.sleep(callMs);
    calls.now -= 1;
    return changes.map((change) => {
      const { key, op } = change;
      const members = op === 'members' ? [...change.add.map((a) => `+${a}`), ...change.remove.map((a) => `-${a}`)] : [];
      sent.push([op, ...(op === 'members' ? members : [key.name])].join(' '));
      if (!refuses.next) return { key, result: 'done' };
      refuses.next = false;
      return { key, result: 'error', error: new AdapterError('transient', 'no answer came') };
    });
  };
  const publish = async (delta: Partial<GroupDelta>): Promise<number> => {
    const groups: GroupDelta[] = [{ id: 'a', role: 'Accept', added: [], removed: [], ...delta }];
    const [desired, ended] = [() => aDesiredState(), delta.removed ?? []];
    return await store.publish({ point, desired, rulesChanged: false, groups, ended, synced: true });
  };
  const target: BatchTarget = {
    adapter: {
      ...memory,
      lowerDelta,
      batch: (all) => all.map((change) => ({ changes: [change], atomic: false, nativeCalls: 1 })),
    },
    session: { send } as Partial<Session> as Session,
    context: { config: {}, capabilities: { ...memory.capabilities, callsInFlight: 1 }, owner: { cluster: 'blue' } },
    signal: new AbortController().signal,
  };
  /** One turn of a worker that begins with all that is not acknowledged. */
  const turn = async (
    options: {
      readonly leftovers?: readonly Leftover[];
      readonly readBackDueAt?: number;
      readonly othersWait?: () => boolean;
      readonly pace?: CallPace;
    } = {},
  ): Promise<FlightEnd> => {
    const first = await store.take('edge');
    if (first?.deltas === undefined) throw new Error('nothing to send');
    const turnOfCalls = new CallsInFlight(
      {
        point: 'edge',
        store,
        clock: fakeClock,
        target,
        lease: { requested: () => new Promise(() => undefined), othersWait: () => options.othersWait?.() === true },
        pace: options.pace ?? cautious,
        leftovers: options.leftovers ?? [],
        readBackDueAt: options.readBackDueAt ?? fakeClock.now() + 10_000,
        onRecord: (_, write) => write(),
        report: () => Promise.resolve(),
      },
      { ...first, groups: first.deltas, membersOnly: true },
    );
    return await turnOfCalls.end();
  };
  return { sent, store, publish, turn, refuses, calls, target };
}

/** A device that has reached its first version. */
async function aReadyDevice() {
  const device = aDevice();
  await device.store.acknowledge('edge', await device.publish({}));
  return device;
}

describe('a device with an object for each address', () => {
  it('is rid of an object when nobody waits, and not before', async () => {
    const { sent, publish, turn } = await aReadyDevice();
    await publish({ removed: ['10.0.0.1', '10.0.0.2'] });
    const end = turn();
    await vi.advanceTimersByTimeAsync(callMs / 2);
    await publish({ added: ['10.0.0.3'] });
    await vi.advanceTimersByTimeAsync(10 * callMs);
    expect(sent).toEqual([
      'members -10.0.0.1 -10.0.0.2',
      'create 10.0.0.3',
      'members +10.0.0.3',
      'delete 10.0.0.1',
      'delete 10.0.0.2',
    ]);
    expect(await end).toMatchObject({ acknowledged: 3, isOver: false, hasMore: false, leftovers: [] });
  });

  it('shuts out who is to go ahead of those who are still being let in, and never lets in who has gone meanwhile', async () => {
    const { sent, publish, turn } = await aReadyDevice();
    await publish({ added: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'] });
    const end = turn();
    await vi.advanceTimersByTimeAsync(1.5 * callMs);
    await publish({ removed: ['10.0.0.2', '10.0.0.9'] });
    await vi.advanceTimersByTimeAsync(20 * callMs);
    await end;
    expect(sent.slice(0, 3)).toEqual(['create 10.0.0.1', 'create 10.0.0.2', 'members -10.0.0.2 -10.0.0.9']);
    expect(sent).toContain('members +10.0.0.1 +10.0.0.3 +10.0.0.4');
  });

  it('keeps what is left to tidy up for the next turn, and is tidied up before it is read', async () => {
    const { sent, publish, turn } = await aReadyDevice();
    await publish({ removed: ['10.0.0.1'] });
    let others = false;
    const busy = turn({ othersWait: () => others });
    // Somebody comes or goes all the time, and another point waits before there is a quiet moment.
    for (let i = 10; i < 70; i += 1) {
      await publish({ removed: [`10.0.1.${i}`] });
      await vi.advanceTimersByTimeAsync(0.9 * callMs);
    }
    others = true;
    await vi.advanceTimersByTimeAsync(3 * callMs);
    const { leftovers } = await busy;
    expect(leftovers.length).toBeGreaterThan(0);
    expect(sent.filter((text) => text.startsWith('delete'))).toEqual([]);
    const last = turn({ leftovers, readBackDueAt: fakeClock.now() });
    await vi.advanceTimersByTimeAsync(100 * callMs);
    expect((await last).leftovers).toEqual([]);
    expect(sent.filter((text) => text.startsWith('delete'))).toHaveLength(61);
  });

  it('counts nothing as done that a failed call had a part in', async () => {
    const { publish, turn, refuses } = await aReadyDevice();
    await publish({ added: ['10.0.0.1'] });
    refuses.next = true;
    const end = turn();
    await vi.advanceTimersByTimeAsync(10 * callMs);
    expect(await end).toMatchObject({ acknowledged: undefined, error: { errorClass: 'transient' } });
  });

  it('is asked one thing at a time, whatever it was able to do before', async () => {
    const { publish, turn, calls } = await aReadyDevice();
    await publish({ added: ['10.0.0.1'] });
    const end = turn({ pace: { limit: 4, usualMs: callMs, leastMs: callMs, calm: 0 } });
    for (let i = 10; i < 20; i += 1) {
      await publish({ added: [`10.0.1.${i}`] });
      await vi.advanceTimersByTimeAsync(callMs / 2);
    }
    await vi.advanceTimersByTimeAsync(50 * callMs);
    expect([(await end).hasMore, calls.most]).toEqual([false, 1]);
  });

  it.each([
    ['the full path', { membersOnly: false, continues: true }],
    ['another worker', { membersOnly: true, continues: false }],
  ])('is not rid of what may be in use again since %s was there', async (_, { membersOnly, continues }) => {
    const { sent, store, publish, target } = await aReadyDevice();
    const queue = { enqueue: () => Promise.resolve() };
    const audit = { hasUnsettled: () => Promise.resolve(false), asDelta: (_: unknown, send: () => unknown) => send() };
    const deps = { store, queue, audit, clock: fakeClock, readBackAfterMs: 60_000, report: () => Promise.resolve() };
    const own = deps as unknown as WorkerDeps;
    const fast = new FastPath(own, new Polling(own, new Retries(own)), new ReadBack(own));
    const send = async (othersWait: boolean, ours = true): Promise<FastResult> => {
      const lease = { requested: () => new Promise(() => undefined), othersWait: () => othersWait, continues: ours };
      const sending = fast.send((await store.take('edge'))!, target, lease as unknown as WorkLease);
      await vi.advanceTimersByTimeAsync(10 * callMs);
      return sending;
    };
    await publish({ removed: ['10.0.0.1'] });
    expect(await send(true)).toBe('arrived');
    if (!membersOnly) {
      await store.distrust('edge');
      expect(await send(false)).toBe('not-possible');
      await store.acknowledge('edge', (await store.take('edge'))!.version);
    }
    await publish({ added: ['10.0.0.2'] });
    expect(await send(false, continues)).toBe('arrived');
    expect(sent).toEqual(['members -10.0.0.1', 'create 10.0.0.2', 'members +10.0.0.2']);
  });
});
