import fc from 'fast-check';
import { apiGroups } from '../../adapters/istio/objects/kinds.ts';
import { destinationName } from '../../adapters/istio/objects/names.ts';
import { parse } from './mesh-play.ts';
import { closedMesh, gatewayConfig, type MeshWorld } from '../mesh/worlds.ts';

/* Clusters that differ in what decides about egress, and objects that others may have beside ours. */

const gatewayPorts = { 80: 8080, 443: 8443, 5432: 15432, 8443: 9443, 9443: 19443 };
const configs = fc.constantFrom<object>(
  { gateway: { ...gatewayConfig.gateway, ports: gatewayPorts }, canonicalHosts: { '*.wild.test': 'www.wild.test' } },
  { gateway: { ...gatewayConfig.gateway, ports: { ...gatewayPorts, 8443: 8443 } } },
  {
    gateway: { ...gatewayConfig.gateway, ports: gatewayPorts },
    dedicated: { services: { stripe: { service: 'egress-2', selector: { egress: 'two' }, ports: gatewayPorts } } },
  },
  {
    api: 'GatewayAPI',
    istioVersion: '1.31.0',
    gateway: { ...gatewayConfig.gateway, ports: gatewayPorts },
    dedicated: { services: { made: { service: 'egress-2', selector: { egress: 'two' }, ports: gatewayPorts } } },
    canonicalHosts: { '*.wild.test': 'www.wild.test' },
  },
  { plane: 'direct', istioVersion: '1.31.0' },
  { plane: 'ambient', istioVersion: '1.31.0', waypoint: { wildcardTls: true } },
);

const [tls, http, https] = (['tls', 'http', 'https'] as const).map((appProtocol) => ({
  port: appProtocol === 'http' ? 80 : 443,
  protocol: 'TCP',
  appProtocol,
}));

const catalogue: Readonly<Record<string, object>> = {
  stripe: { domainNames: ['api.stripe.test'], ports: [tls] },
  both: { domainNames: ['both.test', 'api.stripe.test'], ports: [tls, http] },
  second: { domainNames: ['api.stripe.test'], ports: [{ ...tls, port: 8443 }] },
  mirror: { domainNames: ['mirror.test'], ports: [http] },
  made: { domainNames: ['made.test'], ports: [https], tls: 'Originate' },
  elsewhere: { domainNames: ['made.test'], ports: [{ ...https, port: 8443 }], tls: 'Originate' },
  itself: { domainNames: ['made.test'], ports: [tls] },
  wild: { domainNames: ['*.wild.test'], ports: [tls] },
  open: { domainNames: ['*.open.test'], ports: [http, tls] },
  below: { domainNames: ['pay.open.test'], ports: [https], tls: 'Originate' },
  database: { domainNames: ['db.test'], ports: [{ port: 5432, protocol: 'TCP', appProtocol: 'tcp' }] },
  address: { networks: ['203.0.113.20/32'], ports: [{ port: 9443, protocol: 'TCP' }] },
  network: { networks: ['203.0.113.0/24'], ports: [{ port: 9443, protocol: 'TCP' }] },
};
const names = Object.keys(catalogue);

export const meshWorlds: fc.Arbitrary<MeshWorld> = fc
  .record({
    config: configs,
    checkout: fc.subarray(names, { minLength: 1, maxLength: 4 }),
    other: fc.subarray(names, { maxLength: 3 }),
    everybody: fc.subarray(names, { maxLength: 2 }),
  })
  .map(({ config, checkout, other, everybody }) => {
    const grants = { checkout, other, '*': everybody };
    const used = new Set(Object.values(grants).flat());
    const services = Object.fromEntries(Object.entries(catalogue).filter(([name]) => used.has(name)));
    return {
      config,
      services,
      grants: Object.fromEntries(Object.entries(grants).filter(([, granted]) => granted.length > 0)),
      mesh: closedMesh,
    };
  });

const istioMutual = { mode: 'Terminate', options: { 'gateway.istio.io/tls-terminate-mode': 'ISTIO_MUTUAL' } };

/** Through a gateway, with a host for each kind of route. */
export const routeWorlds: fc.Arbitrary<MeshWorld> = meshWorlds
  .filter(({ config }) => 'api' in config || 'dedicated' in config)
  .map((world) => {
    const { stripe = {}, mirror = {}, database = {} } = catalogue;
    return { ...world, services: { stripe, mirror, database }, grants: { checkout: ['stripe', 'mirror', 'database'] } };
  });

