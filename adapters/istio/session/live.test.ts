import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import type { SyncResult } from '../../../src/worker/sync/sync-point.ts';
import { formed } from '../testing/forms.ts';
import { startIstiod, trusting, type ConnectedProxy, type StandInIstiod, type TypeState } from '../testing/istiod.ts';
import { aCluster, sync } from '../testing/world.ts';

/* Whether what was written is in force, where istiod may be asked which proxies have it. */

const now = Date.parse('2026-11-29T09:00:00Z');
const clock: Clock = { now: () => now, elapsed: () => now, sleep: () => Promise.resolve() };
const hourAgo = now - 3_600_000;
const desired = formed(['tls-passthrough', 'opaque-tcp']);

let istiod: StandInIstiod;
beforeAll(async () => {
  istiod = await startIstiod();
});
afterAll(() => istiod.close());

const synced: TypeState = { status: 'SYNCED', sentAt: hourAgo };
const has = (pod: string, more: Readonly<Record<string, TypeState>> = {}): ConnectedProxy => {
  return { pod, types: { Cluster: synced, Listener: synced, ...more } };
};

function run(objects: MemoryObjects, name: string, { account = '', labels = {}, annotations = {} } = {}): void {
  const [namespace = '', pod = ''] = name.split('/');
  objects.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: pod, labels, annotations: { 'sidecar.istio.io/status': '{}', ...annotations } },
    spec: { serviceAccountName: account },
    status: { phase: 'Running', podIP: '10.0.0.9', conditions: [{ type: 'Ready', status: 'True' }] },
  });
}

let objects: MemoryObjects;
beforeEach(() => {
  objects = aCluster({ waypoint: true });
  trusting(objects, istiod);
  const gateway = { account: 'egressgateway', labels: { istio: 'egressgateway' } };
  run(objects, 'istio-egress/egressgateway-1', gateway);
  run(objects, 'istio-egress/egressgateway-2', gateway);
  run(objects, 'shop/checkout-1', { account: 'checkout' });
  run(objects, 'shop/checkout-2', { account: 'checkout' });
  run(objects, 'shop/other-1', { account: 'other' });
  run(objects, 'news/reader-1', { account: 'reader' });
  istiod.proxies = [
    has('istio-egress/egressgateway-1'),
    has('istio-egress/egressgateway-2'),
    has('shop/checkout-1'),
    has('shop/checkout-2'),
    has('shop/other-1'),
    has('news/reader-1'),
  ];
});

const distribution = (): object => ({ serviceAccount: 'postern-status', addresses: [istiod.address] });

async function synchronized(config: object = {}): Promise<SyncResult> {
  return sync(objects, desired, { clock, config: { distribution: distribution(), ...config } });
}

const replaced = (proxy: ConnectedProxy): void => {
  istiod.proxies = [...istiod.proxies.filter(({ pod }) => pod !== proxy.pod), proxy];
};

