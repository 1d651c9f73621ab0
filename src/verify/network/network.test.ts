import { describe, expect, it } from 'vitest';
import type { Wire } from './ends/ends.ts';
import { asked, gateway, publicAddress as public4, publicName as name, type Peer } from './testing/asked.ts';

function policy(name: string, spec: string, namespace = 'shop'): string {
  return `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }`;
}

function cluster(name: string, tier: string, priority: number, egress: string): string {
  return `
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: { name: ${name} }
spec: { tier: ${tier}, priority: ${priority}, subject: { namespaces: {} }, egress: [${egress}] }`;
}

const unmodelled = `
apiVersion: networking.k8s.aws/v1alpha1
kind: ApplicationNetworkPolicy
metadata: { name: a, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress], egress: [] }`;
const isolated = policy('isolated', 'podSelector: {}, policyTypes: [Egress]');
const world = 'ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 192.168.0.0/16] }';
const toGateway =
  'namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: istio-egress } }, podSelector: { matchLabels: { gateway: shared } }';

describe('network policies', () => {
  it.each<[string, readonly string[], Peer, Partial<Wire>, string]>([
    ['isolate nothing where there are none', [], public4, {}, 'yes'],
    ['isolate a pod that one selects for egress', [isolated], public4, {}, 'no NetworkPolicy/shop/isolated'],
    ['do not isolate for egress by ingress rules', [policy('in', 'podSelector: {}, ingress: []')], public4, {}, 'yes'],
    [
      'isolate for egress by rules of egress',
      [policy('out', 'podSelector: {}, egress: [{ to: [{ podSelector: {} }] }]')],
      public4,
      {},
      'no NetworkPolicy/shop/out',
    ],
    [
      'do not isolate for egress by an empty list of rules, as the API server defaults policyTypes',
      [policy('out', 'podSelector: {}, egress: []')],
      public4,
      {},
      'yes',
    ],
    [
      'do not isolate a pod of another label',
      [policy('x', 'podSelector: { matchLabels: { app: db } }, policyTypes: [Egress]')],
      public4,
      {},
      'yes',
    ],
    [
      'do not isolate a pod of another namespace',
      [policy('x', 'podSelector: {}, policyTypes: [Egress]', 'other')],
      public4,
      {},
      'yes',
    ],
    ['add up', [isolated, policy('open', 'podSelector: {}, egress: [{}]')], public4, {}, 'yes NetworkPolicy/shop/open'],
    [
      'let out to a block',
      [policy('b', 'podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }]')],
      public4,
      {},
      'yes NetworkPolicy/shop/b',
    ],
    [
      'leave out what a block excepts',
      [
        policy(
          'b',
          'podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.8/29] } }] }]',
        ),
      ],
      public4,
      {},
      'no NetworkPolicy/shop/b',
    ],
    [
      'take a name to be public',
      [policy('w', `podSelector: {}, egress: [{ to: [{ ${world} }] }]`)],
      name,
      {},
      'yes NetworkPolicy/shop/w',
    ],
    [
      'do not know whether a name is in a narrower block',
      [policy('b', 'podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }]')],
      name,
      {},
      'unknown NetworkPolicy/shop/b',
    ],
    [
      'take no name to be private',
      [policy('b', 'podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }]')],
      name,
      {},
      'no NetworkPolicy/shop/b',
    ],
    [
      'mean no address by a pod selector',
      [policy('p', 'podSelector: {}, egress: [{ to: [{ podSelector: {} }] }]')],
      public4,
      {},
      'no NetworkPolicy/shop/p',
    ],
    [
      'mean the own namespace by a bare pod selector',
      [policy('p', 'podSelector: {}, egress: [{ to: [{ podSelector: {} }] }]')],
      gateway,
      {},
      'no NetworkPolicy/shop/p',
    ],
    [
      'let to a gateway',
      [policy('g', `podSelector: {}, egress: [{ to: [{ ${toGateway} }], ports: [{ port: 443 }] }]`)],
      gateway,
      {},
      'yes NetworkPolicy/shop/g',
    ],
    [
      'let to no other port of it',
      [policy('g', `podSelector: {}, egress: [{ to: [{ ${toGateway} }], ports: [{ port: 443 }] }]`)],
      gateway,
      { port: 80 },
      'no NetworkPolicy/shop/g',
    ],
    [
      'know named ports of pods',
      [policy('g', `podSelector: {}, egress: [{ to: [{ ${toGateway} }], ports: [{ port: tls }] }]`)],
      gateway,
      {},
      'yes NetworkPolicy/shop/g',
    ],
    [
      'know no named ports outside',
      [policy('n', 'podSelector: {}, egress: [{ ports: [{ port: tls }] }]')],
      public4,
      {},
      'no NetworkPolicy/shop/n',
    ],
    [
      'know ranges',
      [policy('r', 'podSelector: {}, egress: [{ ports: [{ port: 400, endPort: 500 }] }]')],
      public4,
      {},
      'yes NetworkPolicy/shop/r',
    ],
    [
      'tell UDP from TCP',
      [policy('t', 'podSelector: {}, egress: [{ ports: [{ port: 443 }] }]')],
      public4,
      { protocol: 'UDP' },
      'no NetworkPolicy/shop/t',
    ],
    [
      'ask the other end as well',
      [policy('in', 'podSelector: {}, policyTypes: [Ingress]', 'istio-egress')],
      gateway,
      {},
      'no NetworkPolicy/istio-egress/in',
    ],
    [
      'do not know what a policy that is not modelled says',
      [isolated, unmodelled],
      public4,
      {},
      'unknown ApplicationNetworkPolicy/shop/a',
    ],
    [
      'know what they say of pods that it does not select',
      [isolated, unmodelled.replace('podSelector: {}', 'podSelector: { matchLabels: { app: db } }')],
      public4,
      {},
      'no NetworkPolicy/shop/isolated',
    ],
    [
      'do not know what a policy that cannot be read says',
      [policy('bad', 'podSelector: {}, policyTypes: Egress')],
      public4,
      {},
      'unknown NetworkPolicy/shop/bad',
    ],
    [
      'know what they say of pods that one that cannot be read does not select',
      [policy('bad', 'podSelector: { matchLabels: { app: db } }, policyTypes: Egress')],
      public4,
      {},
      'yes',
    ],
    [
      'do not know what a block with bits behind its prefix is',
      [policy('b', 'podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: 203.0.113.7/24 } }] }]')],
      public4,
      {},
      'unknown NetworkPolicy/shop/b',
    ],
  ])('%s', (_, yaml, peer, wire, expected) => {
    expect(asked(yaml, peer, wire)).toBe(expected);
  });
});

