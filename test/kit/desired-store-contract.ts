import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DesiredState, GroupDelta } from '../../src/core/model/desired.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { PendingSync } from '../../src/store/pending-sync.ts';
import type { DesiredStore, Publication } from '../../src/store/desired-store.ts';
import { aDesiredState, aGroup, aPoint, aRule } from './builders.ts';

export interface StoreRig {
  readonly store: DesiredStore;
  end(): Promise<void>;
}

const group = '00000000000a';

export function stateOf(members: readonly string[]): DesiredState {
  return aDesiredState({ groups: [aGroup({ id: group, members })], rules: [aRule({ sources: [group] })] });
}

/** A publication of the one group's members: of rules too, unless a delta says what has changed. */
export function aPublication(
  members: readonly string[],
  delta?: Partial<GroupDelta>,
  rest: Partial<Publication> = {},
): Publication {
  return {
    point: aPoint(),
    desired: () => stateOf(members),
    rulesChanged: delta === undefined,
    groups: delta === undefined ? [] : [deltaOf(delta)],
    ended: [],
    synced: true,
    ...rest,
  };
}

export function deltaOf(delta: Partial<GroupDelta>): GroupDelta {
  return { id: group, role: 'Accept', added: [], removed: [], ...delta };
}

/** What every store of desired states does; memory and Redis are held to the same. */
export function describeDesiredStore(make: () => Promise<StoreRig>): void {
  let rig: StoreRig;
  let store: DesiredStore;

  /** Publishes rules and brings the device there. */
  const settled = async (members: readonly string[]): Promise<void> => {
    await store.publish(aPublication(members));
    const work = await store.take('edge');
    await store.acknowledge('edge', work!.version);
  };

  beforeEach(async () => {
    rig = await make();
    store = rig.store;
  });
  afterEach(() => rig.end());

  it('has nothing for a point that was never published, and lets it be acknowledged and distrusted in vain', async () => {
    await store.acknowledge('edge', 7);
    await store.distrust('edge');
    expect(await store.take('edge')).toBeUndefined();
  });

  it('gives the whole the first time, with the point and whether all caches were filled', async () => {
    await store.publish(aPublication(['10.0.0.1'], undefined, { synced: false }));
    const work = await store.take('edge');
    expect(work).toMatchObject({ point: aPoint(), deltas: undefined, synced: false, readBackDueAt: undefined });
    const { version, ...whole } = await work!.snapshot();
    expect(whole).toEqual({
      point: aPoint(),
      desired: stateOf(['10.0.0.1']),
      ended: new Set(),
      synced: false,
      reached: false,
    });
    expect(version).toBe(work?.version);
  });

  it('tells of more pods that ended at once than a call can have arguments', async () => {
    const ended = Array.from({ length: 150_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    await settled(ended);
    await store.publish(aPublication([], { removed: ended }, { ended }));
    expect((await store.take('edge'))?.ended.size).toBe(ended.length);
    await store.publish(aPublication([], undefined, { ended }));
    expect((await (await store.take('edge'))!.snapshot()).ended.size).toBe(ended.length);
  });

  it('knows whether the device has been at this state before, however often it is distrusted', async () => {
    const reached = async (): Promise<boolean> => (await (await store.take('edge'))!.snapshot()).reached;
    const seen: boolean[] = [];
    await settled(['10.0.0.1']);
    seen.push(await reached());
    await store.distrust('edge');
    seen.push(await reached());
    const version = await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }));
    seen.push(await reached());
    await store.acknowledge('edge', version, 1);
    seen.push(await reached());
    expect(seen).toEqual([true, true, false, true]);
  });

  it('keeps what a device is still at work on, through publications and failures, until it is told that it has ended', async () => {
    const pending: PendingSync = {
      operations: [
        {
          handle: '17,18:/operations/1 "ä"',
          changes: [
            { key: { kind: 'group', name: 'g' }, op: 'members', phase: 'revoke', add: [], remove: ['10.0.0.1'] },
          ],
          atomic: false,
          since: 1_790_000_000_000,
          pollAt: 1_790_000_004_000.5,
          deviceSays: 'Updating',
        },
      ],
      refused: [{ key: { kind: 'group', name: 'h' }, error: new AdapterError('quota', 'It is full.') }],
      mostPerBatch: 2,
      seen: 5,
      membersOnly: true,
    };
    await store.keepPending('edge', pending); // nothing is published: nothing is kept
    await settled(['10.0.0.1']);
    expect((await store.take('edge'))?.pending).toBeUndefined();
    await store.keepPending('edge', pending);
    await store.publish(aPublication(['10.0.0.2']));
    await store.failed('edge');
    expect((await store.take('edge'))?.pending).toEqual(pending);
    await store.keepPending('edge', undefined);
    expect((await store.take('edge'))?.pending).toBeUndefined();
    await store.keepPending('edge', pending);
    await store.withdraw('edge');
    await store.publish(aPublication(['10.0.0.1']));
    expect((await store.take('edge'))?.pending).toBeUndefined();
  });

  it('gives the first publication as a whole even if it speaks of members only', async () => {
    await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
    const work = await store.take('edge');
    expect(work?.deltas).toBeUndefined();
    expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.1']));
  });

  it('gives what has changed since the last acknowledgement, the last word on each address', async () => {
    await settled(['10.0.0.1']);
    expect((await store.take('edge'))?.deltas).toEqual([]);
    await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }));
    await store.publish(aPublication(['10.0.0.2', '10.0.0.3'], { added: ['10.0.0.3'], removed: ['10.0.0.1'] }));
    await store.publish(aPublication(['10.0.0.2'], { removed: ['10.0.0.3'] }));
    const work = await store.take('edge');
    expect(work?.deltas).toHaveLength(1);
    const [{ added, removed }] = work!.deltas as [GroupDelta];
    expect({ added, removed: [...removed].sort() }).toEqual({ added: ['10.0.0.2'], removed: ['10.0.0.1', '10.0.0.3'] });
    expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.2']));
  });

  it('gives what was taken and not acknowledged again, together with what came since', async () => {
    await settled([]);
    await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
    const first = await store.take('edge');
    await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }));
    expect((await store.take('edge'))?.deltas).toEqual([deltaOf({ added: ['10.0.0.1', '10.0.0.2'] })]);
    expect(first?.deltas).toEqual([deltaOf({ added: ['10.0.0.1'] })]);
  });

  it('keeps what was published while a worker was at work', async () => {
    await settled([]);
    await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }, { ended: ['10.0.0.8'] }));
    const work = await store.take('edge');
    await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }, { ended: ['10.0.0.9'] }));
    await store.acknowledge('edge', work!.version);
    const next = await store.take('edge');
    expect(next?.deltas).toEqual([deltaOf({ added: ['10.0.0.2'] })]);
    expect(next?.ended).toEqual(new Set(['10.0.0.9']));
    expect(next!.version).toBeGreaterThan(work!.version);
  });

  it('gives the whole after a change of rules, until that is acknowledged', async () => {
    await settled([]);
    const before = await store.take('edge');
    await store.publish(aPublication(['10.0.0.1']));
    await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }));
    await store.acknowledge('edge', before!.version);
    const work = await store.take('edge');
    expect(work?.deltas).toBeUndefined();
    const whole = await work!.snapshot();
    expect(whole.desired).toEqual(stateOf(['10.0.0.1', '10.0.0.2']));
    await store.acknowledge('edge', whole.version);
    expect((await store.take('edge'))?.deltas).toEqual([]);
  });

  it('gives the whole after distrust, also when it was distrusted while a worker was at work', async () => {
    await settled([]);
    const work = await store.take('edge');
    await store.distrust('edge');
    await store.acknowledge('edge', work!.version);
    expect((await store.take('edge'))?.deltas).toBeUndefined();
  });

  it('keeps the addresses of ended pods until the work they belong to is acknowledged', async () => {
    await settled(['10.0.0.1']);
    await store.publish(aPublication([], { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] }));
    await store.distrust('edge');
    const work = await store.take('edge');
    expect(work?.ended).toEqual(new Set(['10.0.0.1']));
    const whole = await work!.snapshot();
    expect(whole.ended).toEqual(new Set(['10.0.0.1']));
    await store.acknowledge('edge', whole.version);
    expect((await store.take('edge'))?.ended).toEqual(new Set());
  });

  it('fetches the whole as it is when asked for, with all that belongs to it', async () => {
    await settled(['10.0.0.1']);
    const work = await store.take('edge');
    await store.publish(aPublication([], { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] }));
    const whole = await work!.snapshot();
    expect(whole.desired).toEqual(stateOf([]));
    expect(whole.ended).toEqual(new Set(['10.0.0.1']));
    expect(whole.version).toBeGreaterThan(work!.version);
    await store.acknowledge('edge', whole.version);
    expect((await store.take('edge'))?.deltas).toEqual([]);
  });

  it('remembers when a device is to be read back, for whichever worker takes it up next', async () => {
    await settled([]);
    await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
    const work = await store.take('edge');
    const dueAt = performance.now() + 3_600_000;
    await store.acknowledge('edge', work!.version, dueAt);
    const next = await store.take('edge');
    // What it takes to ask is less than a second.
    expect(next!.readBackDueAt! - dueAt).toBeCloseTo(0, -3);
    await store.acknowledge('edge', next!.version);
    expect((await store.take('edge'))?.readBackDueAt).toBeUndefined();
  });

  it('ignores the acknowledgement of a version that does not exist, and of one that is long past', async () => {
    await settled([]);
    await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
    const work = await store.take('edge');
    await store.acknowledge('edge', work!.version + 1_000_000_000);
    await store.acknowledge('edge', 0);
    expect((await store.take('edge'))?.deltas).toEqual([deltaOf({ added: ['10.0.0.1'] })]);
  });

  it('has nothing for a point that was withdrawn, and begins with the whole when it comes back', async () => {
    await settled(['10.0.0.1']);
    await store.withdraw('edge');
    expect(await store.take('edge')).toBeUndefined();
    await store.publish(aPublication(['10.0.0.2'], { added: ['10.0.0.2'] }));
    const work = await store.take('edge');
    expect(work?.deltas).toBeUndefined();
    expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.2']));
  });

  it('tells whoever is still busy with a version what members came and went since, and not what is acknowledged', async () => {
    await settled([]);
    const work = await store.take('edge');
    expect(work?.acknowledged).toBe(work?.version);
    expect(await store.changesSince('edge', work!.version)).toBeUndefined();
    await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
    const first = await store.changesSince('edge', work!.version);
    const known = { point: aPoint(), synced: true, membersOnly: true } as const;
    const one = deltaOf({ added: ['10.0.0.1'] });
    expect(first).toEqual({ ...known, version: first?.version, groups: [one], ended: new Set() });
    expect((await store.take('edge'))?.acknowledged).toBe(work!.version);
    await store.acknowledge('edge', first!.version, 1);
    await store.publish(aPublication([], { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] }));
    const gone = { ...known, groups: [deltaOf({ removed: ['10.0.0.1'] })], ended: new Set(['10.0.0.1']) };
    for (const since of [first!.version, work!.version])
      expect(await store.changesSince('edge', since)).toMatchObject(gone);
    expect((await store.take('edge'))?.deltas).toEqual([deltaOf({ removed: ['10.0.0.1'] })]);
  });

  it('says that members are not the whole story after a change of rules and after distrust', async () => {
    await settled([]);
    const work = await store.take('edge');
    await store.distrust('edge');
    const distrusted = await store.changesSince('edge', work!.version);
    await store.publish(aPublication([]));
    const ruled = await store.changesSince('edge', distrusted!.version);
    await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
    const members = await store.changesSince('edge', ruled!.version);
    expect([distrusted, ruled, members].map((news) => news?.membersOnly)).toEqual([false, false, true]);
    expect((await store.changesSince('edge', 0))?.groups).toEqual([deltaOf({ added: ['10.0.0.1'] })]);
    await store.withdraw('edge');
    expect(await store.changesSince('edge', 0)).toBeUndefined();
  });

  it('knows for how long a point has failed, whoever tried, until the device is where it should be', async () => {
    await settled([]);
    const first = await store.failed('edge');
    const work = await store.take('edge');
    await store.publish(aPublication(['10.0.0.1']));
    await vi.waitUntil(async () => (await store.failed('edge')) > 0);
    await store.acknowledge('edge', (await store.take('edge'))!.version);
    expect([work?.deltas, first, await store.failed('edge')]).toEqual([undefined, 0, 0]);
  });

  it('knows every point that is published', async () => {
    expect(await store.points()).toEqual([]);
    await settled([]);
    await store.publish(aPublication([], undefined, { point: aPoint({}, { name: 'core' }) }));
    expect([...(await store.points())].sort()).toEqual(['core', 'edge']);
    await store.withdraw('edge');
    expect(await store.points()).toEqual(['core']);
  });

  it('has lost nothing while all goes well', async () => {
    await settled(['10.0.0.1']);
    await store.distrust('edge');
    expect(await store.compare()).toEqual({ lost: [], confirmed: [] });
  });
}
