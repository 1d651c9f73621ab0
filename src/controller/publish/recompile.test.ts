import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changesOf, clusterPolicy, gone, namespace, pod, point, policy } from '../../core/compile/testing/builders.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { MemoryQueue } from '../../queue/memory-queue.ts';
import { MemoryDesiredStore } from '../../store/memory-store.ts';
import { Publisher } from './publisher.ts';
import { Rounds, type Round } from './rounds.ts';

const time = { now: '2026-06-01T00:00:00Z', atStart: false };
const net = (at: number) => ({ to: [{ networks: [`192.0.2.${at}/32`] }] });
const accepted = (name: string, at: number) => policy(name, { action: 'Accept', ...net(at) });
const declared = changesOf({
  enforcementPoints: [point('edge', { mode: 'Enforce' })],
  pods: [pod('a/web', { addresses: ['10.0.0.1'] }), pod('b/web', { addresses: ['10.0.0.2'] })],
  egressPolicies: [accepted('a/out', 1), accepted('b/out', 2)],
});
/** As no schema lets it through. */
function poisoned(change: ObjectChange): ObjectChange {
  return { ...change, object: { ...change.object, spec: null } } as unknown as ObjectChange;
}
const poison = (name: string) => changesOf({ egressPolicies: [accepted(name, 9)] }).map(poisoned);

/** Has the compiler fail of such changes from now on. */
function failsOf(isBad: (change: ObjectChange) => boolean, times = Infinity): void {
  const applying = Reflect.get(Compiler.prototype, 'applying');
  let left = times;
  vi.spyOn(Compiler.prototype, 'applying').mockImplementation(function* (this: Compiler, changes, now) {
    if (changes.some(isBad) && (left -= 1) >= 0) throw new Error('out of luck');
    return yield* applying.call(this, changes, now);
  });
}

afterEach(() => vi.restoreAllMocks());

class Rig {
  readonly told: string[] = [];
  readonly rounds = new Rounds((message) => this.told.push(message));
  #now = Date.parse(time.now);

