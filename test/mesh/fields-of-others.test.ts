import { describe, expect, it } from 'vitest';
import type { MeshTarget } from '../../src/verify/mesh/answer.ts';
import { checkMesh } from '../../src/verify/mesh/checks/check-mesh.ts';
import { readMeshConfig, type MeshConfig } from '../../src/verify/mesh/objects/config.ts';
import {
  behindGateway,
  meshOf,
  mirror,
  plane,
  shopSidecar,
  stripe,
  to,
} from '../../src/verify/mesh/testing/fixtures.ts';
import {
  type Case,
  answered,
  object,
  entry,
  api,
  www,
  http,
  destination,
  toWww,
  tls,
  rule,
  squid,
  toEgress,
  toSquid,
} from './answered.ts';

/*
 * Fields of the objects of a mesh that have a flow end somewhere else than its route says, or nowhere: each is followed, or the object is
 * named and nobody says for certain what it does. After pilot's sources of 2026-08-27.
 */

const pinned = 'resolution: STATIC, endpoints: [{ address: 203.0.113.9, labels: { version: a } }]';
const toSubset = http('{ route: [{ destination: { host: api.test, subset: a } }] }');
const wild = object(
  'ServiceEntry',
  'shop',
  '{ hosts: ["*.wild.test"], location: MESH_EXTERNAL, resolution: DYNAMIC_DNS, ports: [{ number: 80, name: http, protocol: HTTP }] }',
  'wild',
);
const toWild = '{ destination: { host: "*.wild.test" } }';
const egress = (listener: string): string => object('Sidecar', 'shop', `{ egress: [${listener}, { hosts: ["*/*"] }] }`);

const byName = object(
  'ServiceEntry',
  'shop',
  '{ hosts: [db.test], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 5432, name: tcp, protocol: TCP }] }',
  'db',
);
const anyAddress = { address: '203.0.113.9', port: 5432, protocol: 'TCP' } as const;
const given = `\nstatus: { addresses: [{ host: db.test, value: 240.240.0.1 }] }`;
const nowhere = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: nowhere, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress] }`;

const cases: Readonly<Record<string, Case>> = {
  'a copy of requests goes to a host that nobody may ask for': [
    'Accept? VirtualService/shop/theirs',
    [
      api,
      www,
      http(`{ route: [${destination}], mirror: { host: www.test } }`),
      object('Sidecar', 'shop', '{ egress: [{ hosts: ["./api.test"] }] }', 'own'),
    ],
    { target: to('www.test', 80) },
  ],
  'each of several copies does': [
    'Accept? VirtualService/shop/theirs',
    [api, http(`{ route: [${destination}], mirrors: [{ destination: { host: far.test } }] }`)],
    { target: to('far.test', 80) },
  ],
  'of no requests there are no copies': [
    'Deny',
    [api, http(`{ route: [${destination}], mirror: { host: far.test }, mirrorPercentage: { value: 0 } }`)],
    { target: to('far.test', 80) },
  ],
  'a copy of requests does not go to other ports': [
    'Deny',
    [
      api,
      entry('far.test', "exportTo: ['~']"),
      http(`{ route: [${destination}], mirror: { host: far.test, port: { number: 80 } } }`),
    ],
    { target: to('far.test', 8443) },
  ],
  'an error in place of every request': [
    'Deny VirtualService/shop/theirs',
    [api, http(`{ route: [${destination}], fault: { abort: { httpStatus: 503, percentage: { value: 100 } } } }`)],
  ],
  'an error in place of some lets others out': [
    'Accept VirtualService/shop/theirs',
    [api, http(`{ route: [${destination}], fault: { abort: { httpStatus: 503, percentage: { value: 50 } } } }`)],
  ],
  'of several destinations those without a weight get nothing': [
    'Accept > www.test:80 VirtualService/shop/theirs',
    [
      api,
      www,
      http(`{ route: [${destination.replace(' }', ' }, weight: 0')}, ${toWww.replace(' }', ' }, weight: 1')}] }`),
    ],
  ],
  'a single one gets all without a weight': [
    'Accept > www.test:80 VirtualService/shop/theirs',
    [api, www, http(`{ route: [${toWww.replace(' }', ' }, weight: 0')}] }`)],
  ],
  'another Host makes no difference to a host that is resolved': [
    'Accept VirtualService/shop/theirs',
    [api, http(`{ route: [${destination}], rewrite: { authority: www.test } }`)],
  ],
  'and all where it is the Host that is resolved': [
    'Accept? VirtualService/shop/theirs',
    [api, wild, http(`{ route: [${toWild}], headers: { request: { set: { Host: far.wild.test } } } }`)],
  ],
  'a proxy of the cluster that is no gateway of the mesh may carry requests on': [
    'Accept? Service/shop/theirs',
    [api, squid, http(`{ route: [${toSquid}] }`)],
  ],
  'and TLS': [
    'Accept? Service/shop/theirs',
    [api, squid, tls('{ port: 443, sniHosts: [api.test] }').replace(toWww, toSquid)],
    { target: to('api.test') },
  ],
  'as far as network policies let the client there': [
    'Deny VirtualService/shop/theirs',
    [api, squid, http(`{ route: [${toSquid}] }`), nowhere],
  ],
  'and what a gateway leads there': [
    'Accept? Service/shop/theirs',
    [
      plane,
      squid,
      behindGateway(stripe).replace(`host: ${stripe.host}, port`, 'host: theirs.shop.svc.cluster.local, port'),
    ],
    { target: to(stripe.host) },
  ],
  'a route to a headless Service leaves for what was asked for, whatever the Service is': [
    'Accept VirtualService/shop/theirs',
    [
      plane.replace('spec:\n  selector', 'spec:\n  clusterIP: None\n  selector'),
      api,
      tls('{ port: 443, sniHosts: [api.test] }').replace(toWww, toEgress),
    ],
    { target: to('api.test') },
  ],
  'a route to a headless gateway with the TLS of the mesh gets nowhere': [
    'Deny',
    [plane.replace('spec:\n  selector', 'spec:\n  clusterIP: None\n  selector'), behindGateway(stripe)],
    { target: to(stripe.host) },
  ],
  'TLS around the TLS of the application, by a policy of the Gateway API': [
    'Accept? BackendTLSPolicy/shop/theirs',
    [
      api,
      `apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: { name: theirs, namespace: shop }
