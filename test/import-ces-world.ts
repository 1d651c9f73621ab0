import fc from 'fast-check';
import type { CesFlow, CesRule, CesService, CesWorld } from './import-ces-model.ts';

/*
 * Small worlds with everything in them that goes wrong with CES, and the flows that tell them apart.
 */

const namespaces = ['a', 'b'];

export interface CesPod {
  readonly namespace: string;
  readonly name: string;
  readonly app: string;
  readonly address: string;
}

export const pods: readonly CesPod[] = [
  { namespace: 'a', name: 'x-1', app: 'x', address: '10.0.1.1' },
  { namespace: 'a', name: 'y-1', app: 'y', address: '10.0.1.2' },
  { namespace: 'a', name: 'x-2', app: 'x', address: '10.9.0.1' },
  { namespace: 'b', name: 'x-1', app: 'x', address: '10.32.2.1' },
  { namespace: 'b', name: 'z-1', app: 'z', address: '10.32.2.2' },
];

const soundAddresses = [
  '203.0.113.0/24',
  '203.0.113.7',
  '203.0.113.128/25',
  '198.51.100.1',
  '0.0.0.0/0',
  'one.example.com',
  'Two.example.com',
];
const addresses = [...soundAddresses, '*.example.org', '10.0.0.300', '203.0.113.1-203.0.113.9', '192.0.2.9/24'];

const soundPorts: readonly CesService['ports'][] = [
  [],
  [{ protocol: 'tcp', port: '443' }],
  [
    { protocol: 'TCP', port: '80,443,8000-8010' },
    { protocol: 'udp', port: '53' },
  ],
  [{ protocol: 'any', port: '443' }],
];
const ports: readonly CesService['ports'][] = [
  ...soundPorts,
  [{ protocol: 'tcp' }],
  [{ protocol: 'udp' }, { protocol: 'tcp', port: '80' }],
  [
    { protocol: 'tcp', port: '443' },
    { protocol: 'tcp', port: '70000' },
  ],
  [
    { protocol: 'tcp', port: '80' },
    { protocol: 'tcpp', port: '443' },
  ],
  [
    { protocol: 'sctp', port: '443' },
    { protocol: 'tcp', port: '443' },
  ],
  [{ protocol: 'icmp', port: '1' }],
];

const names = ['e1', 'e2', 'e3'];

interface Choices {
  readonly addresses: readonly string[];
  readonly ports: readonly CesService['ports'][];
  readonly actions: readonly string[];
  readonly references: readonly string[];
  readonly network: (namespace: string) => fc.Arbitrary<string | undefined>;
  readonly endpoints: (own: readonly string[]) => fc.Arbitrary<readonly string[] | undefined>;
}

const networkOf = (namespace: string): string => (namespace === 'a' ? '10.0.1.0/24' : '10.32.2.0/24');

/** Whatever a CRD of CES lets through. */
export const anyWorld = worlds({
  addresses,
  ports,
  actions: ['accept', 'accept-decisively', 'accept-decisively', 'drop', 'reject', 'permit'],
  references: [...names, 'missing'],
  network: (namespace) =>
    fc.constantFrom(networkOf(namespace), networkOf(namespace), '10.0.0.0/8', undefined, '10.0.1.0/24,fd00::/64'),
  endpoints: (own) => fc.constantFrom(own, own, [], [...own, '10.32.2.200'], own.slice(1), undefined),
});

/** Mostly valid CES objects. */
export const soundWorld = worlds({
  addresses: soundAddresses,
  ports: soundPorts,
  actions: ['accept-decisively', 'accept-decisively', 'drop', 'accept'],
  references: names,
  network: (namespace) => fc.constant(namespace === 'a' ? '10.0.0.0/12' : networkOf(namespace)),
  endpoints: (own) => fc.constant(own.length === 0 ? undefined : own),
});

