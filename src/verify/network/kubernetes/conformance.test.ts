import { describe, expect, it } from 'vitest';
import type { Wire } from '../ends/ends.ts';
import { asked, gateway, publicAddress, type Peer } from '../testing/asked.ts';

/*
 * What the conformance tests of NetworkPolicy ask for of flows out of pods, as facts of our own:
 * https://github.com/kubernetes/kubernetes/tree/master/test/e2e/network/netpol.
 * From pod `app: web` of namespace `shop`; the gateway is pod `gateway: shared` of `istio-egress`, with port `tls`.
 */

type Row = readonly [string, readonly string[], Peer, Partial<Wire>, 'yes' | 'no'];

const policy = (spec: string, name = 'p'): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: shop }\nspec: { ${spec} }`;
const egress = (rules: string, name?: string): string =>
  policy(`podSelector: {}, policyTypes: [Egress], egress: [${rules}]`, name);
const toPeer = (...peers: readonly string[]): string => egress(`{ to: [${peers.join(', ')}] }`);
const onPort = (...ports: readonly string[]): string => egress(`{ ports: [${ports.join(', ')}] }`);
const there = 'kubernetes.io/metadata.name: istio-egress';
const isGateway = 'podSelector: { matchLabels: { gateway: shared } }';
const block = (cidr: string, except = ''): string =>
  `{ ipBlock: { cidr: ${cidr}${except && `, except: [${except}]`} } }`;
const tcp = (port: number): Partial<Wire> => ({ port });
const sctp: Partial<Wire> = { protocol: 'SCTP', port: 9003 };
const udp: Partial<Wire> = { protocol: 'UDP', port: 53 };

const networkPolicies: readonly Row[] = [
  ['default deny stops pods', [egress('')], gateway, {}, 'no'],
  ['default deny stops names as well: nothing is said of DNS', [egress('')], publicAddress, udp, 'no'],
  ['an empty rule lets everything out', [egress('{}')], publicAddress, sctp, 'yes'],
  ['ingress alone leaves egress open', [policy('podSelector: {}, policyTypes: [Ingress]')], publicAddress, {}, 'yes'],
  ['egress alone leaves ingress open, and closes egress', [egress('')], publicAddress, {}, 'no'],
  ['both types close egress', [policy('podSelector: {}, policyTypes: [Ingress, Egress]')], publicAddress, {}, 'no'],
  [
    'rules of egress need the type',
    [policy('podSelector: {}, policyTypes: [Ingress], egress: [{ ports: [{ port: 1 }] }]')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'another pod is not meant',
    [policy('podSelector: { matchLabels: { app: db } }, policyTypes: [Egress]')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'pods are chosen by expressions',
    [
      policy(
        'podSelector: { matchExpressions: [{ key: app, operator: In, values: [web, db] }] }, policyTypes: [Egress]',
      ),
    ],
    publicAddress,
    {},
    'no',
  ],
  [
    'and by those that exclude',
    [
      policy(
        'podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [web] }] }, policyTypes: [Egress]',
      ),
    ],
    publicAddress,
    {},
    'yes',
  ],
  [
    'a label that is not there is not in a list',
    [
      policy(
        'podSelector: { matchExpressions: [{ key: tier, operator: NotIn, values: [web] }] }, policyTypes: [Egress]',
      ),
    ],
    publicAddress,
    {},
    'no',
  ],
  [
    'a label that has to be there',
    [policy('podSelector: { matchExpressions: [{ key: tier, operator: Exists }] }, policyTypes: [Egress]')],
    publicAddress,
    {},
    'yes',
  ],
  [
    'pod and namespace in one peer must both fit',
    [toPeer(`{ namespaceSelector: { matchLabels: { ${there} } }, podSelector: { matchLabels: { gateway: other } } }`)],
    gateway,
    {},
    'no',
  ],
  [
    'in one peer, and do',
    [toPeer(`{ namespaceSelector: { matchLabels: { ${there} } }, ${isGateway} }`)],
    gateway,
    {},
    'yes',
  ],
  [
    'in two peers one is enough',
    [
      toPeer(
        `{ namespaceSelector: { matchLabels: { ${there} } } }`,
        '{ podSelector: { matchLabels: { gateway: other } } }',
      ),
    ],
    gateway,
    {},
    'yes',
  ],
  ['a pod selector alone is about the own namespace', [toPeer(`{ ${isGateway} }`)], gateway, {}, 'no'],
  ['every namespace is every pod', [toPeer('{ namespaceSelector: {} }')], gateway, {}, 'yes'],
  ['every namespace is nobody outside', [toPeer('{ namespaceSelector: {} }')], publicAddress, {}, 'no'],
  [
    'namespaces are chosen by expressions',
    [
      toPeer(
        '{ namespaceSelector: { matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [istio-egress] }] } }',
      ),
    ],
    gateway,
    {},
    'no',
  ],
  ['a block', [toPeer(block('203.0.113.0/24'))], publicAddress, {}, 'yes'],
  ['a block and its exception', [toPeer(block('203.0.113.0/24', '203.0.113.8/30'))], publicAddress, {}, 'no'],
  [
    'an exception that another rule allows',
    [egress(`{ to: [${block('203.0.113.0/24', '203.0.113.8/30')}] }, { to: [${block('203.0.113.9/32')}] }`)],
    publicAddress,
    {},
    'yes',
  ],
  [
    'an exception that another policy allows',
    [toPeer(block('203.0.113.0/24', '203.0.113.8/30')), egress(`{ to: [${block('203.0.113.9/32')}] }`, 'q')],
    publicAddress,
    {},
    'yes',
  ],
  ['a block of the other family', [toPeer(block("'2001:db8::/32'"))], publicAddress, {}, 'no'],
  ['the first port of a range', [onPort('{ port: 443, endPort: 445 }')], publicAddress, tcp(443), 'yes'],
  ['the last port of a range', [onPort('{ port: 443, endPort: 445 }')], publicAddress, tcp(445), 'yes'],
  ['the port behind a range', [onPort('{ port: 443, endPort: 445 }')], publicAddress, tcp(446), 'no'],
  ['a port by its name', [onPort('{ port: tls }')], gateway, tcp(443), 'yes'],
  ['the name of another port', [onPort('{ port: tls }')], gateway, tcp(80), 'no'],
  ['a port of another protocol', [onPort('{ port: 53, protocol: TCP }')], publicAddress, udp, 'no'],
  ['a protocol without a port', [onPort('{ protocol: SCTP }')], publicAddress, sctp, 'yes'],
  ['another protocol without a port', [onPort('{ protocol: SCTP }')], publicAddress, udp, 'no'],
  [
    'two rules are an or',
    [egress('{ ports: [{ port: 80 }] }, { ports: [{ port: 443 }] }')],
    publicAddress,
    tcp(443),
    'yes',
  ],
  [
    'peers and ports of one rule are an and',
    [egress(`{ to: [${block('203.0.113.0/24')}], ports: [{ port: 80 }] }`)],
    publicAddress,
    tcp(443),
    'no',
  ],
  [
    'two policies add up',
    [onPort('{ port: 80 }'), egress('{ ports: [{ port: 443 }] }', 'q')],
    publicAddress,
    tcp(443),
    'yes',
  ],
];

describe('NetworkPolicy, as its conformance tests ask', () => {
  it.each(networkPolicies)('%s', (_, objects, peer, wire, expected) => {
    expect(asked(objects, peer, wire).split(' ')[0]).toBe(expected);
  });
});
