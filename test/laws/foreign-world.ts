import fc from 'fast-check';

/*
 * Clusters with network policies of every kind that a plugin goes by, as plain facts: `objectsOf` writes them as the
 * objects that people apply, `test/laws/foreign-judge.ts` judges one packet at a time by them.
 */

export type PluginName = 'none' | 'Cilium' | 'Calico' | 'Antrea';

export interface Ports {
  readonly protocol: 'TCP' | 'UDP';
  readonly from: number;
  readonly to: number;
}

export interface RuleFact {
  readonly action: 'Allow' | 'Deny' | 'Pass';
  readonly blocks: readonly string[];
  /** Taken away from every block that contains it. */
  readonly except: string | undefined;
  /** Empty: every port. */
  readonly ports: readonly Ports[];
}

/** Undefined: every one. */
export interface SubjectFact {
  readonly namespace: string | undefined;
  readonly app: string | undefined;
}

export interface PolicyFact {
  readonly kind: 'NetworkPolicy' | 'ClusterNetworkPolicy' | 'own';
  readonly subject: SubjectFact;
  readonly rules: readonly RuleFact[];
  /** Admin or Baseline; of Antrea and Calico one of `tiers`. */
  readonly tier: string;
  /** Different in all policies of one kind. */
  readonly order: number;
  /** Cilium: whether it switches the default to deny. */
  readonly isolates: boolean;
}

export interface World {
  readonly plugin: PluginName;
  readonly policies: readonly PolicyFact[];
  /** Calico: what the tier `sec` does at its end. */
  readonly secEnd: 'Pass' | 'Deny';
}

export const pods = [
  { namespace: 'shop', name: 'web', app: 'web', address: '10.20.1.11', hostNetwork: false },
  { namespace: 'shop', name: 'batch', app: 'batch', address: '10.20.1.12', hostNetwork: false },
  { namespace: 'news', name: 'feed', app: 'web', address: '10.20.1.13', hostNetwork: false },
  { namespace: 'shop', name: 'agent', app: 'batch', address: '192.168.1.1', hostNetwork: true },
] as const;
export type PodFact = (typeof pods)[number];

/** One of each region that the blocks and ports below cut. */
export const addresses = ['203.0.113.7', '203.0.113.200', '198.51.100.9', '192.0.2.1'] as const;
export const numbers = [53, 80, 443, 8080] as const;
export const protocols = ['TCP', 'UDP'] as const;

const part = '203.0.113.128/25';
const blocks = ['0.0.0.0/0', '203.0.113.0/24', part, '198.51.100.0/24'];

/** The exception where the block contains it: the API servers refuse others. */
function exceptIn(block: string, except: string | undefined): readonly string[] {
  return except === undefined || block.startsWith('198.') ? [] : [except];
}
const portSets: readonly (readonly Ports[])[] = [
  [],
  [{ protocol: 'TCP', from: 443, to: 443 }],
  [{ protocol: 'TCP', from: 80, to: 443 }],
  [
    { protocol: 'UDP', from: 53, to: 53 },
    { protocol: 'TCP', from: 53, to: 53 },
  ],
];

const tiersOf: Readonly<Record<PluginName, readonly string[]>> = {
  none: ['-'],
  Cilium: ['-'],
  Calico: ['sec', 'default'],
  Antrea: ['emergency', 'platform', 'application', 'baseline'],
};

function policy(plugin: PluginName, order: number): fc.Arbitrary<PolicyFact> {
  const kinds: readonly PolicyFact['kind'][] = [
    'NetworkPolicy',
    'ClusterNetworkPolicy',
    ...(plugin === 'none' ? [] : (['own', 'own'] as const)),
  ];
  return fc.constantFrom(...kinds).chain((kind) => {
    const actions =
      kind === 'NetworkPolicy'
        ? (['Allow'] as const)
        : plugin === 'Cilium' && kind === 'own'
          ? (['Allow', 'Deny'] as const)
          : (['Allow', 'Deny', 'Pass'] as const);
    return fc.record({
      kind: fc.constant(kind),
      subject: fc.record({
        namespace:
          kind === 'NetworkPolicy' ? fc.constantFrom('shop', 'news') : fc.constantFrom('shop', 'news', undefined),
        app: fc.constantFrom('web', 'batch', undefined),
      }),
      rules: fc.array(
        fc
          .record({
            action: fc.constantFrom(...actions),
            blocks: fc.subarray(blocks, { minLength: 1, maxLength: 2 }),
            // The upstream kind has no exceptions.
            except: kind === 'ClusterNetworkPolicy' ? fc.constant(undefined) : fc.constantFrom(part, undefined),
            ports: fc.constantFrom(...portSets),
          })
          .filter(({ blocks: all, except }) => except === undefined || !all.includes(except)),
        { minLength: kind === 'NetworkPolicy' ? 0 : 1, maxLength: 3 },
      ),
      tier: kind === 'own' ? fc.constantFrom(...tiersOf[plugin]) : fc.constantFrom('Admin', 'Baseline'),
      order: fc.constant(order),
      isolates: fc.boolean(),
    });
  });
}

export const world: fc.Arbitrary<World> = fc
  .constantFrom<PluginName>('none', 'Cilium', 'Calico', 'Antrea')
  .chain((plugin) =>
    fc.record({
      plugin: fc.constant(plugin),
      policies: fc
        .integer({ min: 0, max: 4 })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => policy(plugin, at + 1)))),
      secEnd: fc.constantFrom('Pass', 'Deny'),
    }),
  );

const annotations: Readonly<Record<PluginName, Record<string, string>>> = {
  none: {},
  Cilium: { 'network.cilium.io/ipv4-pod-cidr': '10.20.1.0/24' },
  Calico: { 'projectcalico.org/IPv4Address': '192.168.1.1/24' },
  Antrea: { 'node.antrea.io/mac-address': '02:00:00:00:00:01' },
};

