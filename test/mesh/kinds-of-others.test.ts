import { describe, expect, it } from 'vitest';
import type { MeshConfig } from '../../src/verify/mesh/objects/config.ts';
import { behindGateway, plane, shopSidecar, stripe, to } from '../../src/verify/mesh/testing/fixtures.ts';
import { answered, api, destination, http, object, ports, toEgress } from './answered.ts';

/* Objects of kinds beside those that lead flows, which change what becomes of them. After pilot's sources of 2026-08-27. */

/** As the real istiod of 2026-08-27 and its Envoy had each of them, at a waypoint and at a sidecar. */
describe('two entries for one host, one of them with DNS_ROUND_ROBIN', () => {
  const older = '2026-01-01T00:00:00Z';
  const two = (first: string, second: string): readonly string[] =>
    [first, second].map((how, at) =>
      object(
        'ServiceEntry',
        'shop',
        `{ hosts: [api.test], location: MESH_EXTERNAL, resolution: ${how}, ${ports} }`,
        `theirs-${at}`,
      ).replace('labels:', `creationTimestamp: '${at === 0 ? older : '2026-02-01T00:00:00Z'}', labels:`),
    );
  const pinned = 'STATIC, endpoints: [{ address: 203.0.113.9 }]';
  const rotating = 'DNS_ROUND_ROBIN';
  const named = (name: string): string => `${rotating}, endpoints: [{ address: ${name} }]`;

  it.each([
    ['the older of which lets in more endpoints than a proxy takes', two(rotating, pinned), 'Accept?'],
    ['also by name', two(rotating, 'DNS'), 'Accept?'],
    ['the younger of which gives none', two(pinned, rotating), 'Accept > 203.0.113.9:80 ServiceEntry/shop/theirs-0'],
    ['both of which are so', two(named('x.test'), named('y.test')), 'Accept > x.test:80 ServiceEntry/shop/theirs-0'],
    ['the other of which has no endpoint', two(rotating, 'STATIC'), 'Accept ServiceEntry/shop/theirs-0'],
  ])('%s', (_, yaml, expected) => {
    const answer = answered(yaml);
    expect(expected.includes('?') ? answer.slice(0, 7) : answer).toBe(expected);
  });
});

/** As the real istiod of 2026-08-27 and its Envoy had each of them. */
describe('the TLS of the mesh without a word', () => {
  const open = plane.replace('action: ALLOW }', 'action: ALLOW, rules: [{}] }');
  const knowing = open.replace('{ gateway: shared } }', '{ gateway: shared, security.istio.io/tlsMode: istio } }');
  const passing = object(
    'Gateway',
    'istio-egress',
    '{ selector: { gateway: shared }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: [api.test], tls: { mode: PASSTHROUGH } }] }',
    'passing',
  );
  const through = object(
    'VirtualService',
    'istio-egress',
    `{ hosts: [api.test], gateways: [mesh, passing], tls: [{ match: [{ gateways: [mesh], port: 443, sniHosts: [api.test] }], route: [${toEgress}] }, { match: [{ gateways: [passing], port: 443, sniHosts: [api.test] }], route: [${destination}] }] }`,
    'through',
  );
  const off = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: theirs, namespace: istio-egress }
spec: { mtls: { mode: DISABLE } }`;
  const asked = (yaml: readonly string[], config: Partial<MeshConfig> = {}): string =>
    answered([...yaml, api, passing, through], { config, target: to('api.test') });

  it('is spoken to pods of a gateway that know it, which then does not see the SNI of the application', () => {
    expect(asked([open])).toBe('Accept');
    expect(asked([knowing])).toBe('Deny');
    expect(asked([knowing], { autoMtls: false })).toBe('Accept');
  });

  it('is not known to be where a PeerAuthentication says that there is none', () => {
    expect(asked([knowing, off])).toBe('Deny? PeerAuthentication/istio-egress/theirs');
    expect(asked([open, off])).toBe('Accept');
  });
});

describe('listeners that others add to a Gateway', () => {
  const gateway = (more: string): string => `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: own, namespace: istio-egress }
spec: { gatewayClassName: istio, ${more} listeners: [{ name: http, port: 8080, protocol: HTTP }] }`;
  const added = `apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: theirs, namespace: istio-egress }
