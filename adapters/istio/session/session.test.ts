import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import type { KubernetesObject } from '../../../src/adapter/kubernetes-objects.ts';
import { istio } from '../adapter.ts';
import { read } from '../objects/kinds.ts';
import { formed } from '../testing/forms.ts';
import { aCluster, configOf, everyKind, meshYaml, owner, sync } from '../testing/world.ts';

const clock = { now: () => 0, elapsed: () => 0, sleep: () => Promise.resolve() };
const desired = formed(['tls-passthrough', 'plain-http', 'tls-origination']);

async function probed(objects: MemoryObjects, config: Readonly<Record<string, unknown>> = {}) {
  const { signal } = new AbortController();
  const deps = { point: 'mesh', secret: {}, owner, clock, signal, kubernetes: objects };
  return (await istio.connect(configOf(config), deps)).probe();
}

async function refusalOf(work: Promise<unknown>): Promise<readonly [string, string]> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  return error instanceof AdapterError ? [error.errorClass, error.message] : ['none', ''];
}

function without(kind: string, name: string): MemoryObjects {
  const objects = new MemoryObjects(everyKind);
  for (const object of aCluster().all()) if (object.kind !== kind || object.metadata.name !== name) objects.put(object);
  return objects;
}

const istioObject = (kind: string, namespace: string, name: string, spec: object): KubernetesObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { namespace, name },
  spec,
});

