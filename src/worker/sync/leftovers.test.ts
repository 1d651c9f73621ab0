import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryAdapter } from '../../../adapters/memory/adapter.ts';
import { aDesiredState, aPoint } from '../../../test/kit/builders.ts';
import { systemClock } from '../../compose/clock.ts';
import type { Session } from '../../adapter/adapter.ts';
import type { Capabilities } from '../../adapter/capabilities.ts';
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
import { Remembered } from '../remembered.ts';
import { Retries } from '../retries.ts';
import type { WorkerDeps } from '../worker-deps.ts';
import type { BatchTarget } from './apply-batches.ts';
import { cautious, type CallPace } from './call-pace.ts';
import { CallsInFlight, type FlightEnd } from './calls-in-flight.ts';
import type { Leftover } from './member-objects.ts';

/* A device with an object for each address, as a FortiGate before 7.2 is: one call at a time, or one that changes groups. */

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

const oneAtATime = { callsInFlight: 1 } as const;
/** Objects are made and deleted beside. */
const objectsBeside = { callsInFlight: 4, memberCallsInFlight: 1 } as const;

function aDevice(inFlight: Pick<Capabilities, 'callsInFlight' | 'memberCallsInFlight'> = oneAtATime) {
  const sent: string[] = [];
  const store = new MemoryDesiredStore();
  const memory = createMemoryAdapter();
  const refuses = { next: false };
  const calls = { now: 0, most: 0 };
  const ofGroups = { now: 0, most: 0 };
  /** Members whose object is not there when they join. */
  const missing: string[] = [];
  const objects = new Set<string>();
  const takes = { ms: callMs };
  const send: Session['send'] = async ({ changes }) => {
    const counted = changes.some(({ op }) => op === 'members') ? [calls, ofGroups] : [calls];
    for (const count of counted) count.most = Math.max(count.most, (count.now += 1));
    await systemClock.sleep(takes.ms);
    for (const count of counted) count.now -= 1;
    return changes.map((change) => {
      const { key, op } = change;
      if (op === 'create') objects.add(key.name);
      if (op === 'delete') objects.delete(key.name);
      if (op === 'members') missing.push(...change.add.filter((who) => !objects.has(who)));
      const members = op === 'members' ? [...change.add.map((a) => `+${a}`), ...change.remove.map((a) => `-${a}`)] : [];
      sent.push([op, ...(op === 'members' ? members : [key.name])].join(' '));
      if (!refuses.next) return { key, result: 'done' };
      refuses.next = false;
      return { key, result: 'error', error: new AdapterError('transient', 'no answer came') };
    });
  };
  const publish = async (...deltas: readonly Partial<GroupDelta>[]): Promise<number> => {
    const groups = deltas.map((delta): GroupDelta => ({ id: 'a', role: 'Accept', added: [], removed: [], ...delta }));
    const [desired, ended] = [() => aDesiredState(), deltas.flatMap(({ removed = [] }) => removed)];
    return await store.publish({ point, desired, rulesChanged: false, groups, ended, synced: true });
  };
  const target: BatchTarget = {
    adapter: {
      ...memory,
      lowerDelta,
      batch: (all) => all.map((change) => ({ changes: [change], atomic: false, nativeCalls: 1 })),
    },
    session: { send } as Partial<Session> as Session,
    context: { config: {}, capabilities: { ...memory.capabilities, ...inFlight }, owner: { cluster: 'blue' } },
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
        clock: systemClock,
        target,
        lease: {
          requested: () => undefined,
          othersWait: () => Promise.resolve(options.othersWait?.() === true),
        },
        pace: options.pace ?? cautious,
        leftovers: options.leftovers ?? [],
        readBackDueAt: options.readBackDueAt ?? systemClock.elapsed() + 10_000,
        onRecord: (_, write) => write(),
        report: () => Promise.resolve(),
      },
      { ...first, groups: first.deltas, membersOnly: true },
    );
    return await turnOfCalls.end();
  };
  return { sent, store, publish, turn, refuses, calls, ofGroups, missing, objects, takes, target };
}

