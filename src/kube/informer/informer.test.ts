import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeApiServer, refusal, type Fault } from '../../../test/kit/api-server.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { ClusterInformer, type InformerDeps, type InformerHealth, type Unreadable } from './informer.ts';
import { Transport } from '../client/transport.ts';

const waiting = { timeout: 40_000, interval: 2 };
const pods = '/api/v1/pods';
const clusterPolicies = '/apis/postern.dev/v1alpha1/clusteregresspolicies';
const egressIps = '/apis/k8s.ovn.org/v1/egressips';
const policies = '/apis/postern.dev/v1alpha1/egresspolicies';

let fake: FakeApiServer;
let transport: Transport;
let source: ClusterInformer;
let stop: AbortController;
let done: Promise<void>;
let handed: { readonly changes: readonly ObjectChange[]; readonly synced: boolean }[];
let told: InformerHealth[];
let reports: string[];
let unread: { readonly key: string; readonly found: Unreadable | undefined }[];
let offset: number;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  [handed, told, reports, unread, offset] = [[], [], [], [], 0];
});

afterEach(async () => {
  stop.abort();
  await done;
  transport.close();
  await fake.stop();
});

/** Real time, made to jump by `offset`. */
function start(onChanges: InformerDeps['onChanges'] = keep): void {
  stop = new AbortController();
  transport = new Transport(fake.credentials());
  source = new ClusterInformer({
    api: transport,
    clock: {
      now: () => Date.now(),
      elapsed: () => performance.now() + offset,
      sleep: (ms, signal) => wait(Math.min(ms, 10), undefined, { ...(signal && { signal }) }).catch(() => undefined),
    },
    random: () => 0.5,
    onChanges,
    onHealth: (health) => told.push(health),
    onUnreadable: (_, key, __, found) => unread.push({ key, found }),
    report: (message) => reports.push(message),
  });
  done = source.run(stop.signal);
}

async function keep(changes: readonly ObjectChange[], synced: boolean): Promise<void> {
  handed.push({ changes, synced });
  return Promise.resolve();
}

const pod = (name: string) => ({ metadata: { name, namespace: 'shop' }, spec: {}, status: { podIP: '10.0.0.1' } });
const keys = (): readonly string[] => handed.flatMap(({ changes }) => changes.map(({ kind, key }) => `${kind} ${key}`));

it('says that everything is there only after everything was handed over', async () => {
  for (let index = 0; index < 2_500; index += 1) fake.put(pod(`p${index}`), pods);
  const listed = (): void => expect(source.health.resources.every(({ synced }) => synced)).toBe(true);
  start(async (changes, synced) => {
    await vi.waitFor(listed, waiting);
    await keep(changes, synced);
  });
  await vi.waitFor(() => expect(source.synced).toBe(true), waiting);
  expect(handed.length).toBeGreaterThan(2);
  expect(new Set(keys()).size).toBe(2_500);
  expect(handed.filter(({ synced }) => synced)).toEqual([handed.at(-1)]);
  expect(Math.max(...handed.map(({ changes }) => changes.length))).toBeLessThanOrEqual(1_001);
});

describe('at the start', () => {
  const points = '/apis/postern.dev/v1alpha1/enforcementpoints';
  const point = (name: string) => ({ metadata: { name }, spec: { adapter: 'feed' } });
  const policy = (network: string) => ({
    metadata: { name: 'out', namespace: 'shop' },
    spec: { subject: { allPods: true }, action: 'Deny', to: [{ networks: [network] }] },
  });

  it('hands on the points after all that rules are made of, and the policies last', async () => {
    fake.put(policy('192.0.2.0/24'), policies);
    ['a', 'b'].forEach((name) => fake.put(point(name), points));
    fake.put(pod('a'), pods);
    start();
    await vi.waitFor(() => expect(source.synced).toBe(true), waiting);
    expect(keys()).toEqual(['Pod shop/a', 'EnforcementPoint a', 'EnforcementPoint b', 'EgressPolicy shop/out']);
    expect(handed.map(({ synced }) => synced)).toEqual([false, false, true]);
  });

  it('hands on what changes during the last batch after it', async () => {
    fake.put(policy('192.0.2.0/24'), policies);
    const finish: (() => void)[] = [];
    start(async (changes, synced) => {
      await keep(changes, synced);
      if (synced && finish.length < 2) await new Promise<void>((resolve) => finish.push(resolve));
    });
    await vi.waitFor(() => expect(finish).toHaveLength(1), waiting);
    fake.put(policy('198.51.100.0/24'), policies);
    await vi.waitFor(() => expect(source.waiting).toBe(true), waiting);
    fake.put(point('late'), points);
    const known = (): unknown => source.health.resources.find(({ plural }) => plural === 'enforcementpoints')?.objects;
    await vi.waitFor(() => expect(known()).toBe(1), waiting);
    finish[0]?.();
    await vi.waitFor(() => expect(finish).toHaveLength(2), waiting);
    fake.put(policy('203.0.113.0/24'), policies);
    await vi.waitFor(() => expect(source.waiting).toBe(true), waiting);
    finish[1]?.();
    await vi.waitFor(() => expect(JSON.stringify(handed)).toContain('203.0.113.0'), waiting);
    await vi.waitFor(() => expect(source.waiting).toBe(false), waiting);
    const said = handed.flatMap(({ changes }) => changes.map((change) => JSON.stringify(change)));
    expect(said.findLast((text) => text.includes('EgressPolicy'))).toContain('203.0.113.0');
    expect(keys()).toContain('EnforcementPoint late');
  });
});