describe('what is written for a gateway', () => {
  it('is in force when the proxies of the gateway have it, and whose proxies have it is told', async () => {
    const { state, evidence, proxies } = await synchronized();
    expect({ state, evidence, proxies }).toEqual({
      state: 'programmed',
      evidence: 'istiod says that the proxies of the gateway have it',
      proxies: {
        by: {
          'istio-egress/egressgateway': { pods: 2, current: 2 },
          'news/reader': { pods: 1, current: 1 },
          'shop/checkout': { pods: 2, current: 2 },
          'shop/other': { pods: 1, current: 1 },
        },
        behind: [],
      },
    });
  });

  it('is not in force while one of them lacks it, and that one is named', async () => {
    const error = 'duplicate listener';
    replaced(has('istio-egress/egressgateway-2', { Listener: { status: 'ERROR', sentAt: hourAgo, error } }));
    const { state, evidence } = await synchronized();
    const reason = 'has a proxy that refused what istiod sent it: duplicate listener';
    expect([state, evidence]).toEqual(['activating', `istio-egress/egressgateway-2 ${reason}`]);
  });

  it('is not in force without a gateway', async () => {
    const config = { gateway: { selector: { istio: 'egressgateway-2' }, service: 'egressgateway-2' } };
    const { state, evidence } = await synchronized(config);
    expect([state, evidence]).toEqual(['activating', 'no pod of istio-egress/egressgateway-2 is ready']);
  });

  it('is in force while workloads lack it or are past it, and these are told, each with its reason', async () => {
    run(objects, 'shop/checkout-3', {
      account: 'checkout',
      annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '443' },
    });
    replaced(has('shop/checkout-2', { Listener: { status: 'STALE', sentAt: hourAgo } }));
    istiod.proxies = istiod.proxies.filter(({ pod }) => pod !== 'news/reader-1');
    const { state, proxies } = await synchronized();
    const told = proxies?.behind.toSorted((a, b) => (a.pod < b.pod ? -1 : 1));
    expect([state, proxies?.by['shop/checkout'], told]).toEqual([
      'programmed',
      { pods: 3, current: 1 },
      [
        { of: 'news/reader', pod: 'news/reader-1', reason: 'has a proxy that is connected to no istiod' },
        {
          of: 'shop/checkout',
          pod: 'shop/checkout-2',
          reason: 'has a proxy that has not acknowledged what istiod sent it',
        },
        {
          of: 'shop/checkout',
          pod: 'shop/checkout-3',
          reason: 'takes port 443 around its sidecar (traffic.sidecar.istio.io/excludeOutboundPorts)',
          past: true,
        },
      ],
    ]);
  });

  it('may not have reached a gateway that was sent nothing since it was written', async () => {
    await synchronized();
    for (const object of objects.all().filter(({ kind }) => kind === 'AuthorizationPolicy')) {
      const managedFields = [{ manager: 'postern', time: new Date(now - 2_000).toISOString() }];
      objects.put({ ...object, metadata: Object.assign({}, object.metadata, { managedFields }) });
    }
    const { state, evidence } = await synchronized();
    expect([state, evidence.split(',')[0]]).toEqual([
      'activating',
      'istio-egress/egressgateway-1 has a proxy that istiod may not have sent it to yet',
    ]);
    const sent: TypeState = { status: 'SYNCED', sentAt: now - 500 };
    for (const gateway of ['1', '2']) replaced(has(`istio-egress/egressgateway-${gateway}`, { Listener: sent }));
    expect((await synchronized()).state).toBe('programmed');
  });
});

describe('what is written for sidecars that go straight out', () => {
  it('is in force when those that are connected have it', async () => {
    expect(await synchronized({ plane: 'direct' })).toMatchObject({
      state: 'programmed',
      evidence: 'istiod says that the sidecars have it',
    });
    replaced(has('shop/other-1', { Cluster: { status: 'STALE', sentAt: hourAgo } }));
    const { state, evidence } = await synchronized({ plane: 'direct' });
    expect([state, evidence]).toEqual([
      'activating',
      'shop/other-1 has a proxy that has not acknowledged what istiod sent it',
    ]);
  });

  it('is not in force at one that is ready and that no istiod knows, for it goes on with what it had', async () => {
    istiod.proxies = istiod.proxies.filter(({ pod }) => pod !== 'shop/other-1');
    const { state, evidence } = await synchronized({ plane: 'direct' });
    expect([state, evidence]).toEqual(['activating', 'shop/other-1 has a proxy that is connected to no istiod']);
  });
});

