import { describe, expect, it } from 'vitest';
import { asked, gateway, publicAddress, type Peer } from '../testing/asked.ts';

function policy(name: string, spec: string, namespace = 'shop'): string {
  return `
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }`;
}

function globalPolicy(name: string, spec: string): string {
  return `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: ${name} }
spec: { ${spec} }`;
}

function tier(name: string, spec: string): string {
  return `
apiVersion: projectcalico.org/v3
kind: Tier
metadata: { name: ${name} }
spec: { ${spec} }`;
}

const kubernetes = (spec: string): string => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: own, namespace: shop }
spec: { ${spec} }`;
const sets = `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: { name: partners, labels: { kind: partner } }
spec: { nets: [203.0.113.0/24] }
---
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: { name: own, namespace: shop, labels: { kind: own } }
spec: { nets: [203.0.113.0/24] }
---
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: { name: names, namespace: shop, labels: { kind: names } }
spec: { allowedEgressDomains: [api.example.test] }
---
apiVersion: v1
kind: Service
metadata: { name: gate, namespace: istio-egress }
spec: { clusterIP: 10.96.0.9, selector: { gateway: shared }, ports: [{ port: 443, targetPort: tls }] }`;

const of = (name: string): string => `NetworkPolicy.projectcalico.org/shop/${name}`;
const ofAll = (name: string): string => `GlobalNetworkPolicy.projectcalico.org/${name}`;
const allow = 'types: [Egress], egress: [{ action: Allow }]';
const deny = 'types: [Egress], egress: [{ action: Deny }]';
const pass = 'types: [Egress], egress: [{ action: Pass }]';

describe('order', () => {
  it.each<[string, readonly string[], string]>([
    ['a policy isolates what it selects', [policy('p', 'types: [Egress]')], `no ${of('p')}`],
    ['without types it is about what it has rules of', [policy('p', 'ingress: [{ action: Deny }]')], 'yes'],
    ['with neither it is about ingress', [policy('p', 'order: 1')], 'yes'],
    [
      'the smaller order comes first',
      [policy('late', `order: 2, ${deny}`), policy('early', `order: 1, ${allow}`)],
      `yes ${of('early')}`,
    ],
    ['no order comes last', [policy('last', deny), policy('early', `order: 9, ${allow}`)], `yes ${of('early')}`],
    [
      'of one order, releases do not agree: opposite answers are unknown',
      [policy('a', `order: 1, ${allow}`), policy('b', `order: 1, ${deny}`)],
      `unknown ${of('a')}`,
    ],
    [
      'NetworkPolicies of Kubernetes have order 1000',
      [policy('a', `order: 999, ${deny}`), kubernetes('podSelector: {}, egress: [{}]')],
      `no ${of('a')}`,
    ],
    [
      'a rule that only logs decides nothing',
      [policy('p', 'types: [Egress], egress: [{ action: Log }, { action: Allow }]')],
      `yes ${of('p')}`,
    ],
    ['an action that is not known', [policy('p', 'types: [Egress], egress: [{ action: Ask }]')], `unknown ${of('p')}`],
    ['a selector that cannot be read', [policy('p', `selector: "app = x", ${allow}`)], `unknown ${of('p')}`],
    [
      'for host endpoints it is not about pods',
      [globalPolicy('p', `doNotTrack: true, applyOnForward: true, ${deny}`)],
      'yes',
    ],
    ['what shows policies of Kubernetes is not read twice', [policy('knp.default.own', deny)], 'yes'],
  ])('%s', (_, yaml, expected) => {
    expect(asked(yaml, publicAddress)).toBe(expected);
  });
});

describe('tiers', () => {
  const early = tier('early', 'order: 10');
  it.each<[string, readonly string[], string]>([
    [
      'an earlier one denies',
      [early, globalPolicy('e', `tier: early, ${deny}`), policy('p', allow)],
      `no ${ofAll('e')}`,
    ],
    ['Pass leaves the tier', [early, globalPolicy('e', `tier: early, ${pass}`), policy('p', allow)], `yes ${of('p')}`],
    [
      'a tier denies at its end what it selects',
      [early, globalPolicy('e', 'tier: early, types: [Egress]'), policy('p', allow)],
      `no ${ofAll('e')}`,
    ],
    [
      'unless its default action is Pass',
      [
        tier('early', 'order: 10, defaultAction: Pass'),
        globalPolicy('e', 'tier: early, types: [Egress]'),
        policy('p', allow),
      ],
      `yes ${of('p')}`,
    ],
    [
      'a tier that selects nobody decides nothing',
      [early, globalPolicy('e', `tier: early, selector: "has(x)", ${deny}`)],
      'yes',
    ],
    ['a tier that is not there', [globalPolicy('e', `tier: gone, ${allow}`)], `unknown ${ofAll('e')}`],
  ])('%s', (_, yaml, expected) => {
    expect(asked(yaml, publicAddress)).toBe(expected);
  });
});

describe('rules', () => {
  it.each<[string, string, Peer, Parameters<typeof asked>[2], 'yes' | 'no' | 'unknown']>([
    ['a network', 'destination: { nets: [203.0.113.0/24] }', publicAddress, {}, 'yes'],
    ['everything but a network', 'destination: { notNets: [203.0.113.0/24] }', publicAddress, {}, 'no'],
    ['a network takes in pods', 'destination: { nets: [10.0.0.0/8] }', gateway, {}, 'yes'],
    ['a selector means the own namespace', `destination: { selector: "gateway == 'shared'" }`, gateway, {}, 'no'],
    [
      'a selector of namespaces',
      `destination: { selector: "gateway == 'shared'", namespaceSelector: "projectcalico.org/name == 'istio-egress'" }`,
      gateway,
      {},
      'yes',
    ],
    [
      'a set of networks of the cluster',
      `destination: { selector: "kind == 'partner'", namespaceSelector: "global()" }`,
      publicAddress,
      {},
      'yes',
    ],
    ['a set of networks of the namespace', `destination: { selector: "kind == 'own'" }`, publicAddress, {}, 'yes'],
    [
      'a Service by its endpoints and its ports',
      'destination: { services: { name: gate, namespace: istio-egress } }',
      gateway,
      {},
      'yes',
    ],
    [
      'another port of a Service',
      'destination: { services: { name: gate, namespace: istio-egress } }',
      gateway,
      { port: 80 },
      'no',
    ],
    ['a Service that is not there', 'destination: { services: { name: gone } }', gateway, {}, 'unknown'],
    [
      'names, which the open Calico does not know',
      'destination: { domains: ["*.test"] }',
      publicAddress,
      {},
      'unknown',
    ],
    [
      'a set of names, which the open Calico does not know',
      `destination: { selector: "kind == 'names'" }`,
      publicAddress,
      {},
      'unknown',
    ],
    ['a set of names, and a pod', `destination: { selector: "kind == 'names'" }`, gateway, {}, 'no'],
    ['a port', 'protocol: TCP, destination: { ports: [443] }', publicAddress, {}, 'yes'],
    ['a range of ports', 'protocol: TCP, destination: { ports: ["400:500"] }', publicAddress, {}, 'yes'],
    ['a named port', 'protocol: TCP, destination: { ports: [tls] }', gateway, {}, 'yes'],
    ['all ports but one', 'protocol: TCP, destination: { notPorts: [443] }', publicAddress, {}, 'no'],
    ['a protocol by its number', 'protocol: 17', publicAddress, { protocol: 'UDP' }, 'yes'],
    ['all protocols but one', 'notProtocol: TCP', publicAddress, {}, 'no'],
    ['the other family', 'ipVersion: 6', publicAddress, {}, 'no'],
    ['an ICMP type', 'protocol: ICMP, icmp: { type: 8 }', publicAddress, { protocol: 'ICMP', port: 8 }, 'yes'],
    ['another ICMP type', 'protocol: ICMP, icmp: { type: 3 }', publicAddress, { protocol: 'ICMP', port: 8 }, 'no'],
    [
      'an ICMP code, which is not known',
      'protocol: ICMP, icmp: { type: 8, code: 1 }',
      publicAddress,
      { protocol: 'ICMP', port: 8 },
      'unknown',
    ],
    ['what is asked of the source', `source: { selector: "app == 'db'" }`, publicAddress, {}, 'no'],
    ['ports of the source, which are not known', 'protocol: TCP, source: { ports: [9] }', publicAddress, {}, 'unknown'],
    ['HTTP, which a packet does not show', 'http: { methods: [GET] }', publicAddress, {}, 'unknown'],
  ])('%s', (_, rule, peer, wire, allowed) => {
    const spec = `types: [Egress], egress: [{ action: Allow, ${rule} }]`;
    expect(asked([policy('p', spec), sets], peer, wire)).toBe(`${allowed} ${of('p')}`);
  });
});