const ages = ['2026-01-01T00:00:00Z', '2026-09-01T00:00:00Z'] as const;
const hosts = ['api.stripe.test', 'made.test', 'mirror.test', 'db.test', 'www.wild.test', '*.wild.test', 'new.test'];
const places = ['istio-egress', 'shop', 'news', 'istio-system'];
const exports = [undefined, ['*'], ['.'], ['shop'], ['.', 'shop', 'istio-egress']];

const entry = fc
  .record({
    host: fc.constantFrom(...hosts),
    port: fc.constantFrom('443 TLS', '80 HTTP', '5432 TCP', '8443 TLS', '443 HTTP', '5432 TLS'),
    how: fc.constantFrom<object>(
      { resolution: 'DNS' },
      { resolution: 'NONE' },
      { resolution: 'NONE', addresses: ['203.0.113.0/24'] },
      { resolution: 'STATIC', endpoints: [{ address: '203.0.113.99' }] },
      { resolution: 'DNS', endpoints: [{ address: 'pinned.test' }] },
      { resolution: 'DNS_ROUND_ROBIN' },
      { resolution: 'DNS_ROUND_ROBIN', endpoints: [{ address: 'pinned.test' }] },
      { resolution: 'STATIC', workloadSelector: { labels: { app: 'other' } } },
    ),
    exportTo: fc.constantFrom(...exports),
  })
  .map(({ host, port, how, exportTo }) => {
    const [number = '', protocol = ''] = port.split(' ');
    const ports = [{ number: Number(number), name: `${protocol.toLowerCase()}-${number}`, protocol }];
    const resolution = host.startsWith('*') ? { resolution: 'NONE' } : how;
    return { kind: 'ServiceEntry', spec: { hosts: [host], location: 'MESH_EXTERNAL', ports, ...resolution, exportTo } };
  });

const route = fc
  .record({
    host: fc.constantFrom(...hosts.filter((host) => !host.startsWith('*'))),
    kind: fc.constantFrom('tls' as const, 'http' as const, 'tcp' as const),
    exportTo: fc.constantFrom(...exports),
  })
  .map(({ host, kind, exportTo }) => {
    const port = { tls: 443, http: 80, tcp: 5432 }[kind];
    const match = [{ port, ...(kind === 'tls' && { sniHosts: [host] }) }];
    const destination = { host: 'new.test', port: { number: port } };
    return { kind: 'VirtualService', spec: { hosts: [host], exportTo, [kind]: [{ match, route: [{ destination }] }] } };
  });

const rule = fc
  .record({
    host: fc.constantFrom(...hosts, 'egress.istio-egress.svc.cluster.local', '*.test', '*.svc.cluster.local'),
    tls: fc.constantFrom<object>({ mode: 'SIMPLE' }, { mode: 'DISABLE' }, { mode: 'ISTIO_MUTUAL' }),
    exportTo: fc.constantFrom(...exports),
    selector: fc.constantFrom<object>({}, {}, { workloadSelector: { matchLabels: { app: 'other' } } }),
    where: fc.constantFrom('whole' as const, 'port' as const, 'subset' as const),
  })
  .map(({ host, tls: settings, exportTo, selector, where }) => {
    const policy = {
      whole: { trafficPolicy: { tls: settings } },
      port: { trafficPolicy: { portLevelSettings: [{ port: { number: 443 }, tls: settings }] } },
      subset: { subsets: [{ name: 'theirs', trafficPolicy: { tls: settings } }] },
    }[where];
    const shown = 'workloadSelector' in selector ? ['.'] : exportTo;
    return { kind: 'DestinationRule', spec: { host, exportTo: shown, ...selector, ...policy } };
  });

const gateway = fc
  .record({
    hosts: fc.constantFrom(['*'], ['api.stripe.test'], ['istio-egress/api.stripe.test'], ['*.test']),
    server: fc.constantFrom<object>(
      { port: { number: 443, name: 'theirs', protocol: 'TLS' }, tls: { mode: 'PASSTHROUGH' } },
      { port: { number: 443, name: 'theirs', protocol: 'TCP' } },
      { port: { number: 80, name: 'theirs', protocol: 'HTTP' } },
    ),
  })
  .map(({ hosts: served, server }) => ({
    kind: 'Gateway',
    spec: { selector: { egress: 'shared' }, servers: [{ ...server, hosts: served }] },
  }));

