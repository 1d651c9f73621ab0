import { describe, expect, it } from 'vitest';
import type { Wire } from '../ends/ends.ts';
import { asked, gateway, publicAddress, type Peer } from '../testing/asked.ts';

/*
 * What the conformance suite of the policies of administrators asks for of flows out of pods, as facts of our own:
 * https://github.com/kubernetes-sigs/network-policy-api/tree/main/conformance.
 * From pod `app: web` of namespace `shop`; the gateway is pod `gateway: shared` of `istio-egress`, with port `tls`.
 */

type Row = readonly [string, readonly string[], Peer, Partial<Wire>, 'yes' | 'no'];

const policy = (spec: string, name = 'p'): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: shop }\nspec: { ${spec} }`;
const egress = (rules: string, name?: string): string =>
  policy(`podSelector: {}, policyTypes: [Egress], egress: [${rules}]`, name);
const there = 'kubernetes.io/metadata.name: istio-egress';
const isGateway = 'podSelector: { matchLabels: { gateway: shared } }';
const tcp = (port: number): Partial<Wire> => ({ port });
const sctp: Partial<Wire> = { protocol: 'SCTP', port: 9003 };
const udp: Partial<Wire> = { protocol: 'UDP', port: 53 };

interface Admin {
  readonly name?: string;
  readonly priority?: number;
  readonly subject?: string;
}
const every = 'namespaces: {}';
const admin = (rules: string, { name = 'a', priority = 5, subject = every }: Admin = {}): string =>
  `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: { name: ${name} }\nspec: { priority: ${priority}, subject: { ${subject} }, egress: [${rules}] }`;
const baseline = (rules: string): string =>
  `apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: { name: default }\nspec: { subject: { ${every} }, egress: [${rules}] }`;
const cluster = (tier: string, rules: string, { name = 'a', priority = 5, subject = every }: Admin = {}): string =>
  `apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: { name: ${name} }\nspec: { tier: ${tier}, priority: ${priority}, subject: { ${subject} }, egress: [${rules}] }`;
const networks = (action: string, cidr: string, ports = ''): string =>
  `{ action: ${action}, to: [{ networks: [${cidr}] }]${ports} }`;
const world = '0.0.0.0/0';
const older = (ports: string): string => `, ports: [${ports}]`;

const adminPolicies: readonly Row[] = [
  [
    'Deny goes before a NetworkPolicy that allows',
    [admin(networks('Deny', world)), egress('{}')],
    publicAddress,
    {},
    'no',
  ],
  [
    'Allow goes before a NetworkPolicy that isolates',
    [admin(networks('Allow', world)), egress('')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'Pass leaves it to the NetworkPolicy',
    [admin(`${networks('Pass', world)}, ${networks('Deny', world)}`), egress('')],
    publicAddress,
    {},
    'no',
  ],
  [
    'Pass leaves it to the NetworkPolicy, which allows',
    [admin(`${networks('Pass', world)}, ${networks('Deny', world)}`), egress('{}')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'Pass without a NetworkPolicy comes to the baseline',
    [admin(networks('Pass', world)), baseline(networks('Deny', world))],
    publicAddress,
    {},
    'no',
  ],
  [
    'Pass without anything else is open',
    [admin(`${networks('Pass', world)}, ${networks('Deny', world)}`)],
    publicAddress,
    {},
    'yes',
  ],
  [
    'the baseline is not asked where a NetworkPolicy selects the pod',
    [baseline(networks('Deny', world)), egress('{}')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'the baseline allows what nobody else is about',
    [baseline(`${networks('Allow', '203.0.113.0/24')}, ${networks('Deny', world)}`)],
    publicAddress,
    {},
    'yes',
  ],
  [
    'the lower number goes first',
    [
      admin(networks('Deny', world), { name: 'late', priority: 60 }),
      admin(networks('Allow', world), { name: 'soon', priority: 50 }),
    ],
    publicAddress,
    {},
    'yes',
  ],
  [
    'the first rule goes first',
    [admin(`${networks('Deny', '203.0.113.0/24')}, ${networks('Allow', world)}`)],
    publicAddress,
    {},
    'no',
  ],
  ['a policy isolates nobody', [admin(networks('Allow', '198.51.100.0/24'))], publicAddress, {}, 'yes'],
  [
    'another namespace is not meant',
    [
      admin(networks('Deny', world), {
        subject: 'namespaces: { matchLabels: { kubernetes.io/metadata.name: other } }',
      }),
    ],
    publicAddress,
    {},
    'yes',
  ],
  [
    'a subject of pods',
    [
      admin(networks('Deny', world), {
        subject: 'pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: web } } }',
      }),
    ],
    publicAddress,
    {},
    'no',
  ],
  [
    'a peer by namespace',
    [admin(`{ action: Deny, to: [{ namespaces: { matchLabels: { ${there} } } }] }`)],
    gateway,
    {},
    'no',
  ],
  [
    'a peer by pod',
    [admin(`{ action: Deny, to: [{ pods: { namespaceSelector: {}, ${isGateway} } }] }`)],
    gateway,
    {},
    'no',
  ],
  [
    'a peer by namespace is nobody outside',
    [admin('{ action: Deny, to: [{ namespaces: {} }] }')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'a port by its number',
    [admin(networks('Deny', world, older('{ portNumber: { protocol: TCP, port: 443 } }')))],
    publicAddress,
    tcp(443),
    'no',
  ],
  [
    'another port',
    [admin(networks('Deny', world, older('{ portNumber: { protocol: TCP, port: 443 } }')))],
    publicAddress,
    tcp(80),
    'yes',
  ],
  [
    'a range of ports',
    [admin(networks('Deny', world, older('{ portRange: { protocol: UDP, start: 50, end: 60 } }')))],
    publicAddress,
    udp,
    'no',
  ],
  [
    'SCTP',
    [admin(networks('Deny', world, older('{ portNumber: { protocol: SCTP, port: 9003 } }')))],
    publicAddress,
    sctp,
    'no',
  ],
  [
    'a port by its name',
    [admin('{ action: Deny, to: [{ namespaces: {} }], ports: [{ namedPort: tls }] }')],
    gateway,
    tcp(443),
    'no',
  ],
  [
    'ClusterNetworkPolicy: Deny of the Admin tier goes first',
    [cluster('Admin', networks('Deny', world)), egress('{}')],
    publicAddress,
    {},
    'no',
  ],
  [
    'ClusterNetworkPolicy: the Baseline tier goes last',
    [cluster('Baseline', networks('Deny', world)), egress('{}')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'ClusterNetworkPolicy: Pass in the Admin tier, Deny in the Baseline',
    [cluster('Admin', networks('Pass', world)), cluster('Baseline', networks('Deny', world), { name: 'b' })],
    publicAddress,
    {},
    'no',
  ],
  [
    'ClusterNetworkPolicy: a protocol with a range',
    [
      cluster(
        'Admin',
        networks('Deny', world, ', protocols: [{ tcp: { destinationPort: { range: { start: 400, end: 500 } } } }]'),
      ),
    ],
    publicAddress,
    tcp(443),
    'no',
  ],
  [
    'ClusterNetworkPolicy: a whole protocol',
    [cluster('Admin', networks('Deny', world, ', protocols: [{ udp: {} }]'))],
    publicAddress,
    tcp(443),
    'yes',
  ],
];

const onCilium =
  'apiVersion: v1\nkind: Node\nmetadata: { name: n1, annotations: { network.cilium.io/ipv4-pod-cidr: 10.1.0.0/24 } }';
const called = (host: string): Peer => ({ host });
const named = (action: string, ...names: readonly string[]): string =>
  `{ action: ${action}, to: [{ domainNames: [${names.map((name) => `'${name}'`).join(', ')}] }] }`;
const stranger = (action: string, ...beside: readonly string[]): string =>
  `{ action: ${action}, to: [${['{ services: { name: api } }', ...beside].join(', ')}] }`;
const rest = networks('Deny', world);

const names: readonly Row[] = [
  ['a name', [onCilium, cluster('Admin', `${named('Accept', 'api.test')}, ${rest}`)], called('api.test'), {}, 'yes'],
  [
    'with a dot at its end',
    [onCilium, cluster('Admin', `${named('Accept', 'api.test.')}, ${rest}`)],
    called('api.test'),
    {},
    'yes',
  ],
  [
    'in other case',
    [onCilium, cluster('Admin', `${named('Accept', 'API.Test')}, ${rest}`)],
    called('api.test'),
    {},
    'yes',
  ],
  [
    'a star with a dot at its end',
    [onCilium, cluster('Admin', `${named('Accept', '*.test.')}, ${rest}`)],
    called('a.b.test'),
    {},
    'yes',
  ],
  [
    'a star is not the name below it',
    [onCilium, cluster('Admin', `${named('Accept', '*.api.test')}, ${rest}`)],
    called('api.test'),
    {},
    'no',
  ],
  [
    'a name of no pod',
    [onCilium, cluster('Admin', `${named('Accept', '*')}, { action: Deny, to: [{ namespaces: {} }] }`)],
    gateway,
    {},
    'no',
  ],
  ['an unknown kind of peer with Deny denies', [cluster('Admin', stranger('Deny'))], publicAddress, {}, 'no'],
  ['an unknown kind of peer with Pass denies', [cluster('Admin', stranger('Pass'))], publicAddress, {}, 'no'],
  [
    'an unknown kind of peer beside a known one with Accept accepts nothing',
    [cluster('Admin', `${stranger('Accept', '{ networks: [0.0.0.0/0] }')}, ${rest}`)],
    publicAddress,
    {},
    'no',
  ],
  [
    'an unknown kind of peer beside another network with Deny denies',
    [cluster('Admin', stranger('Deny', '{ networks: [192.0.2.0/32] }'))],
    publicAddress,
    {},
    'no',
  ],
  [
    'an unknown kind of peer with Accept accepts nothing',
    [cluster('Admin', `${stranger('Accept')}, ${rest}`)],
    publicAddress,
    {},
    'no',
  ],
];

describe('names and peers of kinds to come in ClusterNetworkPolicy', () => {
  it.each(names)('%s', (_, objects, peer, wire, expected) => {
    expect(asked(objects, peer, wire).split(' ')[0]).toBe(expected);
  });
});

describe('AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy, as their conformance suite asks', () => {
  it.each(adminPolicies)('%s', (_, objects, peer, wire, expected) => {
    expect(asked(objects, peer, wire).split(' ')[0]).toBe(expected);
  });
});
