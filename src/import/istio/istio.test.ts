import { describe, expect, it } from 'vitest';
import { behindGateway, objectsOf, plane, stripe, type Bundle } from '../../verify/mesh/testing/fixtures.ts';
import { importIstio } from './istio.ts';

/* What single objects become; that it is no more than the mesh permits is a law (test/import-istio.test.ts). */

const settings = (mesh = '{}', name = 'istio'): object => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'istio-system' }, data: { mesh } },
});

function read(...values: readonly unknown[]) {
  const { objects, report } = importIstio(values, { home: '', point: '' });
  const told = report.filter(({ effect }) => effect !== 'carried').map(({ code }) => code);
  return {
    objects,
    specs: objects.map(({ spec }) => spec),
    told: told.filter((code) => !['not-selected', 'kind-not-read'].includes(code)),
  };
}

const entry = (spec: object, namespace = 'shop', name = 'api'): object => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name, namespace },
  spec: {
    hosts: ['api.example.test'],
    resolution: 'DNS',
    ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
    ...spec,
  },
});
const policy = (spec: object, namespace = 'istio-egress', name = 'more'): object => ({
  ...{ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name, namespace }, spec },
});
const gateway = (bundle: Partial<Bundle> = {}): readonly unknown[] =>
  objectsOf(plane, behindGateway({ ...stripe, ...bundle }));
const from = (source: object, more: object = {}): object => ({ rules: [{ from: [{ source }], ...more }] });
const checkout = { serviceAccounts: [{ namespace: 'shop', name: 'checkout' }] };

describe('postern import istio', () => {
  it('lets those to whom an entry is exported reach its hosts, by what is spoken there', () => {
    const to = [{ domainNames: ['api.example.test'], ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] }];
    expect(read(settings(), entry({})).objects).toMatchObject([
      {
        kind: 'ClusterEgressPolicy',
        spec: { tier: 'Baseline', subject: { allNamespaces: true, allPods: true }, egress: [{ action: 'Accept', to }] },
      },
    ]);
    const own = {
      namespaceSelector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['news', 'shop'] }],
      },
    };
    expect(read(settings(), entry({ exportTo: ['.', 'news'] })).specs).toMatchObject([{ subject: own }]);
    expect(read(settings('defaultServiceExportTo: ["~"]'), entry({})).specs).toEqual([]);
  });

  it('names the policies that it cannot place', () => {
    const mine = policy(from({ principals: ['cluster.local/ns/shop/sa/checkout'] }));
    expect(read(entry({}), mine).told).toEqual(['mesh-not-given', 'mesh-not-given']);
    const elsewhere = { ...settings(), metadata: { name: 'istio', namespace: 'mesh' } };
    expect(read(elsewhere, entry({}), mine).told).toEqual(['mesh-not-given', 'mesh-not-given']);
    expect(read({ ...elsewhere, data: { mesh: 'rootNamespace: mesh' } }, mine).told).toEqual(['within-the-cluster']);
    const alone = gateway().filter((value) => (value as { kind: string }).kind !== 'Service');
    expect(read(settings(), ...alone, mine).told).toContain('place-not-known');
  });

  it('does not say of an entry that cannot be read what it is about', () => {
    const { objects, report } = importIstio([settings(), entry({}), entry({ hosts: 5 }, 'shop', 'half')], {
      home: '',
      point: '',
    });
    expect(objects).toEqual([]);
    const told = report.map(({ message }) => message).join('\n');
    expect(told).toContain('ServiceEntry/shop/half cannot be read, and may also cover api.example.test');
    expect(told).not.toContain('half also covers');
  });

  it('asks for the settings of the mesh, and does not choose among two', () => {
    expect(read(entry({}))).toMatchObject({ specs: [], told: ['mesh-not-given'] });
    expect(read(settings(), settings('{}', 'istio-canary'), entry({}))).toMatchObject({
      specs: [],
      told: ['mesh-not-given'],
    });
    expect(read(settings('trustDomain: ['), entry({}))).toMatchObject({ specs: [], told: ['mesh-not-given'] });
  });

  it.each<[string, object, string]>([
    ['workloads of the mesh', { location: 'MESH_INTERNAL' }, 'mesh-internal'],
    ['workloads by label', { workloadSelector: { labels: { app: 'x' } } }, 'limit-not-expressible'],
    ['endpoints elsewhere', { endpoints: [{ address: 'other.example.test' }] }, 'diverted'],
    ['another port', { ports: [{ number: 443, name: 'tls', protocol: 'TLS', targetPort: 8443 }] }, 'diverted'],
    ['UDP', { ports: [{ number: 53, name: 'dns', protocol: 'UDP' }] }, 'port-not-expressible'],
    ['a name and addresses', { resolution: 'NONE', addresses: ['192.0.2.1'] }, 'limit-not-expressible'],
    ['a wildcard that is to be resolved', { hosts: ['*.example.test'] }, 'pattern-not-expressible'],
    ['every host', { hosts: ['*'], resolution: 'NONE' }, 'pattern-not-expressible'],
    ['a field that is not known', { onlyOnSundays: true }, 'unreadable'],
  ])('carries nothing over of %s', (_, spec, code) => {
    expect(read(settings(), entry(spec))).toMatchObject({ specs: [], told: [code] });
  });

  it('takes two entries with one host for unclear where some clients see both', () => {
    const two = (exportTo: string) => [entry({ exportTo: [exportTo] }), entry({ exportTo: ['.'] }, 'news', 'same')];
    expect(read(settings(), ...two('*')).specs).toEqual([]);
    expect(read(settings(), ...two('.')).specs).toHaveLength(2);
  });

  it('carries nothing over where a proxy is rewritten, or a route leads elsewhere', () => {
    const filter = {
      apiVersion: 'networking.istio.io/v1alpha3',
      kind: 'EnvoyFilter',
      metadata: { name: 'x', namespace: 'istio-system' },
      spec: {},
    };
    const route = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'x', namespace: 'shop' },
      spec: { hosts: ['*'], http: [] },
    };
    for (const other of [filter, route])
      expect(read(settings(), entry({}), other)).toMatchObject({ specs: [], told: ['route-not-expressible'] });
  });
});

