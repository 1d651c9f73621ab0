import type { ClusterEgressPolicy, EgressPolicy, EnforcementPoint, ExternalService } from '../../src/api/kinds.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import type { Namespace, ObjectChange, Pod } from '../../src/core/model/snapshot.ts';
import { apiVersion, type ObjectMeta } from '../../src/api/meta.ts';

export interface Size {
  readonly pods: number;
  readonly namespaces: number;
  readonly policies: number;
  readonly points: number;
}

/** A cluster as they are found: a few applications per namespace, a catalogue of services, a handful of cluster-wide rules. */
export function clusterOf({ pods, namespaces, policies, points }: Size): ObjectChange[] {
  const spaces = range(namespaces, (i): Namespace => ({
    name: `team-${i}`,
    labels: { team: `t${i % 50}`, zone: `z${i % 3}`, 'kubernetes.io/metadata.name': `team-${i}` },
  }));
  return toChanges({
    namespaces: spaces,
    serviceAccounts: [],
    nodes: range(Math.ceil(pods / 30), (i) => ({
      name: `node-${i}`,
      labels: {},
      addresses: [`192.0.${i >> 8}.${i & 255}`],
    })),
    pods: range(pods, (i) => podOf(i, namespaces)),
    externalServices: range(200, serviceOf),
    egressPolicies: range(policies, (i) => policyOf(i, namespaces)),
    clusterEgressPolicies: clusterPolicies(),
    enforcementPoints: range(points, pointOf),
  });
}

export function podOf(i: number, namespaces: number, fields: Partial<Pod> = {}): Pod {
  const namespace = `team-${i % namespaces}`;
  const app = `app-${Math.floor(i / namespaces) % 8}`;
  return {
    uid: `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`,
    namespace,
    name: `${app}-${i}`,
    labels: { app, tier: i % 2 ? 'web' : 'job', 'pod-template-hash': `h${i % 5000}` },
    serviceAccount: app,
    node: `node-${Math.floor(i / 30)}`,
    hostNetwork: false,
    phase: 'Running',
    deleting: false,
    addresses: [`10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`],
    created: '2026-01-01T00:00:00Z',
    workload: `Deployment/${app}`,
    ...fields,
  };
}

export function policyOf(
  i: number,
  namespaces: number,
  network = `198.51.${(i + Math.floor(i / namespaces)) % 200}.0/24`,
): EgressPolicy {
  const namespace = `team-${i % namespaces}`;
  const n = Math.floor(i / namespaces);
  return {
    apiVersion,
    kind: 'EgressPolicy',
    metadata: { ...meta(`policy-${n}`, i), namespace },
    spec: {
      subject: n % 4 === 0 ? { allPods: true } : { podSelector: { matchLabels: { app: `app-${n % 8}` } } },
      action: 'Accept',
      to: [
        { externalService: `service-${(i * 7 + n * 13) % 200}` },
        { networks: [network], ports: [{ port: 5432, protocol: 'TCP' }] },
      ],
    },
  };
}

function serviceOf(i: number): ExternalService {
  const destination = i % 4 === 0 ? { networks: [`203.0.${i}.0/24`] } : { domainNames: [`api-${i}.example.com`] };
  return {
    apiVersion,
    kind: 'ExternalService',
    metadata: meta(`service-${i}`, i),
    spec: {
      ...destination,
      ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }],
      allNamespaces: true,
      tls: 'Passthrough',
    },
  };
}

/** Selects one team in fifty, or all. */
export function clusterPolicyOf(i: number, network = `100.64.${i}.0/24`): ClusterEgressPolicy {
  return {
    apiVersion,
    kind: 'ClusterEgressPolicy',
    metadata: meta(`admin-${i}`, i),
    spec: {
      tier: 'Admin',
      priority: i,
      subject:
        i === 0
          ? { allNamespaces: true, allPods: true }
          : { namespaceSelector: { matchLabels: { team: `t${i}` } }, allPods: true },
      egress: [{ action: i % 2 ? 'Accept' : 'Deny', to: [{ networks: [network] }] }],
    },
  };
}

function clusterPolicies(): ClusterEgressPolicy[] {
  const admin = range(20, (i) => clusterPolicyOf(i));
  const pass: ClusterEgressPolicy = {
    apiVersion,
    kind: 'ClusterEgressPolicy',
    metadata: meta('pass', 50),
    spec: {
      tier: 'Admin',
      priority: 50,
      subject: { namespaceSelector: { matchLabels: { zone: 'z1' } }, allPods: true },
      egress: [
        { action: 'Pass', to: [{ networks: ['198.51.0.0/17'] }] },
        { action: 'Deny', to: [{ networks: ['198.51.0.0/16'] }] },
      ],
    },
  };
  return [...admin, pass];
}

function pointOf(i: number): EnforcementPoint {
  const selectors = [
    undefined,
    { matchLabels: { zone: 'z0' } },
    { matchLabels: { zone: 'z1' } },
    { matchLabels: { zone: 'z2' } },
  ];
  const namespaceSelector = selectors[i % 4];
  return {
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: meta(`edge-${i}`, i),
    spec: {
      adapter: 'memory',
      mode: 'Enforce',
      vantage: { type: 'Pod' },
      ...(namespaceSelector ? { namespaceSelector } : {}),
      clusterNetworks: ['10.0.0.0/8'],
      config: {},
      guard: { maxRemovals: 50, maxRemovalsPercent: 20 },
      defaultAction: 'Deny',
    },
  };
}

function meta(name: string, i: number): ObjectMeta {
  return { name, uid: `uid-${name}-${i}`, generation: 1, labels: {}, annotations: {} };
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