const everything = '{ name: all, action: Deny, to: [{ networks: ["0.0.0.0/0", "::/0"] }] }';

describe('cluster network policies', () => {
  it.each<[string, readonly string[], Peer, Partial<Wire>, string]>([
    [
      'of the Admin tier deny before namespaced ones',
      [cluster('a', 'Admin', 1, everything), policy('open', 'podSelector: {}, egress: [{}]')],
      public4,
      {},
      'no ClusterNetworkPolicy/a',
    ],
    [
      'accept before namespaced ones',
      [cluster('a', 'Admin', 1, '{ action: Accept, to: [{ networks: ["203.0.113.0/24"] }] }'), isolated],
      public4,
      {},
      'yes ClusterNetworkPolicy/a',
    ],
    [
      'pass to namespaced ones',
      [cluster('a', 'Admin', 1, `{ action: Pass, to: [{ networks: ["203.0.113.0/24"] }] }, ${everything}`), isolated],
      public4,
      {},
      'no NetworkPolicy/shop/isolated',
    ],
    [
      'go by priority',
      [
        cluster('late', 'Admin', 2, everything),
        cluster('early', 'Admin', 1, '{ action: Accept, to: [{ networks: ["0.0.0.0/0"] }] }'),
      ],
      public4,
      {},
      'yes ClusterNetworkPolicy/early',
    ],
    [
      'of the Baseline tier come last',
      [cluster('b', 'Baseline', 1, everything)],
      public4,
      {},
      'no ClusterNetworkPolicy/b',
    ],
    [
      'are not asked where a namespaced one isolates',
      [cluster('b', 'Baseline', 1, everything), policy('open', 'podSelector: {}, egress: [{}]')],
      public4,
      {},
      'yes NetworkPolicy/shop/open',
    ],
    [
      'do not know whether the network plugin knows names',
      [cluster('a', 'Admin', 1, `{ action: Accept, to: [{ domainNames: ["*.test"] }] }, ${everything}`)],
      name,
      {},
      'unknown ClusterNetworkPolicy/a',
    ],
    [
      'know ports in both spellings',
      [
        cluster(
          'a',
          'Admin',
          1,
          '{ action: Deny, to: [{ networks: ["0.0.0.0/0"] }], ports: [{ portNumber: { protocol: TCP, port: 80 } }], protocols: [{ tcp: { destinationPort: { number: 443 } } }] }',
        ),
      ],
      public4,
      {},
      'no ClusterNetworkPolicy/a',
    ],
    [
      'pass traffic inside the cluster',
      [cluster('a', 'Admin', 1, `{ action: Pass, to: [{ namespaces: {} }] }, ${everything}`)],
      gateway,
      {},
      'yes',
    ],
  ])('%s', (_, yaml, peer, wire, expected) => {
    expect(asked(yaml, peer, wire)).toBe(expected);
  });
});
