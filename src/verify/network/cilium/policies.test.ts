import { describe, expect, it } from 'vitest';
import { asked, gateway, publicAddress, publicName, type Peer } from '../testing/asked.ts';

function policy(name: string, spec: string, namespace = 'shop'): string {
  return `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: { endpointSelector: {}, ${spec} }`;
}

function clusterwide(name: string, spec: string): string {
  return `
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: { name: ${name} }
spec: { endpointSelector: {}, ${spec} }`;
}

const groups = `
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: { name: partners, labels: { kind: partner } }
spec: { externalCIDRs: [203.0.113.0/24] }`;
const service = `
apiVersion: v1
kind: Service
metadata: { name: gate, namespace: istio-egress }
spec: { clusterIP: 10.96.0.9, selector: { gateway: shared }, ports: [{ port: 443 }] }`;
const toWorld = policy('world', 'egress: [{ toEntities: [world] }]');
const id = (name: string): string => `CiliumNetworkPolicy/shop/${name}`;

describe('isolation', () => {
  it.each<[string, readonly string[], string]>([
    ['a rule of egress isolates', [policy('in', 'egress: [{ toEntities: [cluster] }]')], `no ${id('in')}`],
    ['rules of ingress do not', [policy('in', 'ingress: [{}]')], 'yes'],
    [
      'nor does a policy whose default deny is off',
      [policy('open', 'enableDefaultDeny: { egress: false }, egress: [{ toEntities: [cluster] }]')],
      'yes',
    ],
    [
      'a denial counts before every permission',
      [toWorld, policy('x', 'egressDeny: [{ toEntities: [world] }]')],
      `no ${id('x')}`,
    ],
    [
      'a permission that asks for authentication is not known to hold',
      [policy('mutual', 'egress: [{ toEntities: [world], authentication: { mode: required } }]')],
      `unknown ${id('mutual')}`,
    ],
    ['a policy without rules does nothing', [policy('nothing', 'egress: []')], 'yes'],
    ['one that both names a node and endpoints does nothing', [policy('x', 'nodeSelector: {}, egress: [{}]')], 'yes'],
    [
      'rules for nodes count only with a setting of the agent',
      [policy('nodes', 'egress: [{ toNodes: [{}] }]')],
      `unknown ${id('nodes')}`,
    ],
    ['of another namespace it is about others', [policy('x', 'egress: [{ toEntities: [cluster] }]', 'other')], 'yes'],
    [
      'a clusterwide one is about every namespace',
      [clusterwide('x', 'egress: [{ toEntities: [cluster] }]')],
      'no CiliumClusterwideNetworkPolicy/x',
    ],
  ])('%s', (_, yaml, expected) => {
    expect(asked(yaml, publicAddress)).toBe(expected);
  });
});

describe('peers', () => {
  it.each<[string, string, Peer, 'yes' | 'no' | 'unknown']>([
    ['all is everybody', 'toEntities: [all]', publicAddress, 'yes'],
    ['world is outside', 'toEntities: [world]', gateway, 'no'],
    ['cluster is inside', 'toEntities: [cluster]', gateway, 'yes'],
    ['world-ipv6 is not an IPv4 address', 'toEntities: [world-ipv6]', publicAddress, 'no'],
    ['the API server is not known without its endpoints', 'toEntities: [kube-apiserver]', publicAddress, 'unknown'],
    ['none is nobody', 'toEntities: [none]', publicAddress, 'no'],
    ['an entity that is not known', 'toEntities: [moon]', publicAddress, 'unknown'],
    ['an empty list is nobody', 'toEndpoints: []', gateway, 'no'],
    ['no list at all, with ports, is everybody', 'toPorts: [{ ports: [{ port: "443" }] }]', publicAddress, 'yes'],
    ['no list and no ports is nobody', '{}', publicAddress, 'no'],
    ['a block', 'toCIDR: [203.0.113.0/24]', publicAddress, 'yes'],
    ['a block never takes in pods', 'toCIDR: [10.0.0.0/8]', gateway, 'no'],
    [
      'a block without an exception',
      'toCIDRSet: [{ cidr: 203.0.113.0/24, except: [203.0.113.8/29] }]',
      publicAddress,
      'no',
    ],
    ['a group of blocks by its name', 'toCIDRSet: [{ cidrGroupRef: partners }]', publicAddress, 'yes'],
    [
      'a group by its labels',
      'toCIDRSet: [{ cidrGroupSelector: { matchLabels: { kind: partner } } }]',
      publicAddress,
      'yes',
    ],
    ['a group that is not there', 'toCIDRSet: [{ cidrGroupRef: gone }]', publicAddress, 'unknown'],
    ['endpoints without a namespace are of the own one', 'toEndpoints: [{}]', gateway, 'no'],
    [
      'endpoints of another namespace',
      'toEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": istio-egress } }]',
      gateway,
      'yes',
    ],
    [
      'labels of the namespace',
      'toEndpoints: [{ matchExpressions: [{ key: io.cilium.k8s.namespace.labels.a, operator: DoesNotExist }] }]',
      gateway,
      'yes',
    ],
    [
      'a Service by its selector',
      'toServices: [{ k8sService: { serviceName: gate, namespace: istio-egress } }]',
      gateway,
      'yes',
    ],
    ['a Service that is not there', 'toServices: [{ k8sService: { serviceName: gone } }]', gateway, 'unknown'],
    ['a name', 'toFQDNs: [{ matchName: api.test }]', publicName, 'yes'],
    ['another name', 'toFQDNs: [{ matchName: b.test }]', publicName, 'no'],
    ['a name is no pod', 'toFQDNs: [{ matchPattern: "*" }]', gateway, 'no'],
  ])('%s', (_, rule, peer, allowed) => {
    const spec = `egress: [${rule.startsWith('{') ? rule : `{ ${rule} }`}]`;
    expect(asked([policy('p', spec), groups, service], peer)).toBe(`${allowed} ${id('p')}`);
  });
});

