import { describe, expect, it } from 'vitest';
import type { MeshClient, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import type { MeshConfig } from '../../src/verify/mesh/objects/config.ts';
import { checkout, meshOf, to, waypoint } from '../../src/verify/mesh/testing/fixtures.ts';

const closed = `${waypoint}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: default-deny, namespace: egress }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: waypoint }], action: ALLOW }`;

function entry(name: string, spec: string, labels = 'istio.io/use-waypoint: waypoint', namespace = 'egress'): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: ${namespace}, labels: { ${labels} } }
spec: { location: MESH_EXTERNAL, ${spec} }`;
}

function allow(name: string, rules: string, attach = ''): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: egress }
spec:
  ${attach || `targetRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: ${name} }]`}
  action: ALLOW
  rules: [${rules}]`;
}

const from = 'from: [{ source: { principals: ["cluster.local/ns/shop/sa/checkout"] } }]';
const tls = entry(
  'stripe',
  'hosts: [api.stripe.test], resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }]',
);
const tlsPolicy = allow(
  'stripe',
  `{ ${from}, to: [{ operation: { ports: ["443"] } }], when: [{ key: connection.sni, values: [api.stripe.test] }] }`,
);
const http = entry(
  'pay',
  'hosts: [pay.test], resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 443 }]',
);
const httpPolicy = allow('pay', `{ ${from}, to: [{ operation: { methods: [POST], paths: [/v1/charges] } }] }`);
const tcp = entry('db', 'hosts: [db.test], resolution: DNS, ports: [{ number: 5432, name: tcp, protocol: TCP }]');
const tcpPolicy = allow('db', `{ ${from}, to: [{ operation: { ports: ["5432"] } }] }`);
const wild = entry(
  'wild',
  'hosts: ["*.example.test"], resolution: DYNAMIC_DNS, ports: [{ number: 443, name: tls, protocol: TLS }]',
);
const guarded = allow('wild', `{ ${from}, when: [{ key: connection.sni, values: ["*.example.test"] }] }`);
const cidr = entry(
  'net',
  'hosts: [net.internal], addresses: [198.51.100.0/24], resolution: NONE, ports: [{ number: 8443, name: tcp, protocol: TCP }]',
);
const all = [closed, tls, tlsPolicy, http, httpPolicy, tcp, tcpPolicy];

interface Case {
  readonly yaml: readonly string[];
  readonly client?: Partial<MeshClient>;
  readonly target?: MeshTarget;
  readonly config?: Partial<MeshConfig>;
  readonly expected: string;
}

const other = { serviceAccount: 'other' };
const charge: MeshTarget = { ...to('pay.test', 80), method: 'POST', path: '/v1/charges' };