describe('a mesh, asked what it is', () => {
  it('tells what policies have to be written with', async () => {
    const { version, choices } = await probed(aCluster());
    const values = Object.entries(choices).map(([name, { value }]) => [name, value]);
    expect([version, Object.fromEntries(values)]).toEqual([
      '1.30.2',
      {
        'trust-domain': 'east.example',
        'istio-version': '1.30.2',
        'dns-capture': 'off',
        'telemetry-provider': 'postern-egress',
        'ports of istio-egress/egressgateway': '80:8080, 443:8443, 5432:13432',
      },
    ]);
  });

  it('tells which namespaces are in the other mode', async () => {
    const objects = aCluster();
    objects.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'istio.io/dataplane-mode': 'ambient' } },
    });
    expect((await probed(objects)).choices['namespaces-in-another-mode']?.value).toBe('shop');
    const { losses, state } = await sync(objects, formed(['plain-http']));
    expect([state, losses.map(({ code }) => code)]).toEqual(['programmed', ['mesh-other-mode']]);
    expect(objects.all().filter(({ metadata }) => metadata.namespace === 'shop')).toEqual([]);
  });

  it.each([
    ['gateway', 'sidecar.istio.io/inject', 'false'],
    ['ambient', 'istio.io/dataplane-mode', 'none'],
  ])('tells of single pods that a label keeps out of it, on plane %s', async (plane, label, value) => {
    const objects = aCluster({ waypoint: true });
    for (const namespace of ['shop', 'stranger']) {
      const metadata = { namespace, name: 'lone', labels: { [label]: value } };
      objects.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec: {} });
    }
    const { losses } = await sync(objects, formed(['plain-http']), { config: { plane }, mode: 'Observe' });
    const outside = losses.filter(({ code }) => code === 'mesh-pods-outside');
    expect(outside.map(({ message }) => message)).toEqual([expect.stringMatching(/^shop: some pods/)]);
  });

  it.each([
    ['1.25.0', '', 'on'],
    ['1.24.3', '', 'off'],
    ['1.24.3', ', ISTIO_META_DNS_AUTO_ALLOCATE: "true"', 'on'],
  ])('takes names to have addresses of their own only where they get them: %s%s', async (version, also, value) => {
    const mesh = `defaultConfig: { proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true"${also} } }\n`;
    expect((await probed(aCluster({ mesh, version }))).choices['dns-capture']?.value).toBe(value);
  });

  it.each([
    ['ambient', '{ defaultVisibility: NAMESPACE }', 'unsupported'],
    ['ambient', '{ policies: [{ visibility: NONE }] }', 'unsupported'],
    [
      'ambient',
      '{ defaultVisibility: NAMESPACE, policies: [{ visibility: PUBLIC, matchingRules: [{ namespaceSelector: { matchLabels: { egress: "true" } } }] }] }',
      'none',
    ],
    ['gateway', '{ defaultVisibility: NAMESPACE }', 'none'],
    ['gateway', '{ defaultVisibility: NAMESPACE, applyToSidecars: true }', 'unsupported'],
    ['direct', '{ defaultVisibility: NAMESPACE, applyToSidecars: true }', 'unsupported'],
  ])('does not write on plane %s what the mesh would hide: %s', async (plane, setting, refused) => {
    const objects = aCluster({ waypoint: true, mesh: `serviceEntryVisibility: ${setting}\n` });
    const labels = { egress: 'true' };
    objects.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-egress-ambient', labels } });
    expect((await refusalOf(probed(objects, { plane })))[0]).toBe(refused);
  });

  it('writes no log where the mesh has no such provider', async () => {
    const objects = aCluster({ mesh: 'trustDomain: east.example' });
    expect((await probed(objects)).choices['telemetry-provider']?.value).toBe('missing');
    await sync(objects, desired);
    expect(objects.all().filter(({ kind }) => kind === 'Telemetry')).toEqual([]);
  });

  it.each([
    ['no Istio', new MemoryObjects(Object.values(read)), {}, 'unsupported', 'Install Istio 1.22 or later'],
    ['an old Istio', aCluster({ version: '1.18.2' }), {}, 'unsupported', 'Istio 1.18.2 is too old'],
    ['another revision', aCluster(), { revision: 'canary' }, 'unsupported', 'no ConfigMap istio-system/istio-canary'],
    [
      'no egress gateway',
      without('Service', 'egressgateway'),
      {},
      'unsupported',
      'no Service istio-egress/egressgateway',
    ],
    [
      'no waypoint',
      aCluster(),
      { plane: 'ambient' },
      'unsupported',
      'no waypoint istio-egress-ambient/egress-waypoint',
    ],
    ['a selector of other pods', aCluster(), { gateway: { selector: { istio: 'x' } } }, 'invalid', 'other pods'],
    [
      'another root',
      aCluster({ mesh: `${meshYaml}rootNamespace: mesh\n` }),
      {},
      'invalid',
      'root namespace of the mesh is mesh',
    ],
    ['settings that are no YAML', aCluster({ mesh: 'a: [' }), {}, 'invalid', 'not YAML'],
    [
      'a gateway in the root namespace',
      aCluster(),
      { gateway: { namespace: 'istio-system' } },
      'invalid',
      'whole mesh',
    ],
  ])('is refused with %s, and what to do', async (_, objects, config, errorClass, words) => {
    const [found, message] = await refusalOf(probed(objects, config));
    expect([found, message]).toEqual([errorClass, expect.stringContaining(words)]);
  });

  it('names the permissions that are missing', async () => {
    const objects = new MemoryObjects(everyKind, ['patch', 'delete']);
    expect(await refusalOf(probed(objects))).toEqual([
      'forbidden',
      expect.stringContaining('May not patch, delete serviceentries'),
    ]);
  });

  it('needs a cluster', async () => {
    const { signal } = new AbortController();
    const connecting = istio.connect(configOf(), { point: 'mesh', secret: {}, owner, clock, signal });
    expect(await refusalOf(connecting)).toEqual(['unsupported', expect.stringContaining('objects in the cluster')]);
  });
});