describe('ports', () => {
  it.each<[string, string, Parameters<typeof asked>[2], 'yes' | 'no' | 'unknown']>([
    ['the number', 'toPorts: [{ ports: [{ port: "443", protocol: TCP }] }]', {}, 'yes'],
    ['another number', 'toPorts: [{ ports: [{ port: "80" }] }]', {}, 'no'],
    ['another protocol', 'toPorts: [{ ports: [{ port: "443", protocol: UDP }] }]', {}, 'no'],
    ['any protocol', 'toPorts: [{ ports: [{ port: "443" }] }]', { protocol: 'UDP' }, 'yes'],
    ['a range', 'toPorts: [{ ports: [{ port: "400", endPort: 500 }] }]', {}, 'yes'],
    ['port 0 is every port', 'toPorts: [{ ports: [{ port: "0", protocol: TCP }] }]', { port: 9 }, 'yes'],
    ['ICMP by name', 'icmps: [{ fields: [{ type: EchoRequest }] }]', { port: 8, protocol: 'ICMP' }, 'yes'],
    ['ICMP by number', 'icmps: [{ fields: [{ type: 3 }] }]', { port: 8, protocol: 'ICMP' }, 'no'],
    [
      'ICMP of the other family',
      'icmps: [{ fields: [{ family: IPv6, type: 128 }] }]',
      { port: 128, protocol: 'ICMP' },
      'no',
    ],
    ['a type that is not known', 'icmps: [{ fields: [{ type: Nonsense }] }]', { port: 8, protocol: 'ICMP' }, 'unknown'],
  ])('%s', (_, rule, wire, allowed) => {
    expect(asked([policy('p', `egress: [{ ${rule} }]`)], publicAddress, wire)).toBe(`${allowed} ${id('p')}`);
  });
});

describe('what the agent refuses, although the API server takes it', () => {
  it.each([
    ['two kinds of peers in one rule', 'egress: [{ toEntities: [world], toCIDR: [203.0.113.0/24] }]'],
    [
      'ports and ICMP in one rule',
      'egress: [{ toPorts: [{ ports: [{ port: "1" }] }], icmps: [{ fields: [{ type: 8 }] }] }]',
    ],
    ['a block that is none', 'egress: [{ toCIDR: [nonsense] }]'],
    ['an exception outside its block', 'egress: [{ toCIDRSet: [{ cidr: 10.0.0.0/8, except: [11.0.0.0/16] }] }]'],
    ['a block and a group at once', 'egress: [{ toCIDRSet: [{ cidr: 10.0.0.0/8, cidrGroupRef: partners }] }]'],
    ['a name and a pattern at once', 'egress: [{ toFQDNs: [{ matchName: a.test, matchPattern: "*.test" }] }]'],
    ['a name with other characters', 'egress: [{ toFQDNs: [{ matchName: "a test" }] }]'],
    ['a port that is none', 'egress: [{ toPorts: [{ ports: [{ port: "70000" }] }] }]'],
    [
      'HTTP rules for UDP',
      'egress: [{ toPorts: [{ ports: [{ port: "80", protocol: UDP }], rules: { http: [{}] } }] }]',
    ],
    ['rules for DNS without a port', 'egress: [{ toPorts: [{ rules: { dns: [{ matchPattern: "*" }] } }] }]'],
  ])('%s: the whole policy does nothing', (_, spec) => {
    expect(asked([policy('refused', spec)], publicAddress)).toBe('yes');
  });
});

describe('TLS by its SNI, which a proxy of Cilium reads', () => {
  const named = (more: string): string =>
    policy('sni', `egress: [{ toEntities: [world], toPorts: [{ ports: [{ port: "443" }], ${more} }] }]`);

  it.each<[string, readonly string[], Peer, string]>([
    ['lets out who asks for the name', [named('serverNames: [API.test]')], publicName, `yes ${id('sni')}`],
    ['may let out who asks for another', [named('serverNames: [other.test]')], publicName, `unknown ${id('sni')}`],
    [
      'or for an address, by saying the name',
      [named('serverNames: [api.test]')],
      publicAddress,
      `unknown ${id('sni')}`,
    ],
    [
      'beside a rule that asks for none',
      [named('serverNames: [other.test]'), toWorld],
      publicName,
      `yes ${id('world')}`,
    ],
    [
      'and so may a listener of others',
      [named('listener: { envoyConfig: { name: x }, name: y }')],
      publicName,
      `unknown ${id('sni')}`,
    ],
  ])('%s', (_, documents, to, expected) => expect(asked(documents, to)).toBe(expected));
});