/** As `kubectl get -o json` has them. */
export function objectsOf({ plugin, policies, secEnd }: World): readonly object[] {
  const namespaces = ['shop', 'news'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  }));
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', annotations: annotations[plugin] },
    status: { addresses: [{ type: 'InternalIP', address: '192.168.1.1' }] },
  };
  const running = pods.map(({ namespace, name, app, address, hostNetwork }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app } },
    spec: { nodeName: 'n1', hostNetwork, containers: [] },
    status: { phase: 'Running', podIP: address },
  }));
  const tier = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'Tier',
    metadata: { name: 'sec' },
    spec: { order: 100, defaultAction: secEnd },
  };
  return [
    ...namespaces,
    node,
    ...running,
    ...(plugin === 'Calico' ? [tier] : []),
    ...policies.map((one, at) => objectOf(plugin, one, at)),
  ];
}

function objectOf(plugin: PluginName, policy: PolicyFact, at: number): object {
  if (policy.kind === 'NetworkPolicy') return networkPolicy(policy, at);
  if (policy.kind === 'ClusterNetworkPolicy') return clusterPolicy(policy, at);
  if (plugin === 'Cilium') return cilium(policy, at);
  return plugin === 'Calico' ? calico(policy, at) : antrea(policy, at);
}

const appLabels = (app: string | undefined): object => (app === undefined ? {} : { matchLabels: { app } });
const ofNamespace = (namespace: string | undefined): object =>
  namespace === undefined ? {} : { matchLabels: { 'kubernetes.io/metadata.name': namespace } };

function networkPolicy({ subject, rules }: PolicyFact, at: number): object {
  const egress = rules.map(({ blocks: to, except, ports }) => ({
    to: to.map((cidr) => ({ ipBlock: { cidr, except: exceptIn(cidr, except) } })),
    ports: ports.map(({ protocol, from, to: endPort }) => ({ protocol, port: from, endPort })),
  }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: subject.namespace, name: `n${at}` },
    spec: { podSelector: appLabels(subject.app), policyTypes: ['Egress'], egress },
  };
}

function clusterPolicy({ subject, rules, tier, order }: PolicyFact, at: number): object {
  const egress = rules.map(({ action, blocks: networks, ports }) => ({
    action: action === 'Allow' ? 'Accept' : action,
    to: [{ networks }],
    ...(ports.length > 0 && {
      protocols: ports.map(({ protocol, from, to }) => ({
        [protocol.toLowerCase()]: { destinationPort: { range: { start: from, end: to } } },
      })),
    }),
  }));
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: `c${at}` },
    spec: {
      tier,
      priority: order,
      subject: { pods: { namespaceSelector: ofNamespace(subject.namespace), podSelector: appLabels(subject.app) } },
      egress,
    },
  };
}

function cilium({ subject, rules, isolates }: PolicyFact, at: number): object {
  const written = rules.map(({ action, blocks: to, except, ports }) => ({
    action,
    rule: {
      ...(except === undefined
        ? { toCIDR: to }
        : { toCIDRSet: to.map((cidr) => ({ cidr, except: exceptIn(cidr, except) })) }),
      ...(ports.length > 0 && {
        toPorts: [{ ports: ports.map(({ protocol, from, to }) => ({ protocol, port: `${from}`, endPort: to })) }],
      }),
    },
  }));
  const of = (action: string): readonly object[] => written.flatMap((one) => (one.action === action ? [one.rule] : []));
  const spaced = subject.namespace === undefined ? {} : { namespace: subject.namespace };
  return {
    apiVersion: 'cilium.io/v2',
    kind: subject.namespace === undefined ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
    metadata: { name: `o${at}`, ...spaced },
    spec: {
      endpointSelector: appLabels(subject.app),
      egress: of('Allow'),
      egressDeny: of('Deny'),
      ...(!isolates && { enableDefaultDeny: { egress: false } }),
    },
  };
}

function calico({ subject, rules, tier, order }: PolicyFact, at: number): object {
  // A rule of Calico has one protocol.
  const egress = rules.flatMap(({ action, blocks: nets, except, ports }) => {
    const notNets = except === undefined ? [] : [except];
    if (ports.length === 0) return [{ action, destination: { nets, notNets } }];
    return ports.map(({ protocol, from, to }) => ({
      action,
      protocol,
      destination: { nets, notNets, ports: [`${from}:${to}`] },
    }));
  });
  const spaced = subject.namespace === undefined ? {} : { namespace: subject.namespace };
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: subject.namespace === undefined ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
    metadata: { name: `${tier}.o${at}`, ...spaced },
    spec: {
      tier,
      order,
      selector: subject.app === undefined ? 'all()' : `app == '${subject.app}'`,
      types: ['Egress'],
      egress,
    },
  };
}

function antrea({ subject, rules, tier, order }: PolicyFact, at: number): object {
  const egress = rules.map(({ action, blocks: to, except, ports }) => ({
    action: action === 'Deny' ? 'Drop' : action,
    to: to.map((cidr) => ({ ipBlock: { cidr, except: exceptIn(cidr, except) } })),
    ports: ports.map(({ protocol, from, to: endPort }) => ({ protocol, port: from, endPort })),
  }));
  const namespaced = subject.namespace !== undefined;
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: namespaced ? 'NetworkPolicy' : 'ClusterNetworkPolicy',
    metadata: { name: `o${at}`, ...(namespaced && { namespace: subject.namespace }) },
    spec: { tier, priority: order, appliedTo: [{ podSelector: appLabels(subject.app) }], egress },
  };
}