spec: { parentRef: { name: own }, listeners: [{ name: tls, port: 9443, protocol: TLS }] }`;
  const asked = (more: string): string =>
    answered([plane, shopSidecar, behindGateway(stripe), gateway(more), added], { target: to(stripe.host) });

  it('leave nothing certain there, if the Gateway takes any', () => {
    expect(asked('allowedListeners: { namespaces: { from: Same } },')).toBe('Accept? ListenerSet/istio-egress/theirs');
    expect(asked('')).toBe('Accept');
  });
});

describe('a route of a Gateway to a Service of another namespace', () => {
  const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: own, namespace: istio-egress }
spec:
  gatewayClassName: istio
  addresses: [{ type: Hostname, value: egress.istio-egress.svc.cluster.local }]
  listeners: [{ name: http, port: 80, protocol: HTTP, allowedRoutes: { namespaces: { from: All } } }]`;
  const route = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: theirs, namespace: shop }
spec:
  parentRefs: [{ name: own, namespace: istio-egress }]
  hostnames: [api.test]
  rules: [{ backendRefs: [{ name: bare, namespace: news, port: 80 }] }]`;
  const bare = `apiVersion: v1\nkind: Service\nmetadata: { name: bare, namespace: news }\nspec: { ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: bare-1, namespace: news, labels: { kubernetes.io/service-name: bare } }
ports: [{ name: http, port: 80, protocol: TCP }]
endpoints: [{ addresses: [203.0.113.77] }]`;
  const grant = (kind: string): string => `apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: grant, namespace: news }
spec: { from: [{ group: gateway.networking.k8s.io, kind: ${kind}, namespace: shop }], to: [{ group: '', kind: Service }] }`;
  const open = plane.replace('action: ALLOW }', 'action: ALLOW, rules: [{}] }');
  const led = http(`{ route: [${toEgress}] }`).replace('name: theirs', 'name: led');
  const asked = (more: readonly string[]): string => answered([open, api, led, gateway, route, bare, ...more]);

  it('is followed only as that namespace grants it', () => {
    expect(asked([])).toBe('Deny HTTPRoute/shop/theirs');
    expect(asked([grant('TLSRoute')])).toBe('Deny HTTPRoute/shop/theirs');
    expect(asked([grant('HTTPRoute')])).toBe('Accept > 203.0.113.77:80');
  });
});

describe('an object of one revision of istiod', () => {
  const theirs = object(
    'ServiceEntry',
    'shop',
    `{ hosts: [api.test], location: MESH_EXTERNAL, ${ports}, resolution: DNS }`,
    'theirs',
    'istio.io/rev: canary',
  );
  const space = (labels: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { ${labels} } }`;

  it.each([
    ['nothing says which istiod serves the proxies', [theirs], 'Accept? ServiceEntry/shop/theirs'],
    ['another does', [theirs, space('istio-injection: enabled')], 'Accept? ServiceEntry/shop/theirs'],
    ['that one does', [theirs, space('istio.io/rev: canary')], 'Accept ServiceEntry/shop/theirs'],
    ['it is for all', [theirs.replace('canary', "''")], 'Accept ServiceEntry/shop/theirs'],
    [
      'it is of a namespace that has no part in the flow',
      [api, theirs.replaceAll('shop', 'news').replace('resolution', "exportTo: ['.'], resolution")],
      'Accept',
    ],
  ])('where %s', (_, yaml, expected) => {
    expect(answered(yaml)).toBe(expected);
  });
});

/** istiod 1.31 serves a gateway that starts the older, and a gateway that runs that of its own namespace as soon as one changes. */
describe('entries of two namespaces for one host, at a gateway', () => {
  // Of objects without an age the one comes first whose namespace does.
  const theirs = (how: string): string =>
    object(
      'ServiceEntry',
      'bank',
      `{ hosts: [${stripe.host}], location: MESH_EXTERNAL, exportTo: [., istio-egress], ${how}, ${ports} }`,
    );
  const asked = (more: string): string =>
    answered([plane, shopSidecar, behindGateway(stripe), more], { target: to(stripe.host) });

  it('lead to one or the other, as the last change has it', () => {
    expect(asked(theirs('resolution: DNS, endpoints: [{ address: pinned.test }]'))).toBe(
      'Accept? > pinned.test:443 ServiceEntry/bank/theirs',
    );
  });

  it('make no difference where both lead to the same', () => {
    expect(asked(theirs('resolution: DNS'))).toBe('Accept ServiceEntry/bank/theirs');
  });
});
