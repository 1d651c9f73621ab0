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
  ports,
  entry,
  api,
  www,
  http,
  destination,
  toWww,
  tls,
  rule,
  toEgress,
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

/** Pods that a proxy of another make may be in. */
const squid = `apiVersion: v1
kind: Service
metadata: { name: theirs, namespace: shop }
spec: { selector: { app: squid }, ports: [{ name: http, port: 80 }, { name: tls, port: 443 }] }`;
const byName = object(
  'ServiceEntry',
  'shop',
  '{ hosts: [db.test], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 5432, name: tcp, protocol: TCP }] }',
  'db',
);
const nowhere = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: nowhere, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress] }`;
const toSquid = '{ destination: { host: theirs.shop.svc.cluster.local } }';

const cases: Readonly<Record<string, Case>> = {
  'a copy of requests goes to a host that nobody may ask for': {
    yaml: [
      api,
      www,
      http(`{ route: [${destination}], mirror: { host: www.test } }`),
      object('Sidecar', 'shop', '{ egress: [{ hosts: ["./api.test"] }] }', 'own'),
    ],
    target: to('www.test', 80),
    expected: 'Accept? VirtualService/shop/theirs',
  },
  'each of several copies does': {
    yaml: [api, http(`{ route: [${destination}], mirrors: [{ destination: { host: far.test } }] }`)],
    target: to('far.test', 80),
    expected: 'Accept? VirtualService/shop/theirs',
  },
  'of no requests there are no copies': {
    yaml: [api, http(`{ route: [${destination}], mirror: { host: far.test }, mirrorPercentage: { value: 0 } }`)],
    target: to('far.test', 80),
    expected: 'Deny',
  },
  'a copy of requests does not go to other ports': {
    yaml: [
      api,
      entry('far.test', "exportTo: ['~']"),
      http(`{ route: [${destination}], mirror: { host: far.test, port: { number: 80 } } }`),
    ],
    target: to('far.test', 8443),
    expected: 'Deny',
  },
  'an error in place of every request': {
    yaml: [api, http(`{ route: [${destination}], fault: { abort: { httpStatus: 503, percentage: { value: 100 } } } }`)],
    expected: 'Deny VirtualService/shop/theirs',
  },
  'an error in place of some lets others out': {
    yaml: [api, http(`{ route: [${destination}], fault: { abort: { httpStatus: 503, percentage: { value: 50 } } } }`)],
    expected: 'Accept VirtualService/shop/theirs',
  },
  'of several destinations those without a weight get nothing': {
    yaml: [
      api,
      www,
      http(`{ route: [${destination.replace(' }', ' }, weight: 0')}, ${toWww.replace(' }', ' }, weight: 1')}] }`),
    ],
    expected: 'Accept > www.test:80 VirtualService/shop/theirs',
  },
  'a single one gets all without a weight': {
    yaml: [api, www, http(`{ route: [${toWww.replace(' }', ' }, weight: 0')}] }`)],
    expected: 'Accept > www.test:80 VirtualService/shop/theirs',
  },
  'another Host makes no difference to a host that is resolved': {
    yaml: [api, http(`{ route: [${destination}], rewrite: { authority: www.test } }`)],
    expected: 'Accept VirtualService/shop/theirs',
  },
  'and all where it is the Host that is resolved': {
    yaml: [api, wild, http(`{ route: [${toWild}], headers: { request: { set: { Host: far.wild.test } } } }`)],
    expected: 'Accept? VirtualService/shop/theirs',
  },
  'a proxy of the cluster that is no gateway of the mesh may carry requests on': {
    yaml: [api, squid, http(`{ route: [${toSquid}] }`)],
    expected: 'Accept? Service/shop/theirs',
  },
  'and TLS': {
    yaml: [api, squid, tls('{ port: 443, sniHosts: [api.test] }').replace(toWww, toSquid)],
    target: to('api.test'),
    expected: 'Accept? Service/shop/theirs',
  },
  'as far as network policies let the client there': {
    yaml: [api, squid, http(`{ route: [${toSquid}] }`), nowhere],
    expected: 'Deny VirtualService/shop/theirs',
  },
  'and what a gateway leads there': {
    yaml: [
      plane,
      squid,
      behindGateway(stripe).replace(`host: ${stripe.host}, port`, 'host: theirs.shop.svc.cluster.local, port'),
    ],
    target: to(stripe.host),
    expected: 'Accept? Service/shop/theirs',
  },
  'a route to a headless Service leaves for what was asked for, whatever the Service is': {
    yaml: [
      plane.replace('spec:\n  selector', 'spec:\n  clusterIP: None\n  selector'),
      api,
      tls('{ port: 443, sniHosts: [api.test] }').replace(toWww, toEgress),
    ],
    target: to('api.test'),
    expected: 'Accept VirtualService/shop/theirs',
  },
  'a route to a headless gateway with the TLS of the mesh gets nowhere': {
    yaml: [plane.replace('spec:\n  selector', 'spec:\n  clusterIP: None\n  selector'), behindGateway(stripe)],
    target: to(stripe.host),
    expected: 'Deny',
  },
  'TLS around the TLS of the application, by a policy of the Gateway API': {
    yaml: [
      api,
      `apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: { name: theirs, namespace: shop }