describe('through an egress gateway', () => {
  it('is for those whom its policies let through', () => {
    expect(read(settings(), ...gateway()).specs).toMatchObject([{ subject: checkout }]);
    expect(read(settings('trustDomain: other.example'), ...gateway()).specs).toMatchObject([{ subject: checkout }]);
  });

  it.each<[string, object]>([
    ['a principal of another trust domain', from({ principals: ['elsewhere/ns/shop/sa/checkout'] })],
    ['a part of a principal', from({ principals: ['cluster.local/ns/shop/sa/check*'] })],
    ['a part of a namespace', from({ namespaces: ['sh*'] })],
    ['everybody but some', from({ notPrincipals: ['cluster.local/ns/news/sa/x'] })],
    ['addresses', from({ ipBlocks: ['10.0.0.0/8'] })],
    ['tokens beside principals', from({ principals: ['*'], requestPrincipals: ['*'] })],
    ['a path', from({ namespaces: ['shop'] }, { to: [{ operation: { paths: ['/x'] } }] })],
    ['a condition', from({ namespaces: ['shop'] }, { when: [{ key: 'request.headers[x]', values: ['y'] }] })],
  ])('an ALLOW of %s lets nobody through', (_, spec) => {
    const { specs, told } = read(settings(), ...gateway(), policy(spec));
    expect([specs, told]).toMatchObject([[{ subject: checkout }], ['limit-not-expressible']]);
    expect(specs).toHaveLength(1);
  });

  it.each<[string, object, unknown[]]>([
    [
      'of another account takes nothing away',
      { action: 'DENY', ...from({ principals: ['cluster.local/ns/shop/sa/job'] }) },
      [{ subject: checkout }],
    ],
    [
      'of all but one leaves that one',
      { action: 'DENY', ...from({ notPrincipals: ['cluster.local/ns/shop/sa/checkout'] }) },
      [{ subject: checkout }],
    ],
    ['that cannot be said leaves nobody', { action: 'DENY', ...from({ ipBlocks: ['10.0.0.0/8'] }) }, []],
    ['of a part of a namespace leaves nobody', { action: 'DENY', ...from({ namespaces: ['s*'] }) }, []],
    [
      'for another port takes nothing away',
      { action: 'DENY', rules: [{ to: [{ operation: { ports: ['80'] } }] }] },
      [{ subject: checkout }],
    ],
    [
      'of requests is one of connections where no request is read',
      { action: 'DENY', rules: [{ to: [{ operation: { hosts: ['other.test'] } }] }] },
      [],
    ],
    [
      'by somebody else leaves nobody',
      { action: 'CUSTOM', provider: { name: 'x' }, ...from({ namespaces: ['news'] }) },
      [],
    ],
    ['that is only recorded takes nothing away', { action: 'AUDIT', rules: [{}] }, [{ subject: checkout }]],
  ])('a DENY %s', (_, spec, subjects) => {
    expect(read(settings(), ...gateway(), policy(spec)).specs).toMatchObject(subjects);
    const inRoot = read(settings(), ...gateway(), policy(spec, 'istio-system'));
    expect(inRoot.specs).toMatchObject(subjects);
    expect(inRoot.specs).toHaveLength(subjects.length);
  });

  it('is for nobody where its TLS tells nothing of clients, or a policy may be about it', () => {
    const parts = gateway() as readonly { kind: string; spec: { servers: object[] } }[];
    const passing = parts.map((one) =>
      one.kind === 'Gateway'
        ? {
            ...one,
            spec: {
              ...one.spec,
              servers: one.spec.servers.map((server) => ({ ...server, tls: { mode: 'PASSTHROUGH' } })),
            },
          }
        : one,
    );
    expect(read(settings(), ...passing).specs).toEqual([]);
    const unsure = policy({ selector: { matchLabels: { tier: 'edge' } }, action: 'ALLOW', rules: [{}] });
    expect(read(settings(), ...gateway(), unsure).specs).toEqual([]);
  });
});

describe('through a waypoint', () => {
  const target = { targetRefs: [{ group: 'networking.istio.io', kind: 'ServiceEntry', name: 'api' }] };

  it('is for those to whom the entry is exported and whom its policies let through', () => {
    const allow = policy({ ...target, ...from({ serviceAccounts: ['checkout', 'news/job'] }) }, 'shop');
    expect(read(settings(), entry({ exportTo: ['.'] }), allow).specs).toMatchObject([{ subject: checkout }]);
    const class_ = policy(
      { targetRefs: [{ kind: 'GatewayClass', name: 'istio-waypoint' }], action: 'DENY', rules: [{}] },
      'istio-system',
    );
    expect(read(settings(), entry({}), class_).specs).toEqual([]);
  });
});