function worlds(choices: Choices): fc.Arbitrary<CesWorld> {
  const service = (namespace: string, name: string): fc.Arbitrary<CesService> =>
    fc.record({
      namespace: fc.constant(namespace),
      name: fc.constant(name),
      addresses: fc.uniqueArray(fc.constantFrom(...choices.addresses), { minLength: 1, maxLength: 3 }),
      ports: fc.constantFrom(...choices.ports),
    });
  const services = fc.tuple(
    ...['kube-system', ...namespaces].flatMap((namespace) => names.map((name) => service(namespace, name))),
  );
  const keys = namespaces.flatMap((namespace) =>
    ['x', 'y'].map((app) => ({ key: `${namespace}/${app}`, namespace, app })),
  );
  const endpoints = fc.tuple(
    ...keys.map(({ key, namespace, app }) => {
      const own = pods.filter((pod) => pod.namespace === namespace && pod.app === app).map(({ address }) => address);
      return choices.endpoints(own).map((ready) => [key, ready] as const);
    }),
  );
  const networks = fc.tuple(
    ...namespaces.map((namespace) => choices.network(namespace).map((text) => [namespace, text] as const)),
  );
  return fc.record({
    services,
    rules: fc.array(rule(choices), { maxLength: 7 }).map(distinct),
    networks: networks.map(given),
    endpoints: endpoints.map(given),
  });
}

function rule({ actions, references }: Choices): fc.Arbitrary<CesRule> {
  return fc.record({
    kind: fc.constantFrom('ClusterEgressRule', 'NamespaceEgressRule', 'ServiceEgressRule'),
    namespace: fc.constantFrom(...namespaces),
    name: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
    action: fc.constantFrom(...actions),
    externalServices: fc.uniqueArray(fc.constantFrom(...references), { minLength: 1, maxLength: 2 }),
    service: fc.constantFrom('x', 'x', 'y'),
  });
}

function distinct(rules: readonly CesRule[]): readonly CesRule[] {
  return [...new Map(rules.map((each) => [subjectOf(each), each])).values()];
}

function given<T>(entries: readonly (readonly [string, T | undefined])[]): Record<string, T> {
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

export function subjectOf({ kind, namespace, name }: CesRule): string {
  return kind === 'ClusterEgressRule' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** What kubectl would print. */
export function manifestsOf({ services, rules, networks, endpoints }: CesWorld): readonly unknown[] {
  const apiVersion = 'kubeovn.io/v1alpha1';
  const placed = (namespace: string, name: string): object => ({ namespace, name });
  return [
    ...namespaces.map((name) => {
      const text = networks[name];
      const annotations = text === undefined ? {} : { annotations: { 'ovn.kubernetes.io/cidr': text } };
      return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...annotations } };
    }),
    ...pods.map(({ namespace, name, app, address }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name, labels: { app } },
      status: { phase: 'Running', podIPs: [{ ip: address }] },
    })),
    ...namespaces.flatMap((namespace) =>
      ['x', 'y'].map((app) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: placed(namespace, app),
        spec: { selector: { app } },
      })),
    ),
    ...Object.entries(endpoints).map(([key, ready]) => {
      const [namespace = '', name = ''] = key.split('/');
      const subsets = ready.length === 0 ? [] : [{ addresses: ready.map((ip) => ({ ip })) }];
      return { apiVersion: 'v1', kind: 'Endpoints', metadata: placed(namespace, name), subsets };
    }),
    ...services.map(({ namespace, name, ...spec }) => ({
      apiVersion,
      kind: 'ExternalService',
      metadata: placed(namespace, name),
      spec,
    })),
    ...rules.map(({ kind, namespace, name, service, ...spec }) => ({
      apiVersion,
      kind,
      metadata: kind === 'ClusterEgressRule' ? { name } : placed(namespace, name),
      spec: kind === 'ServiceEgressRule' ? { ...spec, service } : spec,
    })),
  ];
}

const sources = [...pods.map(({ address }) => address), '10.0.1.200', '10.32.2.200', '172.16.0.9'];
const targets = [
  ...['203.0.113.1', '203.0.113.7', '203.0.113.200', '198.51.100.1', '192.0.2.77', '100.64.0.1'].map((dst) => ({
    dst,
  })),
  ...['one.example.com', 'two.example.com', 'www.example.org', 'other.example.net'].map((host, index) => ({
    host,
    dst: `198.18.0.${index}`,
  })),
];
const knocks = [
  ...[80, 443, 8005, 9999].map((port) => ({ port, protocol: 'TCP' as const })),
  ...[53, 443].map((port) => ({ port, protocol: 'UDP' as const })),
];

export const flows: readonly CesFlow[] = sources.flatMap((src) =>
  targets.flatMap((target) => knocks.map((knock) => ({ src, ...target, ...knock }))),
);