describe('what is written for a waypoint', () => {
  const config = { plane: 'ambient', istioVersion: '1.31.0' };

  it('is in force when istiod says so of the objects, and the waypoint has it', async () => {
    const waypoint = 'istio-egress-ambient/egress-waypoint-1';
    await synchronized(config);
    for (const object of objects.all().filter(({ kind }) => ['ServiceEntry', 'AuthorizationPolicy'].includes(kind))) {
      const type = object.kind === 'ServiceEntry' ? 'istio.io/WaypointBound' : 'WaypointAccepted';
      objects.put({ ...object, status: { conditions: [{ type, status: 'True' }] } });
    }
    expect(await synchronized(config)).toMatchObject({
      state: 'activating',
      evidence: 'no pod of istio-egress-ambient/egress-waypoint is ready',
    });
    run(objects, waypoint, { labels: { 'gateway.networking.k8s.io/gateway-name': 'egress-waypoint' } });
    istiod.proxies = [has(waypoint)];
    run(objects, 'shop/checkout-1', {
      account: 'checkout',
      annotations: { 'ambient.istio.io/redirection': 'enabled' },
    });
    const { state, evidence, proxies } = await synchronized(config);
    expect([state, evidence, proxies?.by]).toEqual([
      'programmed',
      'istiod says that the waypoint has it',
      {
        'istio-egress-ambient/egress-waypoint': { pods: 1, current: 1 },
        'news/reader': { pods: 1, current: 0 },
        'shop/checkout': { pods: 2, current: 1 },
      },
    ]);
    expect(proxies?.behind).toContainEqual({
      of: 'shop/checkout',
      pod: 'shop/checkout-2',
      reason: 'is not redirected to ztunnel',
      past: true,
    });
  });
});

describe('an istiod that cannot be asked', () => {
  const told = 'the objects were read back; which proxies have them';

  it.each([
    [
      'is not to be',
      { distribution: {} },
      'the objects were read back; istiod is not asked which proxies have them (spec.config.distribution)',
    ],
    [
      'does not answer',
      { distribution: { serviceAccount: 'postern-status', addresses: ['127.0.0.1:1'] } },
      `${told} is not known: istiod at 127.0.0.1:1 could not be asked: connect ECONNREFUSED 127.0.0.1:1`,
    ],
    [
      'does not know whom it is asked by',
      { distribution: { serviceAccount: 'stranger', addresses: [''] } },
      `${told} is not known: istiod refused to say: authentication failure`,
    ],
    [
      'is nowhere',
      { distribution: { serviceAccount: 'postern-status' } },
      `${told} is not known: no pod in istio-system has the label app=istiod; name where istiod is, as distribution.addresses`,
    ],
  ])('holds nothing up where it %s', async (_, config, evidence) => {
    const { serviceAccount, addresses } = config.distribution as { serviceAccount?: string; addresses?: string[] };
    const given = {
      ...(serviceAccount && { serviceAccount }),
      ...(addresses && { addresses: addresses.map((one) => one || istiod.address) }),
    };
    const result = await synchronized({ distribution: given });
    expect([result.state, result.evidence, result.proxies]).toEqual(['programmed', evidence, undefined]);
  });

  it('holds nothing up where it answers with what nobody can read', async () => {
    istiod.answer = Buffer.from([0x12, 0x7f, 0x00]);
    const result = await synchronized({ distribution: distribution() }).finally(() => (istiod.answer = undefined));
    expect([result.state, result.evidence]).toEqual([
      'programmed',
      `${told} is not known: istiod answered with what is no status of proxies: protobuf with a length that leads out of its message`,
    ]);
  });

  it('holds nothing up where Postern may not have a token, or list pods', async () => {
    for (const refused of ['TokenRequest', 'Pod']) {
      objects.onCall = ({ kind, verb }) => {
        if (kind === refused && (verb === 'create' || verb === 'list'))
          throw new AdapterError('forbidden', `May not ${verb} ${kind}.`);
      };
      const { state, evidence } = await synchronized();
      expect([state, evidence.startsWith(`${told} is not known: May not `)]).toEqual(['programmed', true]);
    }
  });
});

it('asks the pods of istiod where it is not said where that is', async () => {
  run(objects, 'istio-system/istiod-1', { account: 'istiod', labels: { app: 'istiod' } });
  // On its own port there is nobody here.
  const { evidence } = await synchronized({ distribution: { serviceAccount: 'postern-status' } });
  expect(evidence).toContain('istiod at 10.0.0.9:15012 could not be asked');
});