describe('objects of others', () => {
  it.each([
    istioObject('ServiceEntry', 'news', 'theirs', { hosts: ['api.stripe.com'], resolution: 'NONE' }),
    istioObject('VirtualService', 'news', 'theirs', { hosts: ['api.stripe.com'], http: [] }),
    istioObject('DestinationRule', 'news', 'theirs', { host: 'api.stripe.com' }),
  ])('that speak for a host of ours hold that host back, and nothing else: $kind', async (theirs) => {
    const objects = aCluster();
    objects.put(theirs);
    const before = objects.all().find(({ metadata }) => metadata.name === 'theirs');
    const { state, violations, foreign } = await sync(objects, desired);
    expect(state).toBe('held');
    expect(violations.map(({ guard }) => guard)).toEqual(['foreign-object']);
    expect(new Set(foreign.map(({ found }) => found))).toEqual(
      new Set([`${theirs.kind} news/theirs for api.stripe.com`]),
    );
    const granted = objects
      .all()
      .filter(({ kind, metadata }) => kind === 'AuthorizationPolicy' && /-\d+$/.test(metadata.name));
    expect(granted.map(({ metadata }) => metadata.annotations?.['postern.dev/host']).sort()).toEqual([
      'mirror.example.org',
      'payments.example.com',
    ]);
    expect(objects.all().find(({ metadata }) => metadata.name === 'theirs')).toEqual(before);
  });

  it('that listen for a host of ours at the gateway hold that host back', async () => {
    const objects = aCluster();
    const server = { port: { number: 443, name: 'tls', protocol: 'TLS' }, hosts: ['*/api.stripe.com'] };
    objects.put(istioObject('Gateway', 'news', 'theirs', { selector: { istio: 'egressgateway' }, servers: [server] }));
    const { state, foreign } = await sync(objects, desired);
    expect([state, foreign.map(({ found }) => found)]).toEqual([
      'held',
      expect.arrayContaining(['Gateway news/theirs for api.stripe.com']),
    ]);
    const hosts = objects.all().filter(({ kind, metadata }) => kind === 'ServiceEntry' && metadata.name !== 'theirs');
    expect(hosts.map(({ metadata }) => metadata.annotations?.['postern.dev/host']).sort()).toEqual([
      'mirror.example.org',
      'payments.example.com',
    ]);
  });

  it.each(['Istio', 'GatewayAPI'])(
    'that are a route for an entry of ours hold that host back, with api %s',
    async (api) => {
      const config = { api, istioVersion: '1.31.0' };
      const objects = aCluster();
      expect((await sync(objects, formed(['plain-http']), { config })).state).toBe('programmed');
      const entry = objects.all().find(({ kind }) => kind === 'ServiceEntry');
      const parent = { group: 'networking.istio.io', kind: 'ServiceEntry', ...entry?.metadata };
      const backend = { group: 'networking.istio.io', kind: 'Hostname', name: 'mirror.example.org', port: 80 };
      objects.put({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'theirs', namespace: 'shop' },
        spec: { parentRefs: [parent], rules: [{ backendRefs: [backend] }] },
      });
      const { foreign } = await sync(objects, formed(['plain-http']), { config });
      expect(new Set(foreign.map(({ found }) => found))).toEqual(
        new Set(['HTTPRoute shop/theirs for mirror.example.org']),
      );
    },
  );

  it.each([
    istioObject('ServiceEntry', 'news', 'theirs', { hosts: ['mirror.example.org'], resolution: 'NONE' }),
    istioObject('VirtualService', 'news', 'theirs', { hosts: ['mirror.example.org'], http: [] }),
  ])('are never joined by ours where clients go straight out: $kind', async (theirs) => {
    const objects = aCluster();
    objects.put(theirs);
    const { state, quarantined } = await sync(objects, formed(['plain-http']), { config: { plane: 'direct' } });
    expect([state, quarantined.map(({ error }) => error.errorClass)]).toEqual(['partial', ['foreign-owned']]);
    expect(quarantined[0]?.error.message).toContain(`${theirs.kind} news/theirs for mirror.example.org`);
    const entries = objects.all().filter(({ kind, metadata }) => kind === 'ServiceEntry' && metadata.name !== 'theirs');
    expect(entries).toEqual([]);
  });

  it.each([
    istioObject('Gateway', 'news', 'theirs', {
      selector: { istio: 'egressgateway' },
      servers: [{ port: { number: 443, name: 'tls', protocol: 'TLS' }, hosts: ['other.example.com'] }],
    }),
    istioObject('EnvoyFilter', 'istio-system', 'theirs', { configPatches: [] }),
    istioObject('DestinationRule', 'shop', 'theirs', { host: 'egressgateway.istio-egress.svc.cluster.local' }),
  ])('at the gateway are told and left alone, before anything is written: $kind', async (theirs) => {
    const objects = aCluster();
    objects.put(theirs);
    const { losses, state } = await sync(objects, formed(['plain-http']), { mode: 'Observe' });
    const name = `${theirs.kind} ${theirs.metadata.namespace}/theirs`;
    expect([state, losses.map(({ code }) => code)]).toEqual(['planned', ['mesh-others-at-gateway']]);
    expect(losses[0]?.message).toContain(name);
    expect((await sync(objects, formed(['plain-http']))).state).toBe('programmed');
  });

  it('at the gateway are named, but not by the hundred', async () => {
    const objects = aCluster();
    const spec = { selector: { istio: 'egressgateway' }, servers: [] };
    for (let at = 0; at < 12; at += 1) objects.put(istioObject('Gateway', 'news', `g-${at}`, spec));
    const value = (await probed(objects)).choices['others at istio-egress/egressgateway']?.value ?? '';
    expect([value.split(', ').length, value.endsWith(' and 2 more')]).toEqual([10, true]);
  });

  it('that are for other gateways are no matter', async () => {
    const objects = aCluster();
    const elsewhere = { workloadSelector: { labels: { istio: 'ingressgateway' } }, configPatches: [] };
    objects.put(istioObject('EnvoyFilter', 'istio-egress', 'a', elsewhere));
    objects.put(istioObject('EnvoyFilter', 'news', 'b', { configPatches: [] }));
    objects.put(istioObject('Gateway', 'news', 'c', { selector: { istio: 'ingressgateway' }, servers: [] }));
    expect(await sync(objects, desired)).toMatchObject({ state: 'programmed', losses: [], foreign: [] });
  });

  it('that are a Sidecar for some workloads of a covered namespace are told', async () => {
    const objects = aCluster();
    const spec = { workloadSelector: { labels: { app: 'x' } }, egress: [{ hosts: ['*/*'] }] };
    objects.put(istioObject('Sidecar', 'shop', 'some', spec));
    objects.put(istioObject('Sidecar', 'stranger', 'some', spec));
    const { state, losses } = await sync(objects, desired);
    expect([state, losses.map(({ code }) => code)]).toEqual(['programmed', ['mesh-workload-sidecar']]);
    expect(losses[0]?.message).toMatch(/^shop\/some: /);
  });

  it('that are for the cluster, or for a gateway alone, are no matter', async () => {
    const objects = aCluster();
    objects.put(istioObject('DestinationRule', 'news', 'a', { host: 'db.news.svc.cluster.local' }));
    objects.put(istioObject('VirtualService', 'news', 'b', { hosts: ['api.stripe.com'], gateways: ['news/ingress'] }));
    expect(await sync(objects, desired)).toMatchObject({ state: 'programmed', foreign: [] });
  });

  it('that are a Sidecar for all of a namespace are left alone, and told', async () => {
    const objects = aCluster();
    objects.put(istioObject('Sidecar', 'shop', 'default', { egress: [{ hosts: ['*/*'] }] }));
    const { state, foreign } = await sync(objects, desired);
    expect([state, foreign.map(({ found }) => found)]).toEqual([
      'held',
      [expect.stringContaining('Sidecar shop/default')],
    ]);
    expect(
      objects.all().filter(({ kind, metadata }) => kind === 'Sidecar' && metadata.namespace === 'shop'),
    ).toHaveLength(1);
  });
});

