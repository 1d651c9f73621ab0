import { describe, expect, it } from 'vitest';
import { asked, gateway, publicAddress, publicName, type Peer } from '../testing/asked.ts';

function clusterPolicy(name: string, spec: string): string {
  return `
apiVersion: crd.antrea.io/v1beta1
kind: ClusterNetworkPolicy
metadata: { name: ${name} }
spec: { ${spec} }`;
}

function policy(name: string, spec: string, namespace = 'shop'): string {
  return `
apiVersion: crd.antrea.io/v1beta1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${spec} }`;
}

const isolated = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: own, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress] }`;
const around = `
apiVersion: crd.antrea.io/v1beta1
kind: ClusterGroup
metadata: { name: partners }
spec: { ipBlocks: [{ cidr: 203.0.113.0/24, except: [203.0.113.128/25] }] }
---
apiVersion: crd.antrea.io/v1beta1
kind: ClusterGroup
metadata: { name: nested }
spec: { childGroups: [partners] }
---
apiVersion: crd.antrea.io/v1beta1
kind: ClusterGroup
metadata: { name: gate }
spec: { serviceReference: { name: gate, namespace: istio-egress } }
---
apiVersion: v1
kind: Service
metadata: { name: gate, namespace: istio-egress }
spec: { clusterIP: 10.96.0.9, selector: { gateway: shared }, ports: [{ port: 443 }] }`;

const everyPod = 'appliedTo: [{ namespaceSelector: {} }]';
const of = (name: string): string => `ClusterNetworkPolicy.crd.antrea.io/${name}`;
const rule = (action: string): string => `${everyPod}, egress: [{ action: ${action} }]`;

describe('order', () => {
  it.each<[string, readonly string[], string]>([
    [
      'where no rule matches, nothing is denied',
      [
        clusterPolicy(
          'a',
          `priority: 1, ${everyPod}, egress: [{ action: Drop, to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }]`,
        ),
      ],
      'yes',
    ],
    ['a Drop denies', [clusterPolicy('a', `priority: 1, ${rule('Drop')}`)], `no ${of('a')}`],
    ['a Reject denies', [clusterPolicy('a', `priority: 1, ${rule('Reject')}`)], `no ${of('a')}`],
    [
      'the smaller priority comes first',
      [clusterPolicy('late', `priority: 2, ${rule('Drop')}`), clusterPolicy('early', `priority: 1, ${rule('Allow')}`)],
      `yes ${of('early')}`,
    ],
    [
      'an earlier tier comes before every priority',
      [
        clusterPolicy('a', `priority: 1, ${rule('Allow')}`),
        clusterPolicy('b', `tier: emergency, priority: 9, ${rule('Drop')}`),
      ],
      `no ${of('b')}`,
    ],
    [
      'an Allow counts before NetworkPolicies',
      [clusterPolicy('a', `priority: 1, ${rule('Allow')}`), isolated],
      `yes ${of('a')}`,
    ],
    [
      'Pass goes on to NetworkPolicies',
      [clusterPolicy('a', `priority: 1, ${rule('Pass')}`), isolated],
      'no NetworkPolicy/shop/own',
    ],
    [
      'the baseline tier comes after them',
      [clusterPolicy('b', `tier: baseline, priority: 1, ${rule('Allow')}`), isolated],
      'no NetworkPolicy/shop/own',
    ],
    [
      'of one priority, opposite answers are unknown',
      [clusterPolicy('a', `priority: 1, ${rule('Allow')}`), clusterPolicy('b', `priority: 1, ${rule('Drop')}`)],
      `unknown ${of('a')}`,
    ],
    [
      'a tier that is not there',
      [clusterPolicy('a', `tier: gone, priority: 1, ${rule('Drop')}`)],
      `unknown ${of('a')}`,
    ],
    [
      'a tier of the cluster',
      [
        'apiVersion: crd.antrea.io/v1beta1\nkind: Tier\nmetadata: { name: own }\nspec: { priority: 5 }',
        clusterPolicy('a', `tier: own, priority: 9, ${rule('Drop')}`),
        clusterPolicy('b', `tier: emergency, priority: 1, ${rule('Allow')}`),
      ],
      `no ${of('a')}`,
    ],
    ['an action that is not known', [clusterPolicy('a', `priority: 1, ${rule('Ask')}`)], `unknown ${of('a')}`],
  ])('%s', (_, yaml, expected) => {
    expect(asked(yaml, publicAddress)).toBe(expected);
  });
});

describe('subjects', () => {
  it.each<[string, string, 'yes' | 'no']>([
    ['pods by label', 'appliedTo: [{ podSelector: { matchLabels: { app: web } } }]', 'no'],
    ['other pods', 'appliedTo: [{ podSelector: { matchLabels: { app: db } } }]', 'yes'],
    ['a ServiceAccount', 'appliedTo: [{ serviceAccount: { name: default, namespace: shop } }]', 'no'],
    [
      'a ServiceAccount of another namespace',
      'appliedTo: [{ serviceAccount: { name: default, namespace: other } }]',
      'yes',
    ],
    ['nodes are no pods', 'appliedTo: [{ nodeSelector: {} }]', 'yes'],
  ])('%s', (_, appliedTo, allowed) => {
    const yaml = clusterPolicy('a', `priority: 1, ${appliedTo}, egress: [{ action: Drop }]`);
    expect(asked([yaml], publicAddress)).toBe(allowed === 'no' ? `no ${of('a')}` : 'yes');
  });

  it('a rule may have subjects of its own', () => {
    const own = 'appliedTo: [{ podSelector: { matchLabels: { app: db } } }]';
    expect(asked([clusterPolicy('a', `priority: 1, egress: [{ action: Drop, ${own} }]`)], publicAddress)).toBe('yes');
  });

  it('a namespaced policy is about pods of its namespace', () => {
    const spec = 'priority: 1, appliedTo: [{ podSelector: {} }], egress: [{ action: Drop }]';
    expect(asked([policy('p', spec)], publicAddress)).toBe('no NetworkPolicy.crd.antrea.io/shop/p');
    expect(asked([policy('p', spec, 'other')], publicAddress)).toBe('yes');
  });
});

describe('peers and ports', () => {
  it.each<[string, string, Peer, Parameters<typeof asked>[2], boolean | 'unknown']>([
    ['a block', 'to: [{ ipBlock: { cidr: 203.0.113.0/24 } }]', publicAddress, {}, true],
    ['a block takes in pods', 'to: [{ ipBlock: { cidr: 10.0.0.0/8 } }]', gateway, {}, true],
    [
      'a block without an exception',
      'to: [{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.8/29] } }]',
      publicAddress,
      {},
      false,
    ],
    ['a group', 'to: [{ group: partners }]', publicAddress, {}, true],
    ['a group in a group', 'to: [{ group: nested }]', publicAddress, {}, true],
    ['the pods behind a Service', 'to: [{ group: gate }]', gateway, {}, true],
    ['a group that is not there', 'to: [{ group: gone }]', publicAddress, {}, 'unknown'],
    ['a name, with a star for any characters', 'to: [{ fqdn: "*test" }]', publicName, {}, true],
    ['another name', 'to: [{ fqdn: b.test }]', publicName, {}, false],
    ['the same namespace', 'to: [{ namespaces: { match: Self } }]', gateway, {}, false],
    [
      'a call to the address of a Service',
      'toServices: [{ name: gate, namespace: istio-egress }]',
      gateway,
      { service: '10.96.0.9' },
      true,
    ],
    ['a call straight to its pod', 'toServices: [{ name: gate, namespace: istio-egress }]', gateway, {}, false],
    ['machines that are no pods', 'to: [{ externalEntitySelector: {} }]', publicAddress, {}, 'unknown'],
    ['a port', 'ports: [{ protocol: TCP, port: 443 }]', publicAddress, {}, true],
    ['a range of ports', 'ports: [{ port: 400, endPort: 500 }]', publicAddress, {}, true],
    ['TCP where nothing is said', 'ports: [{ port: 443 }]', publicAddress, { protocol: 'UDP' }, false],
    ['a named port', 'ports: [{ port: tls }]', gateway, {}, true],
    ['ports of the source, which are not known', 'ports: [{ port: 443, sourcePort: 9 }]', publicAddress, {}, 'unknown'],
    ['an ICMP type', 'protocols: [{ icmp: { icmpType: 8 } }]', publicAddress, { protocol: 'ICMP', port: 8 }, true],
    ['no other protocol beside them', 'protocols: [{ icmp: {} }]', publicAddress, {}, false],
  ])('%s', (_, fields, peer, wire, matches) => {
    const yaml = clusterPolicy('a', `priority: 1, ${everyPod}, egress: [{ action: Drop, ${fields} }]`);
    const expected = matches === 'unknown' ? `unknown ${of('a')}` : matches ? `no ${of('a')}` : 'yes';
    expect(asked([yaml, around], peer, wire)).toBe(expected);
  });
});

describe('rules of layer 7', () => {
  const judged = (said: string): string =>
    clusterPolicy(
      'judged',
      `priority: 1, ${everyPod}, egress: [{ action: Allow, ports: [{ port: 443 }], l7Protocols: [${said}] }, { action: Drop }]`,
    );

  it.each<[string, string, Peer, string]>([
    ['let through the TLS that they name', '{ tls: { sni: API.test } }', publicName, `yes ${of('judged')}`],
    [
      'and may let through who asks for another name',
      '{ tls: { sni: b.test } }',
      publicName,
      `unknown ${of('judged')}`,
    ],
    ['or for an address', '{ tls: { sni: api.test } }', publicAddress, `unknown ${of('judged')}`],
    ['of HTTP nobody knows what will be asked', '{ http: { path: /api/* } }', publicName, `unknown ${of('judged')}`],
  ])('%s', (_, said, to, expected) => expect(asked([judged(said)], to)).toBe(expected));

  it('do not leave what they drop to rules that come after', () => {
    const after = clusterPolicy('after', `priority: 2, ${rule('Allow')}`);
    expect(asked([judged('{ http: {} }'), after], publicName)).toBe(`unknown ${of('judged')}`);
  });
});