it('says so of an empty cluster too, and not before the last kind was listed', async () => {
  const held: (() => void)[] = [];
  fake.misbehave('list', (_request, _response, proceed) => held.push(proceed));
  start();
  await vi.waitFor(() => expect(source.health.resources.filter(({ synced }) => synced)).toHaveLength(14), waiting);
  expect(handed).toEqual([]);
  held.forEach((proceed) => proceed());
  await vi.waitFor(() => expect(handed).toEqual([{ changes: [], synced: true }]), waiting);
});

it('hands on one batch at a time, and what came in meanwhile in the next', async () => {
  const finish: (() => void)[] = [];
  start(async (changes, synced) => {
    handed.push({ changes, synced });
    if (changes.length > 0) await new Promise<void>((resolve) => finish.push(resolve));
  });
  await vi.waitFor(() => expect(source.synced).toBe(true), waiting);
  handed.length = 0;
  fake.put(pod('a'), pods);
  await vi.waitFor(() => expect(keys()).toEqual(['Pod shop/a']), waiting);
  ['b', 'c', 'd'].forEach((name) => fake.put(pod(name), pods));
  fake.remove('d', pods, 'shop');
  const seen = (): number => source.health.resources.find(({ plural }) => plural === 'pods')?.objects ?? 0;
  await vi.waitFor(() => expect(seen()).toBe(3), waiting);
  expect(handed).toHaveLength(1);
  finish.forEach((resolve) => resolve());
  await vi.waitFor(() => expect(handed).toHaveLength(2), waiting);
  expect(keys().slice(1)).toEqual(['Pod shop/d', 'Pod shop/b', 'Pod shop/c']);
  finish.forEach((resolve) => resolve());
});

it('hands on again what could not be taken in', async () => {
  let failures = 2;
  start(async (changes, synced) => {
    if (changes.length > 0 && failures-- > 0) throw new Error('the store is away');
    return keep(changes, synced);
  });
  fake.put(pod('a'), pods);
  await vi.waitFor(() => expect(keys()).toEqual(['Pod shop/a']), waiting);
  expect(reports).toEqual(Array(2).fill('changes are handed on again: the store is away'));
});

it('says once, behind everything that was found, that the pods were listed twice', async () => {
  const confirmed: (readonly [readonly string[], boolean])[] = [];
  fake.put(pod('a'), pods);
  fake.put(pod('b'), pods);
  start((changes, _, isConfirmed) => {
    confirmed.push([changes.map(({ key }) => key), isConfirmed]);
    return Promise.resolve();
  });
  await vi.waitFor(() => expect(source.synced).toBe(true), waiting);
  source.confirmPods();
  await vi.waitFor(() => expect(confirmed.at(-1)).toEqual([[], true]), waiting);
  fake.remove('b', pods, 'shop');
  await vi.waitFor(() => expect(confirmed.at(-1)).toEqual([['shop/b'], false]), waiting);
  expect(confirmed.filter(([, isConfirmed]) => isConfirmed)).toHaveLength(1);
});

