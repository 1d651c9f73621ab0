import type { ClusterEgressPolicy, EgressPolicy, EnforcementPoint, ExternalService } from '../../src/api/kinds.ts';
import type { DestinationRef, Port } from '../../src/api/fields/destination.ts';
import type { LabelSelector } from '../../src/api/fields/selector.ts';
import type { DesiredState, Rule, Verdict } from '../../src/core/model/desired.ts';
import type { Labels, Namespace, Node, ObjectChange, Pod, Snapshot } from '../../src/core/model/snapshot.ts';
import { addresses, hosts } from './compile-world.ts';

/*
 * What policies mean, said a second time and as plainly as possible: tier by tier, policy by policy, entry by entry,
 * straight from the objects. It shares no code with the compiler.
 */

export interface State {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly pods: ReadonlyMap<string, Pod>;
  readonly services: ReadonlyMap<string, ExternalService>;
  readonly policies: ReadonlyMap<string, EgressPolicy>;
  readonly clusterPolicies: ReadonlyMap<string, ClusterEgressPolicy>;
  readonly points: ReadonlyMap<string, EnforcementPoint>;
}

export interface Flow {
  readonly pod: Pod;
  readonly source: string;
  readonly host: string | undefined;
  readonly address: string | undefined;
  readonly port: number;
  readonly protocol: string;
}

export function stateOf(changes: readonly ObjectChange[]): State {
  const state = {
    Namespace: new Map<string, Namespace>(),
    Node: new Map<string, Node>(),
    Pod: new Map<string, Pod>(),
    ExternalService: new Map<string, ExternalService>(),
    EgressPolicy: new Map<string, EgressPolicy>(),
    ClusterEgressPolicy: new Map<string, ClusterEgressPolicy>(),
    EnforcementPoint: new Map<string, EnforcementPoint>(),
  };
  for (const change of changes) {
    const objects: Map<string, unknown> | undefined = Object.hasOwn(state, change.kind)
      ? state[change.kind as keyof typeof state]
      : undefined;
    if (objects === undefined) continue;
    if (change.object) objects.set(change.key, change.object);
    else objects.delete(change.key);
  }
  return {
    namespaces: state.Namespace,
    nodes: state.Node,
    pods: state.Pod,
    services: state.ExternalService,
    policies: state.EgressPolicy,
    clusterPolicies: state.ClusterEgressPolicy,
    points: state.EnforcementPoint,
  };
}

/** The cluster with one enforcement point that covers everything, as the matrix sees it. */
export function snapshotOf(state: State): Snapshot {
  const point = state.points.get('e1')!;
  const { namespaceSelector: _, policySelector: __, ...spec } = point.spec;
  return {
    namespaces: [...state.namespaces.values()],
    serviceAccounts: [],
    nodes: [...state.nodes.values()],
    pods: [...state.pods.values()],
    externalServices: [...state.services.values()],
    egressPolicies: [...state.policies.values()],
    clusterEgressPolicies: [...state.clusterPolicies.values()],
    enforcementPoints: [{ ...point, spec }],
  };
}

export function livePods(state: State): Pod[] {
  return [...state.pods.values()].filter(
    ({ deleting, phase, hostNetwork }) => !deleting && !hostNetwork && phase !== 'Succeeded' && phase !== 'Failed',
  );
}

export function ownerOf(state: State, address: string): Pod | undefined {
  const claimants = livePods(state).filter((pod) => pod.addresses.includes(address));
  const age = ({ created, uid }: Pod): string => `${created} ${uid}`;
  const newest = claimants.sort((a, b) => (age(a) > age(b) ? -1 : 1))[0];
  const isTaken = [...state.nodes.values()].some((node) => node.addresses.includes(address));
  const isLeftOver = newest !== undefined && newest.node !== '' && !state.nodes.has(newest.node);
  return isTaken && isLeftOver ? undefined : newest;
}

