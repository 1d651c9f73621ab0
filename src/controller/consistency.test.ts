import { describe, expect, it } from 'vitest';
import { loadAdapter } from '../../adapters/index.ts';
import { throughGateway, twoFirewalls, writtenPoints } from '../../test/verify-worlds.ts';
import { toChanges } from '../core/compile/changes.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Resource } from '../core/model/resource.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { MemoryReadingStore } from '../store/reading-store.ts';
import type { Judgement } from '../core/status/conditions.ts';
import { ConsistencyChecker } from './consistency.ts';

const edge = 'edge';

/** A clock that passes as fast as it is asked to, and stops everything after so many sleeps. */
function clockFor(sleeps: number, eachMs = 0) {
  const stop = new AbortController();
  let count = 0;
  let now = Date.parse('2026-06-01T00:00:00Z');
  const sleep = (): Promise<void> => {
    count += 1;
    now += eachMs;
    if (count >= sleeps) stop.abort();
    return Promise.resolve();
  };
  return { clock: { now: () => now, elapsed: () => now, sleep }, signal: stop.signal, slept: () => count };
}

interface Run {
  /** What is on each firewall. */
  readonly observed?: (resources: readonly Resource[]) => readonly Resource[];
  /** What others have written on the first. */
  readonly others?: readonly Resource[];
  /** The newest publication at each look, and at all further ones; what was read back is 2. */
  readonly versions?: readonly number[];
  /** What each look takes. */
  readonly eachMs?: number;
  readonly looks?: number;
  readonly world?: Snapshot;
  readonly mayListOthers?: boolean;
}

async function judgements({
  observed = (resources) => resources,
  others,
  versions = [2],
  eachMs,
  looks = 4,
  world = twoFirewalls,
  mayListOthers = true,
}: Run = {}) {
  const { clock, signal, slept } = clockFor(looks, eachMs);
  const told = new Map<string, Judgement>();
  const counted: unknown[] = [];
  const readings = new MemoryReadingStore();
  const states = new Map<string, DesiredState>();
  for (const { point, desired, resources, losses } of await writtenPoints(world)) {
    const { name } = point.metadata;
    states.set(name, desired);
    await readings.keep({
      point: name,
      version: 2,
      resources: name === edge ? observed(resources) : resources,
      losses,
      ...(name === edge && others && { others }),
    });
  }
  const checker = new ConsistencyChecker({
    adapters: loadAdapter,
    owner: { cluster: 'east' },
    mayListOthers,
    clock,
    metrics: { inconsistentFlows: (point, counts) => void counted.push([point, counts]) },
    report: (message) => expect.unreachable(message),
    publisher: {
      points: () => world.enforcementPoints,
      read: (answer) => Promise.resolve(answer({ desired: (point) => states.get(point) })),
      version: () => versions[Math.min(slept(), versions.length) - 1],
    },
    readings,
    onJudgement: (point, found) => {
      told.set(point, found);
      if (versions.length > 1) checker.outcome();
    },
  });
  checker.changes(toChanges(world));
  checker.outcome();
  await checker.run(signal);
  return { told: Object.fromEntries(told), counted };
}

describe('the comparison of the layers', () => {
  it('says of every point that it agrees with the others, once it has been read back', async () => {
    const agrees = { type: 'Consistent', status: 'True', reason: 'Consistent', message: 'All layers permit the same.' };
    const none = { meshOnly: 0, perimeterOnly: 0 };
    expect(await judgements()).toEqual({
      told: { edge: agrees, core: agrees },
      counted: [
        ['edge', none],
        ['core', none],
      ],
    });
  });

  it('says that a rule of others on a firewall lets everybody out, and of which nobody can tell', async () => {
    const theirs: Resource = {
      ...{ kind: 'firewall/policy', name: 'theirs', refs: [], effect: 'Accept', position: 0 },
      spec: {
        ...{ action: 'accept', srcintf: ['any'], dstintf: ['any'], schedule: 'always' },
        ...{ srcaddr: ['all'], dstaddr: ['all'], service: ['ALL'] },
      },
    };
    const { edge: judged, core } = (await judgements({ others: [theirs] })).told;
    expect(judged).toMatchObject({
      status: 'False',
      message: expect.stringContaining('shadowed by a foreign rule') as string,
    });
    expect(core).toMatchObject({ status: 'True' });
    const atNight = { ...theirs, spec: { ...theirs.spec, schedule: 'night' } };
    const { edge: doubted } = (await judgements({ others: [atNight] })).told;
    expect(doubted).toMatchObject({ status: 'Unknown', message: expect.stringContaining('schedule night') as string });
  });

  it('shows one flow on which a firewall differs, its rule, and counts the classes', async () => {
    const dropped = (resources: readonly Resource[]): readonly Resource[] =>
      resources.filter(({ effect, position }) => effect !== 'Accept' || position === undefined);
    const { told, counted } = await judgements({ observed: dropped });
    expect(told['edge']).toEqual({
      type: 'Consistent',
      status: 'False',
      reason: 'BlockedAtPerimeter',
      message: expect.stringMatching(
        /^(news|shop)\/\w+\/\w+ to [\w.]+:\d+\/TCP \(rule \S+\): the intent permits it, .*\. So do \d+ others: postern verify --live\.$/,
      ) as string,
    });
    expect(told['core']?.status).toBe('True');
    expect(counted).toContainEqual(['core', { meshOnly: 0, perimeterOnly: 0 }]);
  });

  it('compares what was read again since, though nothing was published', async () => {
    expect((await judgements({ versions: [1] })).told).toMatchObject({
      edge: { status: 'True' },
      core: { status: 'True' },
    });
  });

  it('says nothing beside points in the cluster where it may not see what others write there', async () => {
    const inMesh = { world: throughGateway };
    expect(Object.keys((await judgements(inMesh)).told)).toEqual(['mesh', 'network', 'edge']);
    expect(await judgements({ ...inMesh, mayListOthers: false })).toEqual({ told: {}, counted: [] });
    expect(await judgements({ mayListOthers: false })).toEqual(await judgements());
  });

  it('says nothing while something newer is on its way to a device', async () => {
    expect(await judgements({ versions: [3] })).toEqual({ told: {}, counted: [] });
  });

  it('goes on saying that points differ, and counts from when the last comparison was', async () => {
    const versions = [3, 2, 2, 3];
    const { told } = await judgements({ observed: () => [], versions, eachMs: 150_000, looks: 7 });
    expect(told['edge']).toMatchObject({ status: 'False' });
    const since = expect.stringContaining('since 2026-06-01T00:10:00.000Z') as string;
    expect(told['core']).toMatchObject({ reason: 'NotCompared', message: since });
  });

  it('takes back what it said where that does not end, as of points beside one that is held', async () => {
    const since = expect.stringContaining('since 2026-06-01T00:02:30.000Z') as string;
    const taken = { type: 'Consistent', status: 'Unknown', reason: 'NotCompared', message: since };
    expect(await judgements({ versions: [3], eachMs: 150_000 })).toEqual({
      told: { edge: taken, core: taken },
      counted: [],
    });
  });
});