spec: { targetRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: api.test }], validation: { hostname: api.test } }`,
    ],
    target: to('api.test'),
    expected: 'Accept? BackendTLSPolicy/shop/theirs',
  },
  'sidecars of some pods answer names themselves': {
    yaml: [byName, object('ProxyConfig', 'shop', "{ environmentVariables: { ISTIO_META_DNS_CAPTURE: 'true' } }")],
    target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
    expected: 'Accept? > db.test:5432 ProxyConfig/shop/theirs',
  },
  'and of one pod, by its annotation': {
    yaml: [byName],
    client: { sidecar: { 'proxy.istio.io/config ISTIO_META_DNS_CAPTURE': 'true' } },
    target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
    expected: 'Deny',
  },
  'but for an entry that istiod gives no address: it takes its whole port all the same': {
    yaml: [byName.replace('resolution: DNS', 'resolution: NONE')],
    config: { dnsCapture: true },
    target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
    expected: 'Accept > 203.0.113.9:5432',
  },
  'nor a wildcard': {
    yaml: [byName.replace('db.test', '"*.db.test"').replace('resolution: DNS', 'resolution: NONE')],
    config: { dnsCapture: true },
    target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
    expected: 'Accept > 203.0.113.9:5432',
  },
  'which comes before the setting of the mesh': {
    yaml: [byName],
    client: { sidecar: { 'proxy.istio.io/config ISTIO_META_DNS_CAPTURE': 'false' } },
    config: { dnsCapture: true },
    target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
    expected: 'Accept > db.test:5432',
  },
  'which makes no difference to most flows': {
    yaml: [api, object('ProxyConfig', 'shop', "{ environmentVariables: { ISTIO_META_DNS_CAPTURE: 'true' } }")],
    expected: 'Accept',
  },
  'nor of pods that are others': {
    yaml: [
      byName,
      object(
        'ProxyConfig',
        'shop',
        "{ selector: { matchLabels: { app: other } }, environmentVariables: { ISTIO_META_DNS_CAPTURE: 'true' } }",
      ),
    ],
    target: { address: '203.0.113.9', port: 5432, protocol: 'TCP' },
    expected: 'Accept > db.test:5432',
  },
  'an alias is another thing in every release': {
    yaml: [
      `apiVersion: v1\nkind: Service\nmetadata: { name: theirs, namespace: shop }\nspec: { type: ExternalName, externalName: far.test, ports: [{ name: http, port: 80 }] }`,
    ],
    target: to('theirs.shop.svc.cluster.local', 80),
    expected: 'Accept? > far.test:80 Service/shop/theirs',
  },
  'an entry may lead to pods that it selects': {
    yaml: [entry('api.test', 'resolution: STATIC, workloadSelector: { labels: { app: squid } }')],
    expected: 'Accept?',
  },
  'and to workloads beside them': {
    yaml: [
      entry('api.test', 'resolution: STATIC, workloadSelector: { labels: { app: squid } }'),
      object('WorkloadEntry', 'shop', '{ address: 203.0.113.9, labels: { app: squid } }'),
    ],
    expected: 'Accept? > 203.0.113.9:80 WorkloadEntry/shop/theirs',
  },
  'of what it selects nothing is there': {
    yaml: [entry('api.test', 'resolution: STATIC, workloadSelector: { labels: { app: nobody } }')],
    expected: 'Deny',
  },
  'a subset has no endpoint with its labels': {
    yaml: [entry('api.test', pinned), toSubset, rule('subsets: [{ name: a, labels: { version: b } }]')],
    expected: 'Deny VirtualService/shop/theirs',
  },
  'a subset has one': {
    yaml: [entry('api.test', pinned), toSubset, rule('subsets: [{ name: a, labels: { version: a } }]')],
    expected: 'Accept > 203.0.113.9:80 VirtualService/shop/theirs',
  },
  'the host itself has no labels': {
    yaml: [api, toSubset, rule('subsets: [{ name: a, labels: { version: a } }]')],
    expected: 'Deny VirtualService/shop/theirs',
  },
  'a tunnel carries on what it takes': {
    yaml: [api, rule('trafficPolicy: { tunnel: { protocol: CONNECT, targetHost: far.test, targetPort: 443 } }')],
    target: to('api.test'),
    expected: 'Accept? DestinationRule/shop/theirs',
  },
  'to a host that nobody may ask for': {
    yaml: [api, rule('trafficPolicy: { tunnel: { protocol: CONNECT, targetHost: far.test, targetPort: 443 } }')],
    target: to('far.test'),
    expected: 'Accept? DestinationRule/shop/theirs',
  },
  'and to no other port of it': {
    yaml: [api, rule('trafficPolicy: { tunnel: { protocol: CONNECT, targetHost: far.test, targetPort: 443 } }')],
    target: to('far.test', 8443),
    expected: 'Deny',
  },
  'a route by address decides for TLS of the port, of whatever host': {
    yaml: [api, www, tls('{ port: 443, sniHosts: [api.test], destinationSubnets: [203.0.113.0/24] }')],
    target: to('www.test'),
    expected: 'Accept? VirtualService/shop/theirs',
  },
  'and of no other port': {
    yaml: [api, www, tls('{ port: 443, sniHosts: [api.test], destinationSubnets: [203.0.113.0/24] }')],
    target: to('www.test', 80),
    expected: 'Accept',
  },
  'a listener of its own leads to services under another port': {
    yaml: [api, egress('{ port: { number: 9443, name: tls, protocol: TLS }, hosts: ["*/*"] }')],
    target: to('api.test', 9443),
    expected: 'Deny? Sidecar/shop/theirs',
  },
  'and changes nothing for other ports': {
    yaml: [api, egress('{ port: { number: 9443, name: tls, protocol: TLS }, hosts: ["*/*"] }')],
    target: to('api.test'),
    expected: 'Accept',
  },
  'listeners at an address of their own are for that': {
    yaml: [api, object('Sidecar', 'shop', '{ egress: [{ bind: 127.0.0.9, hosts: ["*/*"] }] }')],
    expected: 'Accept? Sidecar/shop/theirs',
  },
  'an endpoint in another network is behind a gateway of that': {
    yaml: [entry('api.test', 'resolution: STATIC, endpoints: [{ address: 203.0.113.9, network: far }]')],
    expected: 'Accept? > 203.0.113.9:80',
  },
};

describe('fields of others', () => {
  it.each(Object.entries(cases))('%s', (_, one) => {
    expect(answered(one)).toBe(one.expected);
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
    answered({
      yaml: [yaml, www],
      target: { port: 443, protocol: 'TCP', appProtocol: 'tls', ...target },
      ...(config && { config }),
      expected: '',
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
    expect(answered({ yaml: [...watched, theirs], expected: '' })).toBe('Accept');
    expect(answered({ yaml: [...watched, theirs], config: { discoverySelectors }, expected: '' })).toBe('Deny');
    expect(answered({ yaml: [...watched, api], config: { discoverySelectors }, expected: '' })).toBe('Accept');
  });

  it('a Sidecar there does not close its namespace', () => {
    const yaml = [
      ...watched.map((text) => text.replace('shop, labels: { mesh: "yes"', 'shop, labels: { mesh: "no"')),
      shopSidecar,
    ];
    const config = { discoverySelectors, outboundTrafficPolicy: 'ALLOW_ANY' } as const;
    expect(answered({ yaml, target: to('evil.test'), config, expected: '' })).toBe('Accept');
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
    expect(answered({ yaml: [api], config: { discoverySelectors }, expected: '' })).toBe('Accept?');
  });

  it('network policies do not go by it', () => {
    const closed = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: closed, namespace: shop }\nspec: { podSelector: {}, policyTypes: [Egress] }`;
    const yaml = [space('shop', 'mesh: "no"'), space('istio-system', 'mesh: "yes"'), closed];
    const config = { discoverySelectors, outboundTrafficPolicy: 'ALLOW_ANY' } as const;
    expect(answered({ yaml, target: to('evil.test'), config, expected: '' })).toBe('Deny');
  });
});

