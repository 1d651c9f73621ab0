import { describe, expect, it } from 'vitest';
import { allowed, base, edge, intent, pods, verify, why } from './asked.ts';

/* Network policies as clusters of different makers have them, half written or refused by their API server. */

function object(apiVersion: string, kind: string, spec: string, metadata = '{ name: x, namespace: shop }'): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${spec}`;
}

const networkPolicy = (spec: string): string => object('networking.k8s.io/v1', 'NetworkPolicy', spec);
const toBlock = (block: string): string =>
  networkPolicy(`{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: ${block} }] }] }`);
const firewall = (rules: string, name = 'default'): string =>
  object('k8s.ovn.org/v1', 'EgressFirewall', `{ egress: [${rules}] }`, `{ name: ${name}, namespace: shop }`);
const older = (name: string): string =>
  object('network.openshift.io/v1', 'EgressNetworkPolicy', '{ egress: [] }', `{ name: ${name}, namespace: shop }`);
const cluster = (spec: string): string =>
  object('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', spec, '{ name: x }');
const everything = '{ type: Deny, to: { cidrSelector: 0.0.0.0/0 } }';

describe('what the API server refuses is not known', () => {
  it.each([
    ['a block without a prefix', toBlock('{ cidr: 203.0.113.7 }')],
    ['a block that is no network', toBlock('{ cidr: everywhere/0 }')],
    ['an exception outside of its block', toBlock('{ cidr: 203.0.113.0/24, except: [198.51.100.0/25] }')],
    ['an exception as large as its block', toBlock('{ cidr: 203.0.113.7/32, except: [203.0.113.7/32] }')],
    ['an EgressFirewall that is not called default', firewall(everything, 'mine')],
    ['a rule of an EgressFirewall in small letters', firewall('{ type: deny, to: { cidrSelector: 0.0.0.0/0 } }')],
    [
      'a second BaselineAdminNetworkPolicy',
      object(
        'policy.networking.k8s.io/v1alpha1',
        'BaselineAdminNetworkPolicy',
        '{ subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ networks: [0.0.0.0/0] }] }] }',
        '{ name: second }',
      ),
    ],
    ['a tier that is none', cluster('{ tier: Middle, priority: 1, subject: { namespaces: {} } }')],
    ['a priority out of range', cluster('{ tier: Admin, priority: 1001, subject: { namespaces: {} } }')],
    ['two kinds of subject', cluster('{ tier: Admin, priority: 1, subject: { namespaces: {}, pods: {} } }')],
    [
      'a rule for nobody',
      cluster('{ tier: Admin, priority: 1, subject: { namespaces: {} }, egress: [{ action: Deny }] }'),
    ],
  ])('%s', async (_, given) => {
    const { code, found } = await verify(base, given);
    expect([code, found.unknown[0]?.reason]).toEqual([4, expect.stringContaining('cannot be read')]);
    expect((await why('shop/web-1', allowed, base, given)).verdict).toBe('Unknown');
  });
});

describe('what a rule takes away from itself', () => {
  const calico = (destination: string): string =>
    object(
      'projectcalico.org/v3',
      'NetworkPolicy',
      `{ types: [Egress], egress: [{ action: Allow, protocol: TCP, destination: { ${destination} } }] }`,
    );
  const part = '203.0.113.128/25';

  it.each([
    ['an exception of NetworkPolicy', toBlock(`{ cidr: 0.0.0.0/0, except: [${part}] }`), '203.0.113.128'],
    [
      'an exception of Cilium',
      object(
        'cilium.io/v2',
        'CiliumNetworkPolicy',
        `{ endpointSelector: {}, egress: [{ toCIDRSet: [{ cidr: 0.0.0.0/0, except: [${part}] }] }] }`,
      ),
      '203.0.113.128',
    ],
    ['networks that Calico leaves out', calico(`notNets: [${part}]`), '203.0.113.128'],
    ['ports that Calico leaves out', calico("ports: ['1:1000'], notPorts: [443]"), '203.0.113.0'],
  ])('%s stops what is intended', async (_, given, destination) => {
    const { code, found } = await verify(base, given);
    expect([code, found.blocked.map((flow) => flow.destination)]).toEqual([3, [destination]]);
  });
});

describe('a policy of the whole cluster', () => {
  const part = '203.0.113.128/25';
  const wide = (apiVersion: string, kind: string, spec: string): string =>
    object(apiVersion, kind, spec, '{ name: x }');

  it.each([
    [
      'of Cilium',
      wide(
        'cilium.io/v2',
        'CiliumClusterwideNetworkPolicy',
        `{ endpointSelector: {}, egressDeny: [{ toCIDR: [${part}] }], egress: [{ toEntities: [all] }] }`,
      ),
    ],
    [
      'of Calico',
      wide(
        'projectcalico.org/v3',
        'GlobalNetworkPolicy',
        `{ types: [Egress], egress: [{ action: Deny, destination: { nets: [${part}] } }, { action: Allow }] }`,
      ),
    ],
    [
      'of Antrea',
      wide(
        'crd.antrea.io/v1beta1',
        'ClusterNetworkPolicy',
        `{ priority: 1, appliedTo: [{ namespaceSelector: {} }], egress: [{ action: Drop, to: [{ ipBlock: { cidr: ${part} } }] }] }`,
      ),
    ],
    [
      'of the upstream API',
      cluster(
        `{ tier: Admin, priority: 1, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ networks: [${part}] }] }] }`,
      ),
    ],
    [
      'of its older kind',
      wide(
        'policy.networking.k8s.io/v1alpha1',
        'AdminNetworkPolicy',
        `{ priority: 1, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ networks: [${part}] }] }] }`,
      ),
    ],
  ])('%s stops a part of what is intended', async (_, given) => {
    const { code, found } = await verify(base, given);
    expect([code, found.blocked.map(({ destination }) => destination)]).toEqual([3, ['203.0.113.128']]);
  });
});

describe('of OpenShift', () => {
  it('two EgressNetworkPolicies in one namespace drop whatever leaves the cluster', async () => {
    const { code, found } = await verify(base, older('a'), older('b'));
    expect([code, found.blocked.map(({ rule }) => rule)]).toEqual([3, ['EgressNetworkPolicy/shop/a']]);
    expect((await verify(base, older('a'))).code).toBe(0);
  });
});

const github = `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec:
  subject: { podSelector: { matchLabels: { app: web } } }
  to: [{ domainNames: [github.com], ports: [{ port: 443 }] }]`;

describe('a rule for names', () => {
  const named = [pods, github, edge()];
  const cilium = (name: string): string =>
    object(
      'cilium.io/v2',
      'CiliumNetworkPolicy',
      `{ endpointSelector: {}, egress: [{ toFQDNs: [{ matchName: ${name} }] }] }`,
    );

  it.each([
    ['of Cilium', cilium('github.com')],
    ['of an EgressFirewall', firewall(`{ type: Allow, to: { dnsName: github.com } }, ${everything}`)],
    [
      'of Antrea',
      object(
        'crd.antrea.io/v1beta1',
        'ClusterNetworkPolicy',
        '{ priority: 1, appliedTo: [{ namespaceSelector: {} }], egress: [{ action: Allow, to: [{ fqdn: github.com }] }, { action: Drop, to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }',
        '{ name: x }',
      ),
    ],
  ])('%s opens no address that the perimeter closes', async (_, given) => {
    const { code, found } = await verify(...named, given);
    expect([code, found.unknown]).toEqual([0, []]);
  });

  it('leaves an intended address unknown', async () => {
    const { code, found } = await verify(base, cilium('github.com'));
    expect([code, found.unknown.map(({ destination }) => destination)]).toEqual([4, ['203.0.113.0']]);
  });

  it('stops an intended name that is not among them', async () => {
    const { code, found } = await verify(...named, cilium('example.com'));
    expect([code, found.blocked.map(({ destination }) => destination)]).toEqual([3, ['github.com']]);
  });
});

describe('policies of nodes', () => {
  const hostPod = `
