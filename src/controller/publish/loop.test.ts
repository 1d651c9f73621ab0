import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { aPublication } from '../../../test/kit/desired-store-contract.ts';
import { aClusterPolicy, aNamespace, aPod, aPoint, aPolicy } from '../../../test/kit/builders.ts';
import { systemClock } from '../../compose/clock.ts';
import { refreshAnnotation } from '../../api/meta.ts';
import { everyPodListed } from '../../core/plan/guard/explained.ts';
import { MemoryQueue } from '../../queue/memory-queue.ts';
import { MemoryDesiredStore } from '../../store/memory-store.ts';
import { startControllerLoop } from './loop.ts';

let stop: AbortController;

beforeEach(() => {
  stop = new AbortController();
  vi.useFakeTimers();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

function aLoop() {
  const store = new MemoryDesiredStore();
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const queue = new MemoryQueue(onError);
  const side = startControllerLoop({ store, queue, clock: systemClock, recheckEveryMs: 300_000, onError }, stop.signal);
  return { store, queue, side };
}

it('withdraws points that were deleted while no controller ran, once the caches have been filled and not before', async () => {
  const store = new MemoryDesiredStore();
  const queue = new MemoryQueue((point, error) => expect.fail(`${point}: ${String(error)}`));
  const handed: string[] = [];
  queue.process((point) => Promise.resolve(void handed.push(point)), 1);
  for (const name of ['edge', 'gone'])
    await store.publish(aPublication([], undefined, { point: aPoint({}, { name }) }));
  const forgotten: string[] = [];
  const outcomes = { forget: (point: string) => Promise.resolve(void forgotten.push(point)) };
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const side = startControllerLoop(
    { store, queue, outcomes, clock: systemClock, recheckEveryMs: 300_000, onError },
    stop.signal,
  );
  const edge = { kind: 'EnforcementPoint', key: 'edge', object: aPoint() } as const;
  await side.apply([edge], false);
  await vi.advanceTimersByTimeAsync(3_000);
  expect([...(await store.points())].sort()).toEqual(['edge', 'gone']);
  await side.apply([], true);
  await vi.advanceTimersByTimeAsync(3_000);
  expect([await store.points(), forgotten]).toEqual([['edge'], ['gone']]);
  expect(handed).toContain('gone');
});

it('withdraws a point again that came back with an older state of the store', async () => {
  const { store, side } = aLoop();
  await side.apply([{ kind: 'EnforcementPoint', key: 'edge', object: aPoint() }], true);
  await vi.advanceTimersByTimeAsync(3_000);
  await store.publish(aPublication([], undefined, { point: aPoint({}, { name: 'gone' }) }));
  await vi.advanceTimersByTimeAsync(302_000);
  expect(await store.points()).toEqual(['edge']);
});

it('leaves points in peace when nothing but a status has changed', async () => {
  const store = new MemoryDesiredStore();
  const publish = vi.spyOn(store, 'publish');
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const side = startControllerLoop(
    {
      store,
      queue: new MemoryQueue(onError),
      outcomes: { forget: () => Promise.resolve() },
      clock: systemClock,
      recheckEveryMs: 300_000,
      onError,
    },
    stop.signal,
  );
  const [point, policy] = [aPoint(), aPolicy()];
  const pointSeen = (object: typeof point): Promise<unknown> =>
    side.apply([{ kind: 'EnforcementPoint', key: 'edge', object }], true);
  const policySeen = (object: typeof policy): Promise<unknown> =>
    side.apply([{ kind: 'EgressPolicy', key: 'shop/checkout', object }], true);
  await pointSeen(point);
  await policySeen(policy);
  expect(publish).toHaveBeenCalledTimes(2);
  await pointSeen({ ...point, status: { conditions: [] } });
  await policySeen({ ...policy, status: { conditions: [] } });
  expect(publish).toHaveBeenCalledTimes(2);
  const observing = { ...point, spec: { ...point.spec, mode: 'Observe' as const } };
  await pointSeen(observing);
  expect(publish).toHaveBeenCalledTimes(3);
  // Somebody asks for the device to be probed again: the worker sees it with the point.
  const annotations = { [refreshAnnotation]: '2026-01-01T00:00:00Z' };
  await pointSeen({ ...observing, metadata: { ...point.metadata, annotations } });
  expect(publish).toHaveBeenCalledTimes(4);
  const [last] = publish.mock.lastCall ?? [];
  expect(last?.point.metadata.annotations).toEqual(annotations);
});

it('takes a second list of the pods for an explanation only while the whole cluster is seen', async () => {
  const store = new MemoryDesiredStore();
  const publish = vi.spyOn(store, 'publish');
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const queue = new MemoryQueue(onError);
  const outcomes = { forget: () => Promise.resolve() };
  const side = startControllerLoop(
    { store, queue, outcomes, clock: systemClock, recheckEveryMs: 300_000, onError },
    stop.signal,
  );
  await side.apply([{ kind: 'EnforcementPoint', key: 'edge', object: aPoint() }], true);
  const explains = (): boolean => publish.mock.lastCall?.[0].ended.includes(everyPodListed) === true;
  await side.apply([], false, { confirmed: true });
  expect(explains()).toBe(false);
  await side.apply([], true, { confirmed: true });
  expect(explains()).toBe(true);
});

it('tells points at vantage EgressIP, and no others, that not everything is seen while other addresses of pods are not', async () => {
  const store = new MemoryDesiredStore();
  const publish = vi.spyOn(store, 'publish');
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const queue = new MemoryQueue(onError);
  const side = startControllerLoop({ store, queue, clock: systemClock, recheckEveryMs: 300_000, onError }, stop.signal);
  const object = (name: string, type: 'Pod' | 'EgressIP') => aPoint({ vantage: { type } }, { name });
  const points = [object('edge', 'Pod'), object('nat', 'EgressIP')];
  expect(side.publisher.seesEgress(false)).toBe(true);
  await side.apply(
    points.map((point) => ({ kind: 'EnforcementPoint', key: point.metadata.name, object: point })),
    true,
  );
  const told = () => publish.mock.calls.splice(0).map(([{ point, synced }]) => [point.metadata.name, synced]);
  expect(told()).toEqual([
    ['edge', true],
    ['nat', false],
  ]);
  expect([side.publisher.seesEgress(false), side.publisher.seesEgress(true)]).toEqual([false, true]);
  await side.apply([], true);
  expect(told()).toEqual([
    ['edge', true],
    ['nat', true],
  ]);
});

it('asks again for what no worker has dealt with, until one has', async () => {
  const store = new MemoryDesiredStore();
  const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
  const queue = new MemoryQueue(onError);
  const asked = vi.spyOn(queue, 'enqueue');
  const side = startControllerLoop({ store, queue, clock: systemClock, recheckEveryMs: 300_000, onError }, stop.signal);
  await side.apply([{ kind: 'EnforcementPoint', key: 'edge', object: aPoint() }], true);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(asked.mock.calls.length).toBeGreaterThan(1);
  side.publisher.outcome({ point: 'edge', version: side.publisher.version('edge')! });
  asked.mockClear();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).not.toHaveBeenCalled();
});

it('has workers go on where the store is as it was published, and publishes again what it has lost', async () => {
  const { store, queue, side } = aLoop();
  const object = (name: string) => aPoint({}, { name });
  const points = ['edge', 'core', 'branch'].map(object);
  await side.apply(
    points.map((point) => ({ kind: 'EnforcementPoint', key: point.metadata.name, object: point })),
    true,
  );
  const [asked, publish] = [vi.spyOn(queue, 'enqueue'), vi.spyOn(store, 'publish')];
  vi.spyOn(store, 'compare').mockResolvedValueOnce({ lost: ['core'], confirmed: ['edge'] });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(publish.mock.calls.map(([{ point, rulesChanged }]) => [point.metadata.name, rulesChanged])).toEqual([
    ['core', true],
  ]);
  expect(asked.mock.calls.map(([point]) => point)).toEqual(['core', 'edge']);
});

it('asks again for every point, though the queue fails for one of them', async () => {
  const store = new MemoryDesiredStore();
  const told: string[] = [];
  const onError = (subject: string, error: unknown): void => void told.push(`${subject}: ${(error as Error).message}`);
  const queue = new MemoryQueue(onError);
  const side = startControllerLoop({ store, queue, clock: systemClock, recheckEveryMs: 300_000, onError }, stop.signal);
  const points = ['branch', 'core', 'edge'].map((name) => aPoint({}, { name }));
  await side.apply(
    points.map((point) => ({ kind: 'EnforcementPoint', key: point.metadata.name, object: point })),
    true,
  );
  const asked = vi.spyOn(queue, 'enqueue').mockImplementation((point) => {
    return point === 'branch' ? Promise.reject(new Error('WRONGTYPE')) : Promise.resolve();
  });
  await vi.advanceTimersByTimeAsync(8_000);
  expect(new Set(asked.mock.calls.map(([point]) => point))).toEqual(new Set(['branch', 'core', 'edge']));
  vi.spyOn(store, 'compare').mockResolvedValueOnce({ lost: [], confirmed: ['branch', 'core'] });
  asked.mockClear();
  await vi.advanceTimersByTimeAsync(1_100);
  expect(asked.mock.calls.map(([point, how]) => (how?.urgent ? point : ''))).toEqual(
    expect.arrayContaining(['branch', 'core']),
  );
  expect(told).toContain('branch: WRONGTYPE');
});

it('tells a held point of a pod that ends, though none of its groups has the address any more', async () => {
  const { store, side } = aLoop();
  await side.apply(
    [
      { kind: 'EnforcementPoint', key: 'edge', object: aPoint({}, { name: 'edge' }) },
      { kind: 'Namespace', key: 'shop', object: aNamespace('shop') },
      { kind: 'EgressPolicy', key: 'shop/checkout', object: aPolicy() },
      { kind: 'Pod', key: 'shop/web', object: aPod({ namespace: 'shop', name: 'web', addresses: ['10.0.0.1'] }) },
    ],
    true,
  );
  await side.apply([{ kind: 'EgressPolicy', key: 'shop/checkout', object: undefined }], true);
  side.publisher.outcome({ point: 'edge', version: side.publisher.version('edge')!, state: 'held' });
  await side.apply([{ kind: 'Pod', key: 'shop/web', object: undefined }], true);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([...((await store.take('edge'))?.ended ?? [])]).toContain('10.0.0.1');
});

it('tells it also of a pod that ended before a worker has said that the point is held', async () => {
  const { store, side } = aLoop();
  const pod = aPod({ namespace: 'shop', name: 'web', labels: { app: 'web' }, addresses: ['10.0.0.1'] });
  await side.apply(
    [
      { kind: 'EnforcementPoint', key: 'edge', object: aPoint({}, { name: 'edge' }) },
      { kind: 'Namespace', key: 'shop', object: aNamespace('shop') },
      {
        kind: 'EgressPolicy',
        key: 'shop/checkout',
        object: aPolicy({ subject: { podSelector: { matchLabels: { app: 'web' } } } }),
      },
      { kind: 'Pod', key: 'shop/web', object: pod },
    ],
    true,
  );
  side.publisher.outcome({ point: 'edge', version: side.publisher.version('edge')!, state: 'programmed' });
  // It leaves its group, and nothing explains why: only then has it ended.
  await side.apply([{ kind: 'Pod', key: 'shop/web', object: { ...pod, labels: {} } }], true);
  const left = side.publisher.version('edge')!;
  await side.apply([{ kind: 'Pod', key: 'shop/web', object: undefined }], true);
  side.publisher.outcome({ point: 'edge', version: left, state: 'held' });
  await vi.advanceTimersByTimeAsync(2_000);
  expect([...((await store.take('edge'))?.ended ?? [])]).toContain('10.0.0.1');
});

const besides: ReturnType<typeof aPoint>['spec']['vantage'] = {
  type: 'Pod',
  network: { name: 'shop/sriov', ranges: ['10.0.0.0/24'] },
};

it.each([
  ['and not of those that have it', {}, { status: { vantage: 'Pod' } }, ['10.0.0.1', '10.0.0.2']],
  ['but of nobody while its groups may be of other addresses', {}, { status: { vantage: 'Node' } }, []],
  ['nor while nobody has said what they are of', {}, {}, []],
  ['nor where nothing is written', { mode: 'Observe' }, { status: { vantage: 'Pod' } }, []],
  ['nor where it sees another network of pods', { vantage: besides }, { status: { vantage: 'Pod' } }, []],
] as const)(
  'tells a held point of pods that ended while nobody watched, once two lists say so, %s',
  async (_title, spec, status, expected) => {
    const store = new MemoryDesiredStore();
    const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
    const queue = new MemoryQueue(onError);
    const side = startControllerLoop(
      { store, queue, clock: systemClock, recheckEveryMs: 300_000, onError },
      stop.signal,
    );
    const pod = (namespace: string, address: string) =>
      ({
        kind: 'Pod',
        key: `${namespace}/p`,
        object: aPod({ namespace, name: 'p', addresses: [address] }),
      }) as const;
    await side.apply(
      [
        { kind: 'EnforcementPoint', key: 'edge', object: { ...aPoint(spec, { name: 'edge' }), ...status } },
        { kind: 'Namespace', key: 'shop', object: aNamespace('shop') },
        pod('other', '10.0.0.2'),
        pod('shop', '10.0.0.3'),
      ],
      true,
    );
    const held = [
      { namespace: 'shop', members: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] },
      { namespace: '', members: ['10.0.0.2'] },
    ];
    const hear = async (): Promise<readonly string[]> => {
      side.publisher.outcome({ point: 'edge', version: side.publisher.version('edge')!, state: 'held', held });
      await vi.advanceTimersByTimeAsync(2_000);
      return [...((await store.take('edge'))?.ended ?? [])].filter((address) => address !== everyPodListed).sort();
    };
    expect(await hear()).toEqual([]);
    await side.apply([], true, { confirmed: true });
    expect(await hear()).toEqual(expected);
    await side.apply([{ kind: 'Pod', key: 'shop/p', object: undefined, cause: 'relist' }], true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await hear()).not.toContain('10.0.0.3');
    await side.apply([], true, { confirmed: true });
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await hear()).includes('10.0.0.3')).toBe(expected.length > 0);
  },
);

it.each(['the point', 'the policy'])(
  'publishes a policy for 150,000 pods that are all there before %s',
  async (last) => {
    const store = new MemoryDesiredStore();
    const onError = (subject: string, error: unknown): never => expect.fail(`${subject}: ${String(error)}`);
    const queue = new MemoryQueue(onError);
    const side = startControllerLoop(
      { store, queue, clock: systemClock, recheckEveryMs: 300_000, onError },
      stop.signal,
    );
    const pods = Array.from({ length: 150_000 }, (_, i) => {
      const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      return { kind: 'Pod', key: `app/web-${i}`, object: aPod({ name: `web-${i}`, addresses: [address] }) } as const;
    });
    const point = { kind: 'EnforcementPoint', key: 'edge', object: aPoint() } as const;
    const policy = { kind: 'ClusterEgressPolicy', key: 'all', object: aClusterPolicy() } as const;
    await side.apply([{ kind: 'Namespace', key: 'app', object: aNamespace() }, ...pods], false);
    await side.apply([last === 'the point' ? policy : point], false);
    await side.apply([last === 'the point' ? point : policy], true);
    const { desired } = await (await store.take('edge'))!.snapshot();
    expect(desired.groups.map(({ members }) => members.length)).toEqual([150_000]);
  },
);