it('says that the pods were listed twice only once all of them were handed on', async () => {
  const finish: (() => void)[] = [];
  const confirmed: boolean[] = [];
  start(async (changes, synced, isConfirmed = false) => {
    await keep(changes, synced);
    confirmed.push(isConfirmed);
    if (changes.length === 1) await new Promise<void>((resolve) => finish.push(resolve));
  });
  await vi.waitFor(() => expect([source.synced, fake.watches]).toEqual([true, 15]), waiting);
  fake.put(pod('a'), pods);
  await vi.waitFor(() => expect(finish).toHaveLength(1), waiting);
  for (let index = 0; index < 1_500; index += 1) fake.put(pod(`p${index}`), pods);
  const known = (): unknown => source.health.resources.find(({ plural }) => plural === 'pods')?.objects;
  await vi.waitFor(() => expect(known()).toBe(1_501), waiting);
  const asked = (): readonly string[] => fake.requests.flatMap(({ path, kind }) => (path === pods ? kind : []));
  const before = asked().length;
  source.confirmPods();
  // What follows the list has begun, so that it was read.
  await vi.waitFor(() => expect(asked().slice(before).join()).toMatch(/list,watch$/), waiting);
  finish[0]?.();
  await vi.waitFor(() => expect(confirmed).toContain(true), waiting);
  expect([new Set(keys()).size, confirmed.indexOf(true)]).toEqual([1_501, confirmed.length - 1]);
});

it('is healthy until a watch has been in trouble for its patience, and says which and why', async () => {
  start();
  await vi.waitFor(() => expect([source.synced, fake.watches]).toEqual([true, 15]), waiting);
  expect(source.health.healthy).toBe(true);
  fake.misbehave('watch', refusal(403, 'Forbidden'), Infinity);
  fake.say('{"type":"ERROR","object":{"code":500}}\n', pods);
  const ofPods = (): string | undefined => told.at(-1)?.resources.find(({ plural }) => plural === 'pods')?.state;
  await vi.waitFor(() => expect(ofPods()).toBe('denied'), waiting);
  expect(told.at(-1)?.healthy).toBe(true);
  offset = 15_000;
  await vi.waitFor(() => expect(told.at(-1)?.healthy).toBe(false), waiting);
  const message = 'may list pods but not watch them: grant watch on pods (GET /api/v1/pods: fake: Forbidden)';
  expect(told.at(-1)?.message).toBe(`pods denied: ${message}`);
  fake.behave();
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ healthy: true, message: '' }), waiting);
});

it('has not caught up from when a watch fails until it has been open again for a moment, healthy or not', async () => {
  start();
  await vi.waitFor(() => expect([source.synced, fake.watches]).toEqual([true, 15]), waiting);
  expect(source.health.caughtUp).toBe(true);
  const atPolicies: Fault = (request, response, proceed) =>
    request.path === policies ? refusal(503, 'Unavailable')(request, response, proceed) : proceed();
  fake.misbehave('watch', atPolicies, Infinity);
  fake.say('{"type":"ERROR","object":{"code":500}}\n', policies);
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ healthy: true, caughtUp: false }), waiting);
  fake.behave();
  offset = 1_000;
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ healthy: true, caughtUp: true }), waiting);
});