const sidecar = fc
  .record({
    policy: fc.constantFrom<object>(
      {},
      { outboundTrafficPolicy: {} },
      { outboundTrafficPolicy: { mode: 'ALLOW_ANY' } },
    ),
    selector: fc.constantFrom<object>({}, { workloadSelector: { labels: { app: 'other' } } }),
    imports: fc.constantFrom(['*/*'], ['./*'], ['istio-egress/*', '*/*.svc.cluster.local']),
  })
  .map(({ policy, selector, imports }) => ({
    kind: 'Sidecar',
    spec: { ...policy, ...selector, egress: [{ hosts: imports }] },
  }));

const authorization = fc
  .record({
    action: fc.constantFrom('ALLOW', 'DENY'),
    selector: fc.constantFrom<object>({ selector: { matchLabels: { egress: 'shared' } } }, {}),
    rule: fc.constantFrom<object>(
      { from: [{ source: { principals: ['cluster.local/ns/shop/sa/other'] } }] },
      { from: [{ source: { namespaces: ['shop'] } }], to: [{ operation: { ports: ['8443'] } }] },
      { when: [{ key: 'connection.sni', values: ['api.stripe.test', '*.wild.test'] }] },
      { to: [{ operation: { hosts: ['mirror.test'], methods: ['GET'] } }] },
      { from: [{ source: { notPrincipals: ['cluster.local/ns/shop/sa/other'] } }] },
    ),
  })
  .map(({ action, selector, rule: one }) => ({
    kind: 'AuthorizationPolicy',
    spec: { ...selector, action, rules: [one] },
  }));

const workload = fc
  .constantFrom<object>({ egress: 'shared' }, { egress: 'two' }, { app: 'other' })
  .map((labels) => ({ kind: 'WorkloadEntry', spec: { address: '203.0.113.66', labels } }));

const service = fc
  .record({
    how: fc.constantFrom<object>(
      { clusterIP: 'None', selector: { app: 'other' } },
      { clusterIP: 'None', selector: { egress: 'shared' } },
      { clusterIP: 'None' },
      { type: 'ExternalName', externalName: 'made.test' },
    ),
    port: fc.constantFrom('80 http', '443 tls', '5432 tcp', '8443 http'),
  })
  .map(({ how, port }) => {
    const [number = '', protocol = ''] = port.split(' ');
    return { kind: 'Service', spec: { ...how, ports: [{ name: `${protocol}-${number}`, port: Number(number) }] } };
  });

const spoken = {
  HTTPRoute: { host: 'mirror.test', port: 80 },
  TLSRoute: { host: 'api.stripe.test', port: 443 },
  TCPRoute: { host: 'db.test', port: 5432 },
} as const;

/** What a route may be for: an entry or a Gateway of ours for the host, or something else that is there. */
function parentsFor(host: string): readonly object[] {
  const ours = (['Istio', 'GatewayAPI'] as const).map((api) =>
    destinationName({ cluster: 'manifests' }, host, { namespace: 'istio-egress', service: 'egress', api }),
  );
  const entries = ours.map((name) => ({
    group: apiGroups.istio,
    kind: 'ServiceEntry',
    name,
    namespace: 'istio-egress',
  }));
  return [
    ...entries,
    ...entries,
    ...entries,
    ...ours.map((name) => ({ group: apiGroups.gateway, kind: 'Gateway', name, namespace: 'istio-egress' })),
    { group: apiGroups.istio, kind: 'ServiceEntry', name: 'theirs-0' },
    { group: '', kind: 'Service', name: 'egress', namespace: 'istio-egress' },
    { group: apiGroups.gateway, kind: 'Gateway', name: 'theirs-0', namespace: 'istio-egress' },
  ];
}

const gatewayRoute = fc.constantFrom(...(['HTTPRoute', 'TLSRoute', 'TCPRoute'] as const)).chain((kind) => {
  const { host, port } = spoken[kind];
  return fc
    .record({
      parent: fc.constantFrom(...parentsFor(host)),
      hasPort: fc.boolean(),
      backend: fc.constantFrom(host, 'new.test'),
      hostnames: fc.constantFrom<readonly string[]>([host], ['*.test']),
      matches: fc.constantFrom<object>({}, { matches: [{ path: { type: 'PathPrefix', value: '/other' } }] }),
    })
    .map(({ parent, hasPort, backend, hostnames, matches }) => {
      const to = { group: apiGroups.istio, kind: 'Hostname', name: backend, port };
      const rule = { backendRefs: [to], ...(kind === 'HTTPRoute' && matches) };
      const isForEntry = 'kind' in parent && parent.kind === 'ServiceEntry';
      const parentRefs = [{ ...parent, ...(hasPort && isForEntry && { port }) }];
      return { kind, spec: { parentRefs, ...(kind !== 'TCPRoute' && { hostnames }), rules: [rule] } };
    });
});