describe('routes at a waypoint', () => {
  const way = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: way, namespace: shop }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE }] }`;
  const bound = object(
    'ServiceEntry',
    'shop',
    `{ hosts: [api.test], location: MESH_EXTERNAL, resolution: DNS, ${ports} }`,
    'api.test',
    'istio.io/use-waypoint: way',
  );
  const client = { meshed: 'ambient' } as const;
  const asked = (yaml: readonly string[], target?: MeshTarget): string =>
    answered({ yaml: [way, bound, www, ...yaml], client, ...(target && { target }), expected: '' });

  it('without any a request goes to its host', () => {
    expect(asked([])).toBe('Accept');
  });

  it('there are none on the way to an entry without addresses that is not resolved: ztunnels do not know it', () => {
    const spec = `{ hosts: [raw.test], location: MESH_EXTERNAL, ${ports} }`;
    const raw = object('ServiceEntry', 'shop', spec, 'theirs', 'istio.io/use-waypoint: way');
    const nobody = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: nobody, namespace: shop }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }], action: ALLOW }`;
    expect(asked([raw, nobody], to('raw.test'))).toBe('Accept ServiceEntry/shop/theirs');
    expect(asked([nobody])).toBe('Deny');
  });

  it('a policy by address of the connection says nothing there that is known, one by address of the client does', () => {
    const policy = (source: string): string => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: who, namespace: shop }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }], rules: [{ from: [{ source: { ${source} } }] }] }`;
    expect(asked([policy('ipBlocks: [10.0.0.0/8]')])).toBe('Accept?');
    expect(asked([policy('ipBlocks: [192.0.2.0/24]')])).toBe('Accept?');
    expect(asked([policy('remoteIpBlocks: [10.0.0.0/8]')])).toBe('Accept');
    expect(asked([policy('remoteIpBlocks: [192.0.2.0/24]')])).toBe('Deny');
  });

  it('and none to endpoints that are not exported to the waypoint: it is not served them', () => {
    const fixed = (exportTo: string, how: string): string =>
      object(
        'ServiceEntry',
        'shop',
        `{ hosts: [fixed.test], location: MESH_EXTERNAL, exportTo: [${exportTo}], ${how}, ${ports} }`,
        'theirs',
        'istio.io/use-waypoint: way',
      );
    const given = 'resolution: STATIC, endpoints: [{ address: 203.0.113.9 }]';
    expect(asked([fixed('news', given)], to('fixed.test'))).toBe('Deny ServiceEntry/shop/theirs');
    expect(asked([fixed('shop', given)], to('fixed.test'))).toBe('Accept > 203.0.113.9:443 ServiceEntry/shop/theirs');
    expect(asked([fixed('news', 'resolution: DNS')], to('fixed.test'))).toBe('Accept ServiceEntry/shop/theirs');
  });

  it('lead requests elsewhere', () => {
    expect(asked([http(`{ route: [${toWww}] }`)])).toBe('Accept > www.test:80 VirtualService/shop/theirs');
  });

  it('lead to a proxy of the cluster that may carry requests on', () => {
    expect(asked([squid, http(`{ route: [${toSquid}] }`)])).toBe('Accept? Service/shop/theirs');
  });

  it('do not ask for labels of the client', () => {
    expect(asked([http(`{ match: [{ sourceLabels: { app: checkout } }], route: [${toWww}] }`)])).toBe('Accept');
  });

  it('count in the namespaces of the waypoint and of the service', () => {
    expect(asked([http(`{ route: [${toWww}] }`).replace('namespace: shop', 'namespace: news')])).toBe('Accept');
  });

  it('lead TLS elsewhere, by the very host of the service', () => {
    const elsewhere = 'Accept > www.test:443 VirtualService/shop/theirs';
    expect(asked([tls('{ port: 443, sniHosts: [api.test] }')], to('api.test'))).toBe(elsewhere);
    expect(asked([tls('{ port: 443, sniHosts: [api.test, other.test] }')], to('api.test'))).toBe('Accept');
  });

  it('of which none is for the request refuse it', () => {
    const target = { ...to('api.test', 80), path: '/' };
    expect(asked([http(`{ match: [{ uri: { prefix: /only } }], route: [${toWww}] }`)], target)).toBe(
      'Deny VirtualService/shop/theirs',
    );
  });
});