spec: { targetRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: api.test }], validation: { hostname: api.test } }`,
    ],
    { target: to('api.test') },
  ],
  'sidecars of some pods answer names themselves': [
    'Accept? > db.test:5432 ProxyConfig/shop/theirs',
    [byName, object('ProxyConfig', 'shop', "{ environmentVariables: { ISTIO_META_DNS_CAPTURE: 'true' } }")],
    { target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' } },
  ],
  'and of one pod, by its annotation': [
    'Deny',
    [byName],
    {
      target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
      client: { sidecar: { 'proxy.istio.io/config ISTIO_META_DNS_CAPTURE': '1' } },
      config: { version: '1.31.0' },
    },
  ],
  'but for an entry that istiod gives no address: it takes its whole port all the same': [
    'Accept > 203.0.113.9:5432',
    [byName.replace('resolution: DNS', 'resolution: NONE')],
    { target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' }, config: { dnsCapture: true } },
  ],
  'nor a wildcard': [
    'Accept > 203.0.113.9:5432',
    [byName.replace('db.test', '"*.db.test"').replace('resolution: DNS', 'resolution: NONE')],
    { target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' }, config: { dnsCapture: true } },
  ],
  'and if nobody knows the version of istiod, who knows whether it gives the entry one': [
    'Accept? > db.test:5432',
    [byName],
    { target: anyAddress, config: { dnsCapture: true } },
  ],
  'as it does by itself since 1.25': [
    'Deny',
    [byName],
    { target: anyAddress, config: { dnsCapture: true, version: '1.25.0' } },
  ],
  'and not before': [
    'Accept > db.test:5432',
    [byName],
    { target: anyAddress, config: { dnsCapture: true, version: '1.24.3' } },
  ],
  'unless it is told to': [
    'Deny',
    [byName],
    { target: anyAddress, config: { dnsCapture: true, version: '1.24.3', autoAllocates: true } },
  ],
  'by the mesh or by the pod': [
    'Deny',
    [byName],
    {
      target: anyAddress,
      client: { sidecar: { 'proxy.istio.io/config ISTIO_META_DNS_AUTO_ALLOCATE': 'true' } },
      config: { dnsCapture: true, version: '1.24.3' },
    },
  ],
  'or perhaps by a ProxyConfig': [
    'Accept? > db.test:5432',
    [byName, object('ProxyConfig', 'shop', "{ environmentVariables: { ISTIO_META_DNS_AUTO_ALLOCATE: 'True' } }")],
    { target: anyAddress, config: { dnsCapture: true, version: '1.24.3' } },
  ],
  'which it writes into the status of what it gives one': [
    'Deny',
    [`${byName}${given}`],
    { target: anyAddress, config: { dnsCapture: true } },
  ],
  'which comes before the setting of the mesh': [
    'Accept > db.test:5432',
    [byName],
    {
      target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
      client: { sidecar: { 'proxy.istio.io/config ISTIO_META_DNS_CAPTURE': 'false' } },
      config: { dnsCapture: true },
    },
  ],
  'which makes no difference to most flows': [
    'Accept',
    [api, object('ProxyConfig', 'shop', "{ environmentVariables: { ISTIO_META_DNS_CAPTURE: 'true' } }")],
  ],
  'nor of pods that are others': [
    'Accept > db.test:5432',
    [
      byName,
      object(
        'ProxyConfig',
        'shop',
        "{ selector: { matchLabels: { app: other } }, environmentVariables: { ISTIO_META_DNS_CAPTURE: 'true' } }",
      ),
    ],
    { target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' } },
  ],
  'an alias is another thing in every release': [
    'Accept? > far.test:80 Service/shop/theirs',
    [
      `apiVersion: v1\nkind: Service\nmetadata: { name: theirs, namespace: shop }\nspec: { type: ExternalName, externalName: far.test, ports: [{ name: http, port: 80 }] }`,
    ],
    { target: to('theirs.shop.svc.cluster.local', 80) },
  ],
  'an entry may lead to pods that it selects': [
    'Accept?',
    [entry('api.test', 'resolution: STATIC, workloadSelector: { labels: { app: squid } }')],
  ],
  'and to workloads beside them': [
    'Accept? > 203.0.113.9:80 WorkloadEntry/shop/theirs',
    [
      entry('api.test', 'resolution: STATIC, workloadSelector: { labels: { app: squid } }'),
      object('WorkloadEntry', 'shop', '{ address: 203.0.113.9, labels: { app: squid } }'),
    ],
  ],
  'of what it selects nothing is there': [
    'Deny',
    [entry('api.test', 'resolution: STATIC, workloadSelector: { labels: { app: nobody } }')],
  ],
  'a subset has no endpoint with its labels': [
    'Deny VirtualService/shop/theirs',
    [entry('api.test', pinned), toSubset, rule('subsets: [{ name: a, labels: { version: b } }]')],
  ],
  'a subset has one': [
    'Accept > 203.0.113.9:80 VirtualService/shop/theirs',
    [entry('api.test', pinned), toSubset, rule('subsets: [{ name: a, labels: { version: a } }]')],
  ],
  'the host itself has no labels': [
    'Deny VirtualService/shop/theirs',
    [api, toSubset, rule('subsets: [{ name: a, labels: { version: a } }]')],
  ],
  'a tunnel carries on what it takes': [
    'Accept? DestinationRule/shop/theirs',
    [api, rule('trafficPolicy: { tunnel: { protocol: CONNECT, targetHost: far.test, targetPort: 443 } }')],
    { target: to('api.test') },
  ],
  'to a host that nobody may ask for': [
    'Accept? DestinationRule/shop/theirs',
    [api, rule('trafficPolicy: { tunnel: { protocol: CONNECT, targetHost: far.test, targetPort: 443 } }')],
    { target: to('far.test') },
  ],
  'and to no other port of it': [
    'Deny',
    [api, rule('trafficPolicy: { tunnel: { protocol: CONNECT, targetHost: far.test, targetPort: 443 } }')],
    { target: to('far.test', 8443) },
  ],
  'a route by address decides for TLS of the port, of whatever host': [
    'Accept? VirtualService/shop/theirs',
    [api, www, tls('{ port: 443, sniHosts: [api.test], destinationSubnets: [203.0.113.0/24] }')],
    { target: to('www.test') },
  ],
  'and of no other port': [
    'Accept',
    [api, www, tls('{ port: 443, sniHosts: [api.test], destinationSubnets: [203.0.113.0/24] }')],
    { target: to('www.test', 80) },
  ],
  'a listener of its own leads to services under another port': [
    'Deny? Sidecar/shop/theirs',
    [api, egress('{ port: { number: 9443, name: tls, protocol: TLS }, hosts: ["*/*"] }')],
    { target: to('api.test', 9443) },
  ],
  'and changes nothing for other ports': [
    'Accept',
    [api, egress('{ port: { number: 9443, name: tls, protocol: TLS }, hosts: ["*/*"] }')],
    { target: to('api.test') },
  ],
  'listeners at an address of their own are for that': [
    'Accept? Sidecar/shop/theirs',
    [api, object('Sidecar', 'shop', '{ egress: [{ bind: 127.0.0.9, hosts: ["*/*"] }] }')],
  ],
  'an endpoint in another network is behind a gateway of that': [
    'Accept? > 203.0.113.9:80',
    [entry('api.test', 'resolution: STATIC, endpoints: [{ address: 203.0.113.9, network: far }]')],
  ],
};

describe('fields of others', () => {
  it.each(Object.entries(cases))('%s', (_, [expected, yaml, asked]) => {
    expect(answered(yaml, asked)).toBe(expected);
  });
});

/** As the real istiod of 2026-08-27 and its Envoy had each of them, under REGISTRY_ONLY. */
describe('an entry with addresses', () => {
  const portsOf = `ports: [{ number: 80, name: http, protocol: HTTP }, { number: 443, name: tls, protocol: TLS }, { number: 5432, name: tcp, protocol: TCP }]`;
  const known = (host: string, address: string): string =>
    object(
      'ServiceEntry',
      'shop',
      `{ hosts: [${host}], location: MESH_EXTERNAL, resolution: STATIC, addresses: [${address}], endpoints: [{ address: 203.0.113.99 }], ${portsOf} }`,
      'theirs',
    );
  const single = known('api.test', '203.0.113.7');
  const range = known('api.test', '198.51.100.0/24');
  const reached = (port: number): string => `Accept > 203.0.113.99:${port} ServiceEntry/shop/theirs`;
  const asked = (yaml: string, target: Partial<MeshTarget>, config?: Partial<MeshConfig>): string =>
    answered([yaml, www], {
      target: { port: 443, protocol: 'TCP', appProtocol: 'tls', ...target },
      ...(config && { config }),
    });
  const [vip, inRange, elsewhere] = ['203.0.113.7', '198.51.100.9', '192.0.2.1'];

  it.each<[string, string, Partial<MeshTarget>, string]>([
    ['takes TLS to its address, whatever host it names', single, { host: 'evil.test', address: vip }, reached(443)],
    ['and without a name', single, { address: vip }, reached(443)],
    ['a host that others are known for among them', single, { host: 'www.test', address: vip }, reached(443)],
    ['and no TLS with its name that goes elsewhere', single, { host: 'api.test', address: elsewhere }, 'Deny'],
    ['takes TLS to its network with its name', range, { host: 'api.test', address: inRange }, reached(443)],
    ['and no other', range, { host: 'evil.test', address: inRange }, 'Deny'],
    ['not even of a host that is known without addresses', range, { host: 'www.test', address: inRange }, 'Deny'],
    ['takes all TCP to its network', range, { address: inRange, port: 5432, appProtocol: 'tcp' }, reached(5432)],
    [
      'takes requests by name, wherever they go',
      single,
      { host: 'api.test', port: 80, appProtocol: 'http' },
      reached(80),
    ],
    ['and by its address', single, { address: vip, port: 80, appProtocol: 'http' }, reached(80)],
    ['which a network is not', range, { address: inRange, port: 80, appProtocol: 'http' }, 'Deny'],
  ])('%s', (_, yaml, target, expected) => {
    expect(asked(yaml, target)).toBe(expected);
  });

  it.each([
    [443, 'tls'],
    [5432, 'tcp'],
  ] as const)('is not known to take what names it on port %d: DNS may have another address', (port, appProtocol) => {
    const target = { host: 'api.test', port, appProtocol };
    const unknown = reached(port).replace('Accept', 'Accept?');
    expect(asked(single, target)).toBe(unknown);
    expect(asked(single, target, { dnsCapture: true })).toBe(reached(port));
    expect(asked(range, target, { dnsCapture: true })).toBe(unknown);
  });

  it('makes no difference to a name that goes the same way elsewhere', () => {
    const none = single.replace('resolution: STATIC', 'resolution: DNS').replace(/endpoints: \[.*?\], /, '');
    expect(asked(none, { host: 'api.test' }, { outboundTrafficPolicy: 'ALLOW_ANY' })).toBe(
      'Accept ServiceEntry/shop/theirs',
    );
    expect(asked(none, { host: 'api.test' })).toBe('Accept? ServiceEntry/shop/theirs');
  });
});

describe('namespaces that istiod does not look into', () => {
  const discoverySelectors = readMeshConfig({
    discoverySelectors: [{ matchLabels: { mesh: 'yes' } }],
  }).discoverySelectors;
  const space = (name: string, labels: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { ${labels} } }`;
  const watched = [space('shop', 'mesh: "yes"'), space('istio-system', 'mesh: "yes"'), space('news', 'mesh: "no"')];

  it('an object there does nothing', () => {
    const theirs = api.replaceAll('namespace: shop', 'namespace: news');
    expect(answered([...watched, theirs])).toBe('Accept');
    expect(answered([...watched, theirs], { config: { discoverySelectors } })).toBe('Deny');
    expect(answered([...watched, api], { config: { discoverySelectors } })).toBe('Accept');
  });

  it('a Sidecar there does not close its namespace', () => {
    const yaml = [
      ...watched.map((text) => text.replace('shop, labels: { mesh: "yes"', 'shop, labels: { mesh: "no"')),
      shopSidecar,
    ];
    const config = { discoverySelectors, outboundTrafficPolicy: 'ALLOW_ANY' } as const;
    expect(answered(yaml, { target: to('evil.test'), config })).toBe('Accept');
  });

  it('policies of a gateway there are not in force, and lint names each object', () => {
    const yaml = [
      ...watched,
      plane.replace('labels: {', 'labels: { mesh: "no",'),
      behindGateway(stripe),
      behindGateway(mirror),
    ];
    const found = checkMesh(meshOf(yaml, { discoverySelectors })).filter(({ id }) => id === 'S35');
    expect(found.map(({ subject }) => subject)).toContain('AuthorizationPolicy/istio-egress/default-deny');
    expect(found.map(({ subject }) => subject)).toContain('ServiceEntry/istio-egress/api-stripe-test');
    expect(checkMesh(meshOf(yaml)).filter(({ id }) => id === 'S35')).toEqual([]);
  });

  it('of a namespace that is not given nobody knows', () => {
    expect(answered([api], { config: { discoverySelectors } })).toBe('Accept?');
  });

  it('network policies do not go by it', () => {
    const closed = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: closed, namespace: shop }\nspec: { podSelector: {}, policyTypes: [Egress] }`;
    const yaml = [space('shop', 'mesh: "no"'), space('istio-system', 'mesh: "yes"'), closed];
    const config = { discoverySelectors, outboundTrafficPolicy: 'ALLOW_ANY' } as const;
    expect(answered(yaml, { target: to('evil.test'), config })).toBe('Deny');
  });
});