export function flowsOf(pod: Pod, source: string): Flow[] {
  const targets = [
    ...hosts.map((host) => ({ host, address: undefined })),
    ...addresses.map((address) => ({ host: undefined, address })),
    { host: hosts[0], address: addresses[0] },
    { host: hosts[1], address: addresses[2] },
  ];
  const ports = [
    { port: 443, protocol: 'TCP' },
    { port: 445, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ];
  return targets.flatMap((target) => ports.map((port) => ({ pod, source, ...target, ...port })));
}

export function covers(state: State, point: string, pod: Pod): boolean {
  return selects(state.points.get(point)!.spec.namespaceSelector, labelsOf(state, pod.namespace));
}

export function intended(state: State, point: string, flow: Flow, now: string): Verdict {
  const { policySelector, defaultAction } = state.points.get(point)!.spec;
  const cluster = [...state.clusterPolicies.values()]
    .filter(({ metadata }) => selects(policySelector, metadata.labels))
    .sort((a, b) => a.spec.priority - b.spec.priority || (a.metadata.name < b.metadata.name ? -1 : 1));
  const tier = (wanted: string): ClusterEgressPolicy[] => cluster.filter(({ spec }) => spec.tier === wanted);
  const local = [...state.policies.values()].filter(({ metadata }) => selects(policySelector, metadata.labels));
  const admin = verdictOfTier(state, tier('Admin'), flow, now);
  if (admin === 'Accept' || admin === 'Deny') return admin;
  const says = (action: Verdict): boolean =>
    local.some((p) => p.spec.action === action && localMatches(state, p, flow, now));
  if (says('Deny')) return 'Deny';
  if (says('Accept')) return 'Accept';
  const baseline = verdictOfTier(state, tier('Baseline'), flow, now);
  return baseline === 'Accept' || baseline === 'Deny' ? baseline : defaultAction;
}

export function verdictOf(desired: DesiredState, flow: Flow): { verdict: Verdict; rule: Rule | undefined } {
  const rule = desired.rules.find(
    ({ sources, destination: { any, names, networks }, ports }) =>
      desired.groups.some(
        ({ id, members }) => sources.includes(id) && members.some((m) => inNetwork(flow.source, m)),
      ) &&
      (any || goesTo(names, networks, flow)) &&
      onPort(ports, flow),
  );
  return { verdict: rule?.action ?? desired.defaultAction, rule };
}

function verdictOfTier(
  state: State,
  tier: ClusterEgressPolicy[],
  flow: Flow,
  now: string,
): Verdict | 'Pass' | undefined {
  for (const { spec } of tier) {
    if (isOver(spec.governance?.expiresAt, now)) continue;
    const { namespaceSelector, podSelector, serviceAccounts } = spec.subject;
    const { namespace, serviceAccount, labels } = flow.pod;
    if (!selects(namespaceSelector, labelsOf(state, namespace)) || !selects(podSelector, labels)) continue;
    if (serviceAccounts && !serviceAccounts.some((s) => s.namespace === namespace && s.name === serviceAccount))
      continue;
    const hit = spec.egress.find(({ action, to }) => to.some((entry) => entryMatches(state, entry, action, flow, now)));
    if (hit) return hit.action;
  }
  return undefined;
}

function localMatches(state: State, { metadata, spec }: EgressPolicy, flow: Flow, now: string): boolean {
  if (metadata.namespace !== flow.pod.namespace || isOver(spec.governance?.expiresAt, now)) return false;
  if (!selects(spec.subject.podSelector, flow.pod.labels)) return false;
  if (spec.subject.serviceAccounts && !spec.subject.serviceAccounts.includes(flow.pod.serviceAccount)) return false;
  return spec.to.some((entry) => entryMatches(state, entry, spec.action, flow, now));
}

function entryMatches(state: State, entry: DestinationRef, action: string, flow: Flow, now: string): boolean {
  if (!onPort(entry.ports ?? [], flow)) return false;
  if (entry.externalService === undefined) return leadsTo(entry, action, flow);
  const spec = state.services.get(entry.externalService)?.spec;
  if (!spec || isOver(spec.governance?.expiresAt, now) || !onPort(spec.ports ?? [], flow)) return false;
  // Who may use a service is no limit to who is denied it.
  const allowed = action === 'Deny' || selects(spec.allowedNamespaces, labelsOf(state, flow.pod.namespace));
  return allowed && leadsTo(spec, action, flow);
}

function leadsTo(
  { domainNames = [], networks = [] }: Pick<DestinationRef, 'domainNames' | 'networks'>,
  action: string,
  flow: Flow,
): boolean {
  if (domainNames.includes('no name') || networks.includes('10.0.0.1/8')) return false;
  if (networks.includes('0.0.0.0/0') && networks.includes('::/0')) return true;
  return (action !== 'Deny' || domainNames.length === 0) && goesTo(domainNames, networks, flow);
}

function goesTo(names: readonly string[], networks: readonly string[], { host, address }: Flow): boolean {
  const named = names.some((name) => name === host || (name.startsWith('*') && host?.endsWith(name.slice(1))));
  return named || (address !== undefined && networks.some((network) => inNetwork(address, network)));
}

function onPort(ports: readonly Port[], { port, protocol }: Flow): boolean {
  const holds = (p: Port): boolean => p.protocol === protocol && p.port <= port && port <= (p.endPort ?? p.port);
  return ports.length === 0 || ports.some(holds);
}

/** Enough for the addresses of these clusters: octets in decimal, IPv6 by its first group. */
function inNetwork(address: string, network: string): boolean {
  const [base = '', prefix] = network.split('/');
  if (prefix === undefined || address.includes(':') !== base.includes(':')) return address === base;
  if (base.includes(':'))
    return prefix === '0' || address.startsWith(prefix === '8' ? base.slice(0, 2) : base.slice(0, -1));
  const bits = (text: string): string =>
    text
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  return bits(address).startsWith(bits(base).slice(0, Number(prefix)));
}

function isOver(expiresAt: string | undefined, now: string): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function labelsOf(state: State, namespace: string): Labels {
  return state.namespaces.get(namespace)?.labels ?? {};
}

function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  return (
    Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      return operator === 'In'
        ? value !== undefined && values.includes(value)
        : value === undefined || !values.includes(value);
    })
  );
}