  take(...changes: readonly ObjectChange[]): Promise<Round> {
    return this.rounds.compile(changes, { ...time, now: new Date(this.#now).toISOString() }, (round) => round);
  }

  /** Puts the clock back. */
  goBack(seconds: number): void {
    this.#now -= seconds * 1_000;
  }

  get nextDeadline(): string | undefined {
    return this.rounds.nextDeadline(this.#now);
  }

  /** Lets time go by until it changes something by itself. @returns how many seconds that took */
  async untilDue(): Promise<number> {
    const due = Date.parse(this.nextDeadline ?? '');
    const seconds = (due - this.#now) / 1_000;
    this.#now = due;
    await this.take();
    return seconds;
  }

  get leftOut(): readonly string[] {
    return this.rounds.leftOut.map(({ change: { key } }) => key);
  }

  desired(): Promise<DesiredState | undefined> {
    return this.rounds.read((compiled) => compiled.desired('edge'));
  }
}

function publishing(): { readonly store: MemoryDesiredStore; readonly publisher: Publisher } {
  const onError = vi.fn();
  const store = new MemoryDesiredStore();
  const clock = {
    now: () => Date.parse(time.now),
    elapsed: () => Date.parse(time.now),
    sleep: () => Promise.resolve(),
  };
  const publisher = new Publisher({ store, queue: new MemoryQueue(onError), clock, onError });
  return { store, publisher };
}

function coldly(...changes: readonly ObjectChange[]): DesiredState | undefined {
  const compiler = new Compiler();
  compiler.apply(changes, time.now);
  return compiler.desired('edge');
}

it('compiles everything else without an object that makes it fail, and withdraws whoever ends meanwhile', async () => {
  const rig = new Rig();
  await rig.take(...declared);
  const more = changesOf({ egressPolicies: [accepted('b/more', 3), policy('b/less', { action: 'Deny', ...net(2) })] });
  const [bad] = poison('a/bad');
  const round = await rig.take(more[0]!, bad!, gone('Pod', 'b/web'), more[1]!);
  expect(round.ended).toEqual(['10.0.0.2']);
  expect(round.taken).toEqual([more[0], gone('Pod', 'b/web'), more[1]]);
  expect(round.points).toEqual(new Map([['edge', { gone: false, rulesChanged: true, groups: [] }]]));
  const unread = { kind: 'EgressPolicy', key: 'a/bad', object: undefined, unreadable: true } as const;
  expect(await rig.desired()).toEqual(coldly(...declared, ...more, gone('Pod', 'b/web'), unread));
  const [problem] = await rig.rounds.read((compiled) => compiled.problems());
  expect(problem).toMatchObject({ subject: 'EgressPolicy/a/bad', code: 'not-compiled', severity: 'error' });
  expect(problem?.message).toContain('nothing new is permitted to its namespace');
  expect(rig.told).toHaveLength(2);
});

it('leaves in force what was known of it, and tries it again once it means something else', async () => {
  const rig = new Rig();
  await rig.take(...declared);
  const [bad] = poison('a/out');
  await rig.take(bad!);
  await rig.take(bad!, ...changesOf({ egressPolicies: [accepted('b/out', 4)] }));
  expect(rig.told).toHaveLength(2);
  expect(rig.told[1]).toContain('its last readable version stays in force');
  expect((await rig.desired())?.rules).toEqual(
    coldly(...declared, ...changesOf({ egressPolicies: [accepted('b/out', 4)] }))?.rules,
  );
  await rig.take(...changesOf({ egressPolicies: [accepted('a/out', 5)] }));
  await rig.untilDue();
  expect(rig.rounds.leftOut).toEqual([]);
  expect((await rig.desired())?.rules).toHaveLength(2);
});

describe('A tenant whose policies make it fail again and again', () => {
  const allowing = (name: string, at: number) => changesOf({ egressPolicies: [accepted(name, at)] });
  const withoutPolicy = (key: string): ObjectChange => ({ kind: 'EgressPolicy', key, object: undefined });
  let generation = 1;
  const edited = (name: string): readonly ObjectChange[] =>
    poison(name).map((change) => {
      const metadata = { name, namespace: 'a', annotations: {}, labels: {}, generation: (generation += 1) };
      return { ...change, object: { ...change.object, metadata } } as unknown as ObjectChange;
    });
  let rig: Rig;
  /** How often everything was compiled anew. */
  const anew = (): number =>
    rig.told.filter((message) => message.includes('starts again from all known objects')).length;
  beforeEach(async () => {
    rig = new Rig();
    await rig.take(...declared);
  });

  it('waits longer each time, a minute at most, however often it edits or makes another', async () => {
    await rig.take(...poison('a/bad'));
    const waits: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      for (let at = 1; at < 20; at += 1) await rig.take(...edited(`a/bad-${at % 3}`), ...edited('a/bad'));
      waits.push(await rig.untilDue());
    }
    expect([waits, anew()]).toEqual([[10, 20, 40, 60, 60], 6]);
  });

  it('costs one attempt for all that it brings at once', async () => {
    const applying = vi.spyOn(Compiler.prototype, 'applying');
    await rig.take(...Array.from({ length: 200 }, (_, at) => poison(`a/bad-${at}`)).flat());
    expect(rig.leftOut).toHaveLength(200);
    expect(applying.mock.calls.length).toBeLessThan(40);
  });

  it('delays nobody else, no deletion and no pod that ends', async () => {
    await rig.take(...allowing('a/old', 5));
    await rig.take(...poison('a/bad'));
    const { ended } = await rig.take(
      ...allowing('b/new', 7),
      withoutPolicy('a/old'),
      gone('Pod', 'a/web'),
      ...allowing('a/new', 8),
    );
    expect([ended, rig.leftOut, anew()]).toEqual([['10.0.0.1'], ['a/bad', 'a/new'], 1]);
    const rest = [...declared, ...allowing('b/new', 7), gone('Pod', 'a/web')];
    const unread = ['a/bad', 'a/new'].map(
      (key) => ({ kind: 'EgressPolicy', key, object: undefined, unreadable: true }) as const,
    );
    expect(await rig.desired()).toEqual(coldly(...rest, ...unread));
  });

  it('loses nothing that it makes again at once meanwhile', async () => {
    await rig.take(...poison('a/bad'));
    await rig.take(withoutPolicy('a/bad'));
    await rig.take(withoutPolicy('a/out'), ...allowing('a/out', 3));
    expect([await rig.desired(), rig.leftOut]).toEqual([coldly(...declared), ['a/out']]);
  });

  it('has what it wrote meanwhile in force after that, and what was deleted meanwhile forgotten', async () => {
    await rig.take(...poison('a/bad'));
    await rig.take(...allowing('a/new', 8), ...allowing('a/out', 3), ...allowing('a/brief', 4));
    const [, waiting] = (await rig.rounds.read((compiled) => compiled.problems())).filter(
      ({ subject }) => subject !== 'EgressPolicy/a/bad',
    );
    expect(waiting).toMatchObject({ subject: 'EgressPolicy/a/new', code: 'not-compiled' });
    expect(waiting?.message).toContain('it waits, at most a minute');
    await rig.take(withoutPolicy('a/brief'), withoutPolicy('a/bad'));
    expect(rig.leftOut).toEqual(['a/new', 'a/out']);
    expect(await rig.untilDue()).toBe(10);
    expect(rig.leftOut).toEqual([]);
    expect(await rig.desired()).toEqual(coldly(...declared, ...allowing('a/new', 8), ...allowing('a/out', 3)));
    expect(rig.nextDeadline).toBeUndefined();
  });

  it('keeps out nothing that others of its namespace wrote before, however often it edits its own', async () => {
    await rig.take(...poison('a/bad'));
    await rig.take(...edited('a/bad'), ...edited('a/worse'), ...allowing('a/out', 3));
    await rig.take(...edited('a/bad'), ...edited('a/worse'));
    await rig.untilDue();
    expect(rig.leftOut).not.toContain('a/out');
    expect((await rig.desired())?.rules).toEqual(coldly(...declared, ...allowing('a/out', 3))?.rules);
  });

  it('keeps out nothing either with edits of what has an earlier version in force', async () => {
    await rig.take(...poison('a/out'));
    await rig.take(...edited('a/out'));
    await rig.take(...allowing('a/new', 8));
    await rig.take(...edited('a/out'));
    await rig.untilDue();
    expect(rig.leftOut).toEqual(['a/out']);
  });

  it('waits no longer because the clock was put back', async () => {
    await rig.take(...poison('a/bad'));
    await rig.take(...allowing('a/out', 3));
    rig.goBack(3_600);
    expect(Date.parse(rig.nextDeadline ?? '')).toBeLessThanOrEqual(Date.parse(time.now) - 3_600_000);
    await rig.take();
    expect(rig.leftOut).toEqual(['a/bad']);
  });

  it('is told of the later of two that fail only together', async () => {
    failsOf(({ key, object }) => key === 'a/second' && object !== undefined);
    await rig.take(...allowing('a/first', 7), ...allowing('a/second', 8));
    const problems = await rig.rounds.read((compiled) => compiled.problems());
    expect(problems.filter(({ code }) => code === 'not-compiled')).toMatchObject([
      { subject: 'EgressPolicy/a/second' },
    ]);
  });
});

it('does not take one that is gone and back in one round for gone', async () => {
  const rig = new Rig();
  await rig.take(...declared);
  const [bad] = poison('a/bad');
  await rig.take(bad!);
  await rig.take({ kind: 'EgressPolicy', key: 'a/bad', object: undefined }, bad!);
  expect(rig.rounds.leftOut).toHaveLength(1);
  expect((await rig.desired())?.withheld).toMatchObject([{ namespace: 'a', policies: ['bad'] }]);
});

it('removes nothing for an object of everybody that was in force and makes it fail later', async () => {
  const { store, publisher } = publishing();
  const deny = changesOf({ clusterEgressPolicies: [clusterPolicy('deny', { egress: [] })] });
  await publisher.apply([...declared, ...deny], true, { confirmed: true });
  failsOf(({ key, object }) => object !== undefined && ['deny', 'a/new'].includes(key));
  await publisher.apply(changesOf({ egressPolicies: [accepted('a/new', 5)] }), true);
  expect([publisher.leftOut, publisher.synced, (await store.take('edge'))?.synced]).toEqual([2, false, false]);
});

it('takes for gone what is gone, though that makes it fail', async () => {
  const rig = new Rig();
  await rig.take(...declared);
  failsOf(({ kind, object }) => kind === 'EgressPolicy' && object === undefined);
  await rig.take({ kind: 'EgressPolicy', key: 'a/out', object: undefined });
  expect(await rig.desired()).toEqual(coldly(...declared.filter(({ key }) => key !== 'a/out')));
  expect(rig.rounds.leftOut).toEqual([]);
});

it('begins anew with policies that can be read by now', async () => {
  const rig = new Rig();
  await rig.take(...declared, { kind: 'EgressPolicy', key: 'a/more', object: undefined, unreadable: true });
  const more = changesOf({ egressPolicies: [accepted('a/more', 3)] });
  await rig.take(...more);
  failsOf(({ key }) => key === 'c', 1);
  await rig.take(...changesOf({ namespaces: [namespace('c')] }));
  expect(rig.told).toHaveLength(1);
  expect(await rig.desired()).toEqual(coldly(...declared, ...more));
});

it('says of nobody that he ended whose address was taken by a newer pod before', async () => {
  const rig = new Rig();
  await rig.take(...declared, ...changesOf({ pods: [pod('b/newer', { addresses: ['10.0.0.2'], created: time.now })] }));
  failsOf(({ key }) => key === 'c', 1);
  expect((await rig.take(...changesOf({ namespaces: [namespace('c')] }))).ended).toEqual([]);
});

it('takes a pod that makes it fail for gone', async () => {
  const rig = new Rig();
  await rig.take(...declared);
  const web = { kind: 'Pod', key: 'a/web', object: { ...pod('a/web'), addresses: null } } as unknown as ObjectChange;
  const { ended } = await rig.take(web);
  expect(ended).toEqual(['10.0.0.1']);
  expect(await rig.desired()).toEqual(coldly(...declared, gone('Pod', 'a/web')));
});

it('loses nothing of a round that failed in its midst, when nothing is wrong with any object', async () => {
  const rig = new Rig();
  await rig.take(...declared);
  vi.spyOn(Compiler.prototype, 'applying').mockImplementationOnce(function* (this: Compiler, changes, now) {
    yield;
    this.apply(changes.slice(0, 1), now);
    throw new Error('out of luck');
  });
  const deny = changesOf({ egressPolicies: [policy('b/less', { action: 'Deny', ...net(2) })] });
  const { ended } = await rig.take(gone('Pod', 'a/web'), ...deny);
  expect(ended).toEqual(['10.0.0.1']);
  expect(await rig.desired()).toEqual(coldly(...declared, gone('Pod', 'a/web'), ...deny));
  expect([rig.rounds.leftOut, rig.told]).toEqual([
    [],
    ['the compiler failed and starts again from all known objects: out of luck'],
  ]);
});

it('removes nothing, at the start, for an object of everybody that makes it fail', async () => {
  const { store, publisher } = publishing();
  const deny = changesOf({ clusterEgressPolicies: [clusterPolicy('deny', { egress: [] })] }).map(poisoned);
  await publisher.apply([...declared, ...deny], true, { confirmed: true });
  const work = await store.take('edge');
  expect([publisher.synced, publisher.leftOut, work?.synced]).toEqual([false, 1, false]);
  expect(work?.ended.size).toBe(0);
  const other = changesOf({ clusterEgressPolicies: [clusterPolicy('deny', { egress: [] }, { labels: { a: 'b' } })] });
  await publisher.apply(other.map(poisoned), true, { confirmed: true });
  expect(publisher.synced).toBe(false);
  await publisher.apply([{ kind: 'ClusterEgressPolicy', key: 'deny', object: undefined }], true);
  expect([publisher.synced, publisher.leftOut, (await store.take('edge'))?.synced]).toEqual([true, 0, true]);
});

it('holds up nobody else, at the start, for a policy of a namespace that makes it fail', async () => {
  const { publisher } = publishing();
  await publisher.apply([...declared, ...poison('a/bad')], true, { confirmed: true });
  expect([publisher.synced, publisher.leftOut]).toEqual([true, 1]);
});

it('publishes nothing for a point that makes it fail, and goes on with what was published', async () => {
  const { store, publisher } = publishing();
  await publisher.apply(declared, true, { confirmed: true });
  const [edge, second] = changesOf({ enforcementPoints: [point('edge'), point('second')] }).map(poisoned);
  await publisher.apply([edge!, second!], true);
  expect(await store.points()).toEqual(['edge']);
  expect((await (await store.take('edge'))?.snapshot())?.desired.rules).toHaveLength(2);
  expect(publisher.synced).toBe(true);
});