describe('objects of ours', () => {
  it.each([
    ['AuthorizationPolicy', (spec: object) => ({ ...spec, rules: [{}] })],
    ['AuthorizationPolicy', (spec: object) => ({ ...spec, selector: { matchLabels: { istio: 'other' } } })],
    ['ServiceEntry', (spec: object) => ({ ...spec, exportTo: ['*'] })],
    ['ServiceEntry', (spec: object) => ({ ...spec, ports: [{ number: 443, name: 'x', protocol: 'TCP' }] })],
    ['VirtualService', (spec: object) => ({ ...spec, http: [], tls: [], tcp: [] })],
    ['Sidecar', () => ({ outboundTrafficPolicy: { mode: 'ALLOW_ANY' } })],
    ['DestinationRule', (spec: object) => ({ ...spec, exportTo: ['.'] })],
    ['Gateway', (spec: object) => ({ ...spec, servers: [] })],
  ])('that somebody has edited are put right: %s', async (kind, edit) => {
    const objects = aCluster();
    await sync(objects, desired);
    const told = (): unknown => objects.all().map(({ metadata: { name, labels }, spec }) => [name, labels, spec]);
    const settled = told();
    for (const object of objects.all().filter((one) => one.kind === kind)) {
      objects.put({ ...object, spec: edit({ ...(object['spec'] as object) }) });
    }
    expect(told()).not.toEqual(settled);
    expect((await sync(objects, desired)).state).toBe('programmed');
    expect(told()).toEqual(settled);
  });

  it('are granted from the gateway to what clients see, and revoked at the permission first', async () => {
    const objects = aCluster();
    await sync(objects, formed([]));
    const writes: string[] = [];
    objects.onWritten = ({ verb, kind }) => writes.push(`${verb} ${kind}`);
    await sync(objects, formed(['tls-passthrough']));
    await sync(objects, formed([]));
    expect(writes).toEqual([
      'patch DestinationRule',
      'patch Gateway',
      'patch VirtualService',
      'patch AuthorizationPolicy',
      'patch ServiceEntry',
      'delete AuthorizationPolicy',
      'delete ServiceEntry',
      'delete VirtualService',
      'delete DestinationRule',
      'delete Gateway',
    ]);
  });

  it('cost one write for one more ServiceAccount, and three for the first of a namespace', async () => {
    const objects = aCluster();
    const state = formed(['opaque-tcp']);
    const live = (...members: string[]) => ({ ...state, groups: state.groups.map((group) => ({ ...group, members })) });
    const writesOf = async (...members: string[]): Promise<readonly string[]> => {
      const writes: string[] = [];
      objects.onWritten = ({ verb, kind }) => writes.push(`${verb} ${kind}`);
      expect((await sync(objects, live(...members))).state).toBe('programmed');
      return writes;
    };
    await writesOf('shop/checkout');
    expect(await writesOf('shop/checkout', 'shop/orders')).toEqual(['patch AuthorizationPolicy']);
    const patches = ['patch VirtualService', 'patch AuthorizationPolicy', 'patch ServiceEntry'];
    expect(await writesOf('news/reader', 'shop/checkout', 'shop/orders')).toEqual(patches);
    const narrowed = ['patch AuthorizationPolicy', 'patch ServiceEntry', 'patch VirtualService'];
    expect(await writesOf('shop/checkout')).toEqual(narrowed);
  });
});