describe('an object of ours that cannot be read', () => {
  const policy = (network: string, name = 'p') => ({
    metadata: { name, namespace: 'shop' },
    spec: { subject: { allPods: true }, action: 'Deny', to: [{ networks: [network] }] },
  });
  const changes = (): readonly ObjectChange[] => handed.flatMap((each) => each.changes);

  it('is not gone: what was read of it before stands, and why is known until it can be read again, or is gone', async () => {
    fake.put(policy('10.0.0.0/8'), policies);
    start();
    await vi.waitFor(() => expect([changes().length, source.synced]).toEqual([1, true]), waiting);
    fake.put(policy('10.0.0.1/8'), policies);
    await vi.waitFor(() => expect(source.problems()).toHaveLength(1), waiting);
    expect(source.problems()[0]).toMatchObject({ subject: 'EgressPolicy/shop/p', severity: 'error' });
    fake.put(policy('10.0.0.0/16', 'other'), policies);
    await vi.waitFor(() => expect(changes()).toHaveLength(2), waiting);
    expect(changes().every(({ object }) => object !== undefined)).toBe(true);
    expect(source.health.resources.map(({ unreadable }) => unreadable).filter((count) => count > 0)).toEqual([1]);
    fake.put(policy('10.0.0.0/24'), policies);
    await vi.waitFor(() => expect(source.problems()).toEqual([]), waiting);
    fake.put(policy('10.0.0.1/24'), policies);
    await vi.waitFor(() => expect(source.problems()).toHaveLength(1), waiting);
    fake.remove('p', policies, 'shop');
    await vi.waitFor(() => expect(changes().at(-1)).toMatchObject({ key: 'shop/p', object: undefined }), waiting);
    expect([source.problems(), source.health.healthy]).toEqual([[], true]);
  });

  it('holds, where the cluster shares it and nothing was read of it before, before anything is handed over', async () => {
    const rule = { action: 'Deny', to: [{ networks: ['10.0.0.0/8'] }] };
    const spec = { tier: 'Admin', priority: 1, subject: { allNamespaces: true, allPods: true }, egress: [rule] };
    fake.put({ metadata: { name: 'later' }, spec: { ...spec, novelty: true } }, clusterPolicies);
    const healthThen: (boolean | undefined)[] = [];
    start((batch, synced) => {
      healthThen.push(told.at(-1)?.healthy);
      return keep(batch, synced);
    });
    await vi.waitFor(() => expect(source.synced).toBe(true), waiting);
    expect(new Set(healthThen)).toEqual(new Set([false]));
    expect(source.health.message).toMatch(/^ClusterEgressPolicy\/later cannot be read: /);
    fake.put({ metadata: { name: 'later' }, spec }, clusterPolicies);
    await vi.waitFor(() => expect(told.at(-1)?.healthy).toBe(true), waiting);
    expect(changes().at(-1)).toMatchObject({ kind: 'ClusterEgressPolicy', key: 'later' });
  });

  it('is handed on as such, where it is a namespace that wrote it, and holds nobody else', async () => {
    fake.put(policy('10.0.0.1/8'), policies);
    start();
    await vi.waitFor(() => expect(source.synced).toBe(true), waiting);
    expect([source.health.healthy, source.problems().length]).toEqual([true, 1]);
    const unreadable = { kind: 'EgressPolicy', key: 'shop/p', object: undefined, unreadable: true };
    expect(changes()).toEqual([unreadable]);
    fake.put(policy('10.0.0.1/8', 'new'), policies);
    await vi.waitFor(() => expect(source.problems()).toHaveLength(2), waiting);
    fake.put(policy('10.0.0.0/8'), policies);
    await vi.waitFor(() => expect(changes()).toHaveLength(2), waiting);
    expect(changes()[1]).not.toHaveProperty('unreadable');
    expect(unread.map(({ key, found }) => [key, found?.inForce])).toEqual([
      ['shop/p', 'unknown'],
      ['shop/new', 'nothing'],
      ['shop/p', expect.anything()],
    ]);
  });
});

describe('a kind that gives pods other addresses', () => {
  it('counts as not seen while it may not be read, and everything else goes on', async () => {
    const refused: Fault = (request, response, proceed) =>
      request.path === egressIps ? refusal(403, 'Forbidden')(request, response, proceed) : proceed();
    for (const kind of ['list', 'watch'] as const) fake.misbehave(kind, refused, Infinity);
    start();
    await vi.waitFor(() => expect(source.synced).toBe(true), waiting);
    const unseen = 'egressips may not be read: grant list and watch on them';
    expect(source.health).toMatchObject({ healthy: true, message: '', egressUnseen: unseen });
    expect(told.at(-1)?.egressUnseen).toBe(unseen);
  });

  it('is not gone where one object cannot be read: what was read of it stays, and what pods have is not known', async () => {
    const egressIp = (address: string) => ({
      metadata: { name: 'out' },
      spec: { egressIPs: [address], namespaceSelector: { matchLabels: { team: 'shop' } } },
    });
    fake.put(egressIp('192.0.2.1'), egressIps);
    start();
    await vi.waitFor(() => expect([source.synced, keys()]).toEqual([true, ['EgressSource EgressIP/out']]), waiting);
    fake.put(egressIp('192.0.2.300'), egressIps);
    await vi.waitFor(() => expect(told.at(-1)?.egressUnseen).toMatch(/^EgressIP\/out cannot be read: /), waiting);
    expect(told.at(-1)?.healthy).toBe(true);
    fake.put(egressIp('192.0.2.2'), egressIps);
    await vi.waitFor(() => expect(told.at(-1)?.egressUnseen).toBe(''), waiting);
    await vi.waitFor(() => expect(keys()).toHaveLength(2), waiting);
    expect(handed.flatMap(({ changes }) => changes).every(({ object }) => object !== undefined)).toBe(true);
  });
});