const routeGateway = fc
  .record({
    hostname: fc.constantFrom<object>({}, { hostname: 'api.stripe.test' }, { hostname: '*.test' }),
    listener: fc.constantFrom<object>(
      { port: 443, protocol: 'TLS', tls: { mode: 'Passthrough' } },
      { port: 443, protocol: 'TLS', tls: istioMutual },
      { port: 80, protocol: 'HTTPS', tls: istioMutual },
      { port: 80, protocol: 'HTTP' },
      { port: 5432, protocol: 'TCP' },
    ),
    from: fc.constantFrom('Same', 'All'),
  })
  .map(({ hostname, listener, from }) => {
    const allowedRoutes = { namespaces: { from } };
    const listeners = [{ name: 'theirs', ...listener, ...hostname, allowedRoutes }];
    const addresses = [{ type: 'Hostname', value: 'egress.istio-egress.svc.cluster.local' }];
    return { kind: `Gateway.${apiGroups.gateway}`, spec: { gatewayClassName: 'istio', addresses, listeners } };
  });

const known = parse(`
apiVersion: v1
kind: Service
metadata: { name: sneaky, namespace: shop, creationTimestamp: '2026-01-01T00:00:00Z' }
spec: { ports: [{ name: tcp, port: 9000, targetPort: 9001, protocol: TCP }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: sneaky-1, namespace: shop, labels: { kubernetes.io/service-name: sneaky } }
addressType: IPv4
ports: [{ name: tcp, port: 9001, protocol: TCP }]
endpoints: [{ addresses: [203.0.113.254], conditions: { ready: true } }]
`);

const elsewhere = parse(`
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: new, namespace: istio-egress, creationTimestamp: '2026-01-01T00:00:00Z' }
spec: { hosts: [new.test], resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }, { number: 80, name: http, protocol: HTTP }] }
`);

/** The same of the Gateway API. */
export const foreignRoutes: fc.Arbitrary<readonly object[]> = fc
  .array(
    fc.record({
      object: fc.oneof(gatewayRoute, gatewayRoute, gatewayRoute, routeGateway, entry),
      namespace: fc.constantFrom('shop', 'shop', ...places),
      creationTimestamp: fc.constantFrom(...ages),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) => [
    ...elsewhere,
    ...list.map(({ object, namespace, creationTimestamp }, at) => {
      const isEntry = object.kind === 'ServiceEntry';
      const isGateway = object.kind.startsWith('Gateway');
      return {
        apiVersion: `${isEntry ? apiGroups.istio : apiGroups.gateway}/v1`,
        kind: isGateway ? 'Gateway' : object.kind,
        metadata: { name: `theirs-${at}`, namespace: isGateway ? 'istio-egress' : namespace, creationTimestamp },
        spec: object.spec,
      };
    }),
  ]);

/** Up to three objects of others, older than ours or younger. */
export const foreignObjects: fc.Arbitrary<readonly object[]> = fc
  .array(
    fc.record({
      object: fc.oneof(entry, entry, route, rule, gateway, sidecar, authorization, workload, service),
      namespace: fc.constantFrom(...places),
      creationTimestamp: fc.constantFrom(...ages),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .chain((list) => fc.tuple(fc.constant(list), fc.boolean()))
  .map(([list, hasService]) => [
    ...list.map(({ object: { kind, spec }, namespace, creationTimestamp }, at) => {
      const group = kind === 'AuthorizationPolicy' ? 'security' : 'networking';
      // A Sidecar is of interest where there are pods.
      const place = kind === 'Sidecar' ? 'shop' : kind === 'AuthorizationPolicy' ? 'istio-egress' : namespace;
      const metadata = { name: `theirs-${at}`, namespace: place, creationTimestamp };
      return { apiVersion: kind === 'Service' ? 'v1' : `${group}.istio.io/v1`, kind, metadata, spec };
    }),
    ...(hasService ? known : []),
  ]);