describe('a waypoint', () => {
  const config = { plane: 'ambient', istioVersion: '1.31.0' };
  const ambient = (): MemoryObjects => aCluster({ waypoint: true });

  it('is live when istiod says so of every object', async () => {
    const objects = ambient();
    expect(await sync(objects, desired, { config })).toMatchObject({ state: 'activating' });
    for (const object of objects.all()) {
      const type = object.kind === 'ServiceEntry' ? 'istio.io/WaypointBound' : 'WaypointAccepted';
      if (!['ServiceEntry', 'AuthorizationPolicy'].includes(object.kind)) continue;
      objects.put({ ...object, status: { conditions: [{ type, status: 'True' }] } });
    }
    expect(await sync(objects, desired, { config })).toMatchObject({
      state: 'programmed',
      evidence: 'istiod says of all 7 objects that the waypoint has them',
    });
  });

  it('has a lost binding put back', async () => {
    const objects = ambient();
    await sync(objects, desired, { config });
    const entry = objects.all().find(({ kind }) => kind === 'ServiceEntry')!;
    const { 'istio.io/use-waypoint': waypoint, ...labels } = entry.metadata.labels ?? {};
    expect(waypoint).toBe('egress-waypoint');
    objects.put({ ...entry, metadata: { ...entry.metadata, labels } });
    await sync(objects, desired, { config });
    const bound = objects
      .all()
      .filter(({ kind }) => kind === 'ServiceEntry')
      .map(({ metadata }) => metadata.labels?.['istio.io/use-waypoint']);
    expect(bound).toEqual(['egress-waypoint', 'egress-waypoint', 'egress-waypoint']);
  });
});