/** A device that has reached its first version. */
async function aReadyDevice(inFlight?: Parameters<typeof aDevice>[0]) {
  const device = aDevice(inFlight);
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
    const last = turn({ leftovers, readBackDueAt: systemClock.elapsed() });
    await vi.advanceTimersByTimeAsync(100 * callMs);
    expect((await last).leftovers).toEqual([]);
    expect(sent.filter((text) => text.startsWith('delete'))).toHaveLength(61);
  });

  it('lets nobody in ahead of those who are being let in, and goes no further where shutting out failed', async () => {
    const { sent, publish, turn, refuses } = await aReadyDevice();
    await publish({ added: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] });
    const end = turn();
    await vi.advanceTimersByTimeAsync(0.5 * callMs);
    await publish({ removed: ['10.0.0.9'], added: ['10.0.0.8'] });
    await vi.advanceTimersByTimeAsync(callMs);
    await publish({ removed: ['10.0.0.7'] });
    await vi.advanceTimersByTimeAsync(2 * callMs);
    // It answers the second of those that go, between the two that come.
    refuses.next = true;
    await vi.advanceTimersByTimeAsync(20 * callMs);
    expect(sent.slice(0, 3)).toEqual(['create 10.0.0.1', 'members -10.0.0.9', 'create 10.0.0.2']);
    expect(sent.slice(3)).toEqual(['members -10.0.0.7']);
    expect(await end).toMatchObject({ acknowledged: undefined, error: { errorClass: 'transient' } });
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
    const deps = { store, queue, audit, clock: systemClock, readBackAfterMs: 60_000, report: () => Promise.resolve() };
    const own = deps as unknown as WorkerDeps;
    const fast = new FastPath(own, new Polling(own, new Retries(own)), new ReadBack(own), new Remembered());
    const send = async (othersWait: boolean, ours = true): Promise<FastResult> => {
      const lease = {
        requested: () => undefined,
        othersWait: () => Promise.resolve(othersWait),
        continues: ours,
      };
      const readBeside = (): Promise<void> => Promise.resolve();
      const sending = fast.send((await store.take('edge'))!, target, lease as unknown as WorkLease, readBeside);
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

describe('a device that makes and deletes objects beside', () => {
  /** It is known to take several calls at once. */
  const pace: CallPace = { limit: 4, usualMs: callMs, leastMs: callMs, calm: 0 };

  it('makes objects side by side, and changes groups one call at a time', async () => {
    const { publish, turn, calls, ofGroups, missing, objects } = await aReadyDevice(objectsBeside);
    await publish({ added: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] });
    const end = turn({ pace });
    for (let i = 10; i < 30; i += 1) {
      await publish({ added: [`10.0.1.${i}`], removed: i % 2 === 0 ? [`10.0.1.${i - 3}`] : [] });
      await vi.advanceTimersByTimeAsync(callMs / 3);
    }
    await vi.advanceTimersByTimeAsync(50 * callMs);
    expect(await end).toMatchObject({ acknowledged: 22, hasMore: false, leftovers: [] });
    expect([calls.most, ofGroups.most, missing]).toEqual([4, 1, []]);
    expect(objects.size).toBe(3 + 20 - 8);
  });

  it('shuts out at once who is to go, whoever is being let in and whatever is being deleted', async () => {
    const { sent, publish, turn } = await aReadyDevice(objectsBeside);
    await publish({ added: Array.from({ length: 20 }, (_, i) => `10.0.0.${i}`), removed: ['10.0.2.1', '10.0.2.2'] });
    const end = turn({ pace });
    await vi.advanceTimersByTimeAsync(1.9 * callMs);
    await publish({ removed: ['10.0.3.1'] });
    // The call that changes groups and is under way, and then the one that shuts out.
    await vi.advanceTimersByTimeAsync(2.1 * callMs);
    expect(sent.some((text) => text.includes('-10.0.3.1'))).toBe(true);
    await vi.advanceTimersByTimeAsync(50 * callMs);
    expect(await end).toMatchObject({ hasMore: false, leftovers: [] });
  });

  it('keeps a call for who is to go, however many objects are to be made and however long that takes', async () => {
    const { publish, turn, calls, ofGroups, takes } = await aReadyDevice(objectsBeside);
    takes.ms = 20 * callMs;
    await publish({ added: Array.from({ length: 20 }, (_, i) => `10.0.0.${i}`) });
    const end = turn({ pace });
    await vi.advanceTimersByTimeAsync(5 * callMs);
    expect([calls.now, ofGroups.now]).toEqual([3, 0]);
    await publish({ removed: ['10.0.3.1'] });
    await vi.advanceTimersByTimeAsync(callMs);
    expect([calls.now, ofGroups.now]).toEqual([4, 1]);
    takes.ms = callMs;
    await vi.advanceTimersByTimeAsync(100 * callMs);
    await end;
  });

  it('never deletes what is used again, nor lets in who has gone meanwhile', async () => {
    const { sent, publish, turn, missing, objects } = await aReadyDevice(objectsBeside);
    await publish({ added: ['10.0.0.1', '10.0.0.2'] });
    const end = turn({ pace });
    await vi.advanceTimersByTimeAsync(callMs / 2);
    await publish({ removed: ['10.0.0.2'] });
    await vi.advanceTimersByTimeAsync(1.2 * callMs);
    await publish({ removed: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(callMs / 4);
    await publish({ added: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(20 * callMs);
    await end;
    expect(sent.some((text) => text.includes('+10.0.0.2'))).toBe(false);
    expect([missing, [...objects]]).toEqual([[], ['10.0.0.1']]);
    expect(sent.findLast((text) => text.includes('10.0.0.1'))).toContain('+10.0.0.1');
  });

  it('denies by the next group before it takes out of the one before', async () => {
    const { sent, publish, turn } = await aReadyDevice(objectsBeside);
    await publish(
      { id: 'd', role: 'Deny', removed: ['10.0.0.1'] },
      { id: 'e', role: 'Deny', added: ['10.0.0.1'] },
      { removed: ['10.0.0.1'] },
    );
    const end = turn({ pace });
    await vi.advanceTimersByTimeAsync(20 * callMs);
    expect(await end).toMatchObject({ acknowledged: 2, hasMore: false });
    expect(sent.indexOf('members +10.0.0.1')).toBeGreaterThan(0);
    // Out of what accepts at once, and of what denies when it is denied elsewhere.
    expect(sent[0]).toBe('members -10.0.0.1');
    expect(sent.lastIndexOf('members -10.0.0.1')).toBeGreaterThan(sent.indexOf('members +10.0.0.1'));
  });

  it.each([
    ['several calls at once', objectsBeside],
    ['one call at a time', oneAtATime],
  ])('keeps the object of one who goes from one group to another, with %s', async (_, inFlight) => {
    const { sent, publish, turn, missing } = await aReadyDevice(inFlight);
    await publish({ removed: ['10.0.0.1'] }, { id: 'b', added: ['10.0.0.1'] });
    const end = turn({ pace });
    await vi.advanceTimersByTimeAsync(1.5 * callMs);
    // Another call that changes groups, when the object is there and nobody has joined yet.
    await publish({ removed: ['10.0.0.2'] });
    await vi.advanceTimersByTimeAsync(20 * callMs);
    await end;
    expect(missing).toEqual([]);
    expect(sent).not.toContain('delete 10.0.0.1');
  });

  it('keeps nobody waiting where calls after one another would be as many as there is time for', async () => {
    const waits = async (inFlight: Parameters<typeof aDevice>[0]): Promise<number> => {
      const { sent, publish, turn } = await aReadyDevice(inFlight);
      await publish({ removed: ['10.0.9.9'] });
      const end = turn({ pace, readBackDueAt: Infinity });
      const open = new Map<string, number>();
      const waited: number[] = [];
      const look = (): void => {
        for (const [text, at] of open)
          if (sent.some((call) => call.startsWith('members') && call.includes(text)) && open.delete(text))
            waited.push(systemClock.now() - at);
      };
      // One comes for one who goes: a call to make the object, two to join and to leave, and one to delete.
      for (let step = 0; step < 400; step += 1) {
        if (step % 20 === 0) {
          const at = step / 20;
          await publish(at % 2 === 0 ? { added: [`10.0.1.${at}`] } : { removed: [`10.0.2.${at}`] });
          open.set(at % 2 === 0 ? `+10.0.1.${at}` : `-10.0.2.${at}`, systemClock.now());
        }
        await vi.advanceTimersByTimeAsync(callMs / 10);
        look();
      }
      await vi.advanceTimersByTimeAsync(100 * callMs);
      look();
      await end;
      expect([waited.length, open.size]).toEqual([20, 0]);
      return Math.max(...waited) / callMs;
    };
    const [row, beside] = [await waits(oneAtATime), await waits(objectsBeside)];
    expect(beside).toBeLessThanOrEqual(2.4);
    expect(beside).toBeLessThan(row);
  });

  it('asked one thing at a time, lets in who comes although somebody goes all the time', async () => {
    const { sent, publish, turn, calls } = await aReadyDevice(objectsBeside);
    await publish({ added: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] });
    const slow = { limit: 1, usualMs: callMs, leastMs: callMs, calm: -1_000 };
    const end = turn({ pace: slow, readBackDueAt: Infinity });
    for (let i = 0; i < 20; i += 1) {
      await publish({ removed: [`10.0.1.${i}`] });
      await vi.advanceTimersByTimeAsync(0.9 * callMs);
    }
    expect(sent.filter((text) => text.includes('+10.0.0'))).toHaveLength(3);
    expect(calls.most).toBe(1);
    await vi.advanceTimersByTimeAsync(100 * callMs);
    await end;
  });

  it('counts as done what is there, while objects of others are still being made', async () => {
    const { sent, publish, turn, store } = await aReadyDevice(objectsBeside);
    await publish({ removed: ['10.0.2.1'] });
    const end = turn({ pace });
    const done: number[] = [];
    const joins = new Map<number, string>();
    for (let i = 10; i < 40; i += 1) {
      joins.set(await publish({ added: [`10.0.1.${i}`] }), `+10.0.1.${i}`);
      await vi.advanceTimersByTimeAsync(callMs / 2);
      const acknowledged = (await store.take('edge'))?.acknowledged ?? 0;
      done.push(acknowledged);
      const claimed = [...joins].flatMap(([version, text]) => (version <= acknowledged ? [text] : []));
      expect(claimed.filter((text) => !sent.some((call) => call.includes(text)))).toEqual([]);
    }
    expect(new Set(done).size).toBeGreaterThan(8);
    await vi.advanceTimersByTimeAsync(50 * callMs);
    await end;
  });
});