apiVersion: v1
kind: Pod
metadata: { name: host-1, namespace: shop, labels: { app: web } }
spec: { nodeName: n1, hostNetwork: true }
status: { phase: Running, podIP: 192.168.1.1, podIPs: [{ ip: 192.168.1.1 }] }`;
  const worker = `
apiVersion: v1
kind: Node
metadata: { name: n1, labels: { role: worker } }
status: { addresses: [{ type: InternalIP, address: 192.168.1.1 }] }`;
  const onNodes = [hostPod, worker, intent, edge('{ type: Node }')];
  const cilium = (role: string, direction = 'egress', peers = 'toEntities'): string =>
    object(
      'cilium.io/v2',
      'CiliumClusterwideNetworkPolicy',
      `{ nodeSelector: { matchLabels: { role: ${role} } }, ${direction}: [{ ${peers}: [cluster] }] }`,
      '{ name: x }',
    );
  const endpoint = (profiles: string): string =>
    object(
      'projectcalico.org/v3',
      'HostEndpoint',
      `{ node: n1, profiles: [${profiles}] }`,
      '{ name: x, labels: { host: n1 } }',
    );
  const calico = object(
    'projectcalico.org/v3',
    'GlobalNetworkPolicy',
    '{ selector: has(host), types: [Egress], egress: [{ action: Deny }] }',
    '{ name: all }',
  );
  const antrea = object(
    'crd.antrea.io/v1beta1',
    'ClusterNetworkPolicy',
    '{ priority: 1, appliedTo: [{ nodeSelector: {} }], egress: [{ action: Drop }] }',
    '{ name: x }',
  );

  it.each([
    ['of Cilium', cilium('worker')],
    ['of Antrea', antrea],
    ['of Calico, as a host endpoint', endpoint('')],
    [
      'of Calico, that select an endpoint which lets everything through',
      `${endpoint('projectcalico-default-allow')}\n---\n${calico}`,
    ],
  ])('%s may bind pods on the network of their node', async (_, given) => {
    const { code, found } = await verify(...onNodes, given);
    expect([code, found.unknown.map(({ pod }) => pod)]).toEqual([4, ['shop/host-1']]);
    expect((await why('shop/host-1', allowed, ...onNodes, given)).verdict).toBe('Unknown');
  });

  it.each([
    ['of other nodes', cilium('other')],
    ['about what comes in', cilium('worker', 'ingress', 'fromEntities')],
    ['that only let through', endpoint('projectcalico-default-allow')],
  ])('%s do not', async (_, given) => {
    expect((await verify(...onNodes, given)).code).toBe(0);
  });

  it('bind no other pods', async () => {
    expect((await verify(base, cilium('worker'))).code).toBe(0);
  });
});

it('an address that Cilium redirects to a pod of the node may lead elsewhere', async () => {
  const redirect = object(
    'cilium.io/v2',
    'CiliumLocalRedirectPolicy',
    "{ redirectFrontend: { addressMatcher: { ip: 203.0.113.7, toPorts: [{ port: '443', protocol: TCP }] } }, redirectBackend: { localEndpointSelector: {} } }",
  );
  const { code, found } = await verify(base, redirect);
  expect([code, found.unknown.map(({ destination }) => destination)]).toEqual([4, ['203.0.113.7']]);
  expect((await why('shop/web-1', '203.0.113.8:443', base, redirect)).verdict).toBe('Accept');
});
