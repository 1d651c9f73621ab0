import type { ClusterEgressPolicy, EgressPolicy, EnforcementPoint, ExternalService } from '../../src/api/kinds.ts';
import { kinds } from '../../src/api/kinds.ts';
import { apiVersion } from '../../src/api/meta.ts';
import type { AddressGroup, DesiredState, Destination, Origin, Rule } from '../../src/core/model/desired.ts';
import type { Namespace, Node, Pod, ServiceAccount, Snapshot } from '../../src/core/model/snapshot.ts';

/*
 * Terse builders: each gives a complete, valid value out of the few fields a test is about.
 * Everything they do not name has a dull default.
 */

export function aDesiredState(fields: Partial<DesiredState> = {}): DesiredState {
  return { point: 'edge', defaultAction: 'Deny', groups: [], rules: [], ...fields };
}

export function aGroup(fields: Partial<AddressGroup> = {}): AddressGroup {
  const { id = '00000000000a', role = 'Accept', title = `pods of ${id}`, members = [] } = fields;
  return { id, role, title, members: [...members].sort() };
}

/** `to` is short for a destination: `any`, or names and networks in any mix. */
export function aRule({ to, ...fields }: Partial<Rule> & { readonly to?: 'any' | readonly string[] } = {}): Rule {
  return {
    id: '000000000001',
    action: 'Accept',
    sources: ['00000000000a'],
    destination: aDestination(to ?? ['203.0.113.0/24']),
    ports: [{ port: 443, protocol: 'TCP' }],
    log: false,
    origin: anOrigin(),
    ...fields,
  };
}

export function aDestination(to: 'any' | readonly string[]): Destination {
  if (to === 'any') return { any: true, names: [], networks: [] };
  const isNetwork = (text: string): boolean => text.includes('/');
  return {
    any: false,
    names: to.filter((text) => !isNetwork(text)).sort(),
    networks: to.filter((text) => isNetwork(text)).sort(),
  };
}

export function anOrigin(fields: Partial<Origin> = {}): Origin {
  return {
    kind: 'EgressPolicy',
    namespace: 'shop',
    name: 'checkout',
    uid: 'uid-checkout',
    generation: 1,
    tier: 'Namespace',
    field: 'spec.to[0]',
    ...fields,
  };
}

export function aNamespace(name = 'shop', labels: Namespace['labels'] = {}): Namespace {
  return { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } };
}

export function aServiceAccount(fields: Partial<ServiceAccount> = {}): ServiceAccount {
  return { namespace: 'shop', name: 'default', ...fields };
}

export function aNode(fields: Partial<Node> = {}): Node {
  return { name: 'node-1', labels: {}, addresses: ['192.0.2.1'], ...fields };
}

export function aPod(fields: Partial<Pod> = {}): Pod {
  const { namespace = 'shop', name = 'checkout-1' } = fields;
  return {
    uid: `uid-${namespace}-${name}`,
    namespace,
    name,
    labels: {},
    serviceAccount: 'default',
    node: 'node-1',
    hostNetwork: false,
    phase: 'Running',
    deleting: false,
    addresses: ['10.0.0.1'],
    created: '2026-01-01T00:00:00Z',
    workload: `Pod/${name}`,
    ...fields,
  };
}

type Written<K extends keyof typeof kinds> = (typeof kinds)[K]['schema']['_zod']['input']['spec'];

type Entries = Written<'EgressPolicy'>['to'];

/** What an entry says of ports, if it says nothing: all of them. */
function complete(entries: Entries): Entries {
  return entries.map((entry) =>
    entry.externalService === undefined && entry.ports === undefined ? { ...entry, allPorts: true } : entry,
  );
}

/** For every pod and every port, unless the spec says which. */
export function aPolicy(
  { to = [{ networks: ['203.0.113.0/24'], ports: [{ port: 443 }] }], ...spec }: Partial<Written<'EgressPolicy'>> = {},
  metadata: Partial<EgressPolicy['metadata']> = {},
): EgressPolicy {
  return kinds.EgressPolicy.schema.parse({
    apiVersion,
    kind: 'EgressPolicy',
    metadata: { namespace: 'shop', name: 'checkout', uid: 'uid-checkout', generation: 1, ...metadata },
    spec: { subject: { allPods: true }, to: complete(to), ...spec },
  });
}

/** For every pod of every namespace and every port, unless the spec says which. */
export function aClusterPolicy(
  { subject = {}, egress = [denyMetadata], ...spec }: Partial<Written<'ClusterEgressPolicy'>> = {},
  metadata: Partial<ClusterEgressPolicy['metadata']> = {},
): ClusterEgressPolicy {
  const { namespaceSelector, podSelector, serviceAccounts } = subject;
  return kinds.ClusterEgressPolicy.schema.parse({
    apiVersion,
    kind: 'ClusterEgressPolicy',
    metadata: { name: 'floor', uid: 'uid-floor', generation: 1, ...metadata },
    spec: {
      tier: 'Admin',
      priority: 100,
      subject: {
        ...subject,
        ...(namespaceSelector === undefined && { allNamespaces: true }),
        ...(podSelector === undefined && serviceAccounts === undefined && { allPods: true }),
      },
      egress: egress.map((rule) => ({ ...rule, to: complete(rule.to) })),
      ...spec,
    },
  });
}

const denyMetadata = { action: 'Deny' as const, to: [{ networks: ['169.254.169.254/32'] }] };

/** For every namespace, unless the spec says which. */
export function aService(
  spec: Partial<Written<'ExternalService'>> = {},
  metadata: Partial<ExternalService['metadata']> = {},
): ExternalService {
  return kinds.ExternalService.schema.parse({
    apiVersion,
    kind: 'ExternalService',
    metadata: { name: 'payments', uid: 'uid-payments', generation: 1, ...metadata },
    spec: {
      networks: ['203.0.113.0/24'],
      ports: [{ port: 443 }],
      ...(spec.allowedNamespaces === undefined && { allNamespaces: true }),
      ...spec,
    },
  });
}

export function aPoint(
  spec: Partial<Written<'EnforcementPoint'>> = {},
  metadata: Partial<EnforcementPoint['metadata']> = {},
): EnforcementPoint {
  return kinds.EnforcementPoint.schema.parse({
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: { name: 'edge', uid: 'uid-edge', generation: 1, ...metadata },
    spec: { adapter: 'memory', mode: 'Enforce', ...spec },
  });
}

export function aSnapshot(fields: Partial<Snapshot> = {}): Snapshot {
  return {
    namespaces: [],
    serviceAccounts: [],
    nodes: [],
    pods: [],
    externalServices: [],
    egressPolicies: [],
    clusterEgressPolicies: [],
    enforcementPoints: [],
    ...fields,
  };
}