const cases: Readonly<Record<string, Case>> = {
  'a granted account reaches TLS, if waypoints know the SNI': { yaml: all, expected: 'Accept waypoint ?' },
  'another account does not': { yaml: all, client: other, expected: 'Deny waypoint' },
  'another SNI than that of the service is denied': {
    yaml: all,
    target: { ...to('api.stripe.test'), sni: 'evil.test' },
    expected: 'Deny waypoint',
  },
  'HTTP is judged by request': { yaml: all, target: charge, expected: 'Accept waypoint' },
  'another method is denied': { yaml: all, target: { ...charge, method: 'GET' }, expected: 'Deny waypoint' },
  'TCP goes by port': { yaml: all, target: to('db.test', 5432), expected: 'Accept waypoint' },
  'an unknown host passes: ambient has no REGISTRY_ONLY': {
    yaml: all,
    target: to('evil.test'),
    expected: 'Accept direct',
  },
  'a service without waypoint has no policies at all': {
    yaml: [closed, tls.replace('istio.io/use-waypoint: waypoint', ''), tlsPolicy],
    client: other,
    expected: 'Accept direct',
  },
  'exportTo hides nothing from ztunnel': {
    yaml: [...all.slice(1), closed].map((text) =>
      text.replace('location: MESH_EXTERNAL', 'location: MESH_EXTERNAL, exportTo: ["."]'),
    ),
    client: other,
    expected: 'Deny waypoint',
  },
  "the client's own ServiceEntry wins, and leads around the waypoint": {
    yaml: [
      ...all,
      entry(
        'rogue',
        'hosts: [api.stripe.test], resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }]',
        '',
        'shop',
      ),
    ],
    client: other,
    expected: 'Accept direct',
  },
  'visibility NAMESPACE hides it, and the flow bypasses it': {
    yaml: all,
    client: other,
    config: { serviceEntryVisibility: 'NAMESPACE' },
    expected: 'Accept direct',
  },
  'a policy by selector is ignored at a waypoint': {
    yaml: [closed, tls, allow('stripe', '{}', 'selector: { matchLabels: {} }')],
    expected: 'Deny waypoint',
  },
  'without a default deny and without a policy, everybody passes': {
    yaml: [waypoint, tls],
    client: other,
    expected: 'Accept waypoint',
  },
  'a wildcard is guarded by SNI': {
    yaml: [closed, wild, guarded],
    target: { ...to('a.example.test'), sni: 'evil.test' },
    config: { wildcardTlsAtWaypoints: true },
    expected: 'Deny waypoint',
  },
  'a wildcard without that guard goes wherever the SNI says': {
    yaml: [closed, wild, allow('wild', `{ ${from} }`)],
    target: { ...to('a.example.test'), sni: 'evil.test' },
    config: { wildcardTlsAtWaypoints: true },
    expected: 'Accept waypoint > evil.test:443',
  },
  'a network goes through the waypoint by address': {
    yaml: [closed, cidr, allow('net', `{ ${from} }`)],
    target: { address: '198.51.100.9', port: 8443, protocol: 'TCP' },
    expected: 'Accept waypoint',
  },
  'a waypoint that does not admit the namespace is not used': {
    yaml: [
      closed,
      tls
        .replace('namespace: egress', 'namespace: shop')
        .replace('use-waypoint: waypoint', 'use-waypoint: waypoint, istio.io/use-waypoint-namespace: egress'),
    ],
    expected: 'Accept direct ?',
  },
  'a waypoint that is not there is not used': { yaml: [tls, tlsPolicy], client: other, expected: 'Accept direct ?' },
  'the waypoint of a namespace is that of its services': {
    yaml: [
      ...all.map((text) => text.replace('labels: { istio.io/use-waypoint: waypoint }', 'labels: {}')),
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: egress, labels: { istio.io/use-waypoint: waypoint } }',
    ],
    client: other,
    expected: 'Deny waypoint',
  },
  'a network policy must let the pod to port 15008 of the waypoint': {
    yaml: [...all, netpol('podSelector: { matchLabels: { gateway.networking.k8s.io/gateway-name: waypoint } }', 443)],
    target: to('db.test', 5432),
    expected: 'Deny waypoint',
  },
  'and is enough for what the waypoint carries': {
    yaml: [...all, netpol('podSelector: { matchLabels: { gateway.networking.k8s.io/gateway-name: waypoint } }', 15008)],
    target: to('db.test', 5432),
    expected: 'Accept waypoint',
  },
  'of two entries that hold an address the closer counts, whichever is older': {
    yaml: [
      ...all,
      cidr,
      entry(
        'one',
        'hosts: [one.internal], addresses: [198.51.100.7], endpoints: [{ address: 198.51.100.7 }], resolution: STATIC, ports: [{ number: 8443, name: tcp, protocol: TCP }]',
      ),
      allow('one', `{ ${from} }`),
    ],
    target: { address: '198.51.100.7', port: 8443, protocol: 'TCP' },
    expected: 'Accept waypoint',
  },
};

function netpol(peer: string, port: number): string {
  return `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: to-waypoint, namespace: shop }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{ to: [{ namespaceSelector: {}, ${peer} }], ports: [{ port: ${port} }] }]`;
}

describe('ambient', () => {
  it.each(Object.entries(cases))('%s', (_, { yaml, client, target = to('api.stripe.test'), config, expected }) => {
    const who: MeshClient = { ...checkout, meshed: 'ambient', ...client };
    const { verdict, certain, path, outside } = evaluateMesh(meshOf(yaml, config)).judge(who, target);
    const elsewhere = verdict === 'Accept' && target.host !== undefined && outside.host !== target.host;
    const said = `${verdict} ${path}${certain ? '' : ' ?'}${elsewhere ? ` > ${outside.host}:${outside.port}` : ''}`;
    expect(said).toBe(expected);
  });
});
