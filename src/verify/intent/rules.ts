import type { ClusterEgressPolicy, EgressPolicy, ExternalService } from '../../api/kinds.ts';
import type { DestinationRef, Port } from '../../api/fields/destination.ts';
import type { Governance } from '../../api/meta.ts';
import type { LabelSelector } from '../../api/fields/selector.ts';
import type { InForce } from '../../core/approval/in-force.ts';
import type { Origin } from '../../core/model/desired.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { parseCidr } from '../../net/cidr.ts';
import { canonicalName } from '../../net/name.ts';
import { faultOfPort } from '../../core/destinations/ports.ts';
import { isValidSelector, selects } from '../values/selector.ts';
import type { Remaining } from '../values/time.ts';
import type { RuleScope } from '../flows/flow-set.ts';
import { addressIntervals, everyAddress, intersect, portIntervals, subtract } from '../flows/intervals.ts';

/** One `to` entry of a policy, in force. */
export interface IntentRule {
  /** Shared between rules that lead to the same service on the same ports. */
  readonly scope: RuleScope;
  readonly action: 'Accept' | 'Deny' | 'Pass';
  /** Null: not on record. */
  readonly tier: Exclude<Origin['tier'], 'Default'> | null;
  /** `EgressPolicy/shop/checkout` */
  readonly policy: string;
  /** `spec.to[0]` */
  readonly field: string;
  readonly applies: Matcher;
  /** Name of the ExternalService that the entry refers to; undefined for one with its own names and networks. */
  readonly service: string | undefined;
  /** Of the past: the point that had it, and how certain it is that it was about a pod. */
  readonly layer?: string;
}

/** Whose flows are judged. */
export interface Subject extends Pick<Pod, 'namespace' | 'labels' | 'serviceAccount'> {
  readonly namespaceLabels: Labels;
}

/** Where a service leads and who may use it. */
export interface ReadService {
  readonly scope: RuleScope;
  readonly allows: (namespaceLabels: Labels) => boolean;
}

/** A service that may contribute; undefined for one that has expired or is not valid. */
export function readService({ spec }: ExternalService, remaining: Remaining): ReadService | undefined {
  const scope = scopeOf(spec.domainNames, spec.networks, spec.ports);
  const allows = matcher(spec.allowedNamespaces);
  return scope && allows && inForce(spec.governance, remaining) ? { scope, allows } : undefined;
}

type FindService = (name: string) => ReadService | undefined;

/** Whom a policy is about; undefined when its selectors are not valid. */
export function subjectMatcher(policy: EgressPolicy | ClusterEgressPolicy): Matcher | undefined {
  return policy.kind === 'EgressPolicy' ? localMatcher(policy) : clusterMatcher(policy.spec.subject);
}

type Matcher = (subject: Subject) => boolean;

/** The entries of a namespaced policy that count, in its order. */
export function readEgressPolicy(
  { policy, leftOut }: Pick<InForce, 'policy' | 'leftOut'>,
  find: FindService,
  remaining: Remaining,
): readonly IntentRule[] {
  const { metadata, spec } = policy;
  const applies = localMatcher(policy);
  if (!applies || !inForce(spec.governance, remaining)) return [];
  const common = { tier: 'Namespace', policy: `EgressPolicy/${metadata.namespace}/${metadata.name}`, applies } as const;
  return spec.to.flatMap((to, index) => {
    if (leftOut.has(index)) return [];
    return readEntry(to, { ...common, action: spec.action, field: `spec.to[${index}]` }, find);
  });
}

/** The entries of a cluster-wide policy that count, in its order. */
export function readClusterPolicy(
  { metadata, spec }: ClusterEgressPolicy,
  find: FindService,
  remaining: Remaining,
): readonly IntentRule[] {
  const applies = clusterMatcher(spec.subject);
  if (!applies || !inForce(spec.governance, remaining)) return [];
  const common = { tier: spec.tier, policy: `ClusterEgressPolicy/${metadata.name}`, applies } as const;
  return spec.egress.flatMap(({ action, to }, at) =>
    to.flatMap((entry, index) => {
      return readEntry(entry, { ...common, action, field: `spec.egress[${at}].to[${index}]` }, find);
    }),
  );
}

function localMatcher({ metadata, spec }: EgressPolicy): Matcher | undefined {
  const pods = matcher(spec.subject.podSelector);
  const accounts = spec.subject.serviceAccounts;
  if (!pods || accounts?.length === 0) return undefined;
  return ({ namespace, labels, serviceAccount }) =>
    namespace === metadata.namespace && pods(labels) && (accounts?.includes(serviceAccount) ?? true);
}

function clusterMatcher(subject: ClusterEgressPolicy['spec']['subject']): Matcher | undefined {
  const namespaces = matcher(subject.namespaceSelector);
  const pods = matcher(subject.podSelector);
  const accounts = subject.serviceAccounts;
  if (!namespaces || !pods || accounts?.length === 0) return undefined;
  return ({ namespace, namespaceLabels, labels, serviceAccount }) =>
    namespaces(namespaceLabels) &&
    pods(labels) &&
    (accounts?.some((account) => account.namespace === namespace && account.name === serviceAccount) ?? true);
}

/** An entry counts whole or not at all: half of it would be another intent. */
function readEntry(
  to: DestinationRef,
  rule: Omit<IntentRule, 'scope' | 'service'>,
  find: FindService,
): readonly IntentRule[] {
  const target = to.externalService === undefined ? inlineTarget(to) : serviceTarget(to, find(to.externalService));
  if (!target || (rule.action === 'Deny' && target.scope.names.length > 0)) return [];
  const allows = rule.action === 'Deny' ? () => true : target.allows;
  const applies = (subject: Subject): boolean => rule.applies(subject) && allows(subject.namespaceLabels);
  const scope = rule.action === 'Deny' ? withNames(target.scope) : target.scope;
  return [{ ...rule, applies, service: to.externalService, scope }];
}

/** A Deny for every address of one family stops flows to any name; to Accept a name takes both families. */
function withNames(scope: RuleScope): RuleScope {
  const whole = everyAddress.some((family) => subtract([family], scope.addresses).length === 0);
  return whole ? { ...scope, everyName: true } : scope;
}

function inlineTarget({ domainNames, networks, ports }: DestinationRef): ReadService | undefined {
  const scope = scopeOf(domainNames, networks, ports);
  return scope && { scope, allows: () => true };
}

function serviceTarget(to: DestinationRef, service: ReadService | undefined): ReadService | undefined {
  if (!service || to.domainNames !== undefined || to.networks !== undefined) return undefined;
  if (to.ports === undefined) return service;
  const ports = intersect(service.scope.ports, portIntervals(to.ports));
  return ports.length === 0 ? undefined : { ...service, scope: { ...service.scope, ports } };
}

/** Undefined where a name, a network or a port is not valid, and where there is no destination. */
export function scopeOf(
  names: readonly string[] = [],
  networks: readonly string[] = [],
  ports: readonly Port[] = [],
): RuleScope | undefined {
  const goodNames = names.flatMap((name) => canonicalName(name) ?? []);
  const valid = goodNames.length === names.length && networks.every(parseCidr) && !ports.some(faultOfPort);
  if (!valid || names.length + networks.length === 0) return undefined;
  const addresses = addressIntervals(networks);
  const everyName = subtract(everyAddress, addresses).length === 0;
  return { everyName, names: everyName ? [] : goodNames, addresses, ports: portIntervals(ports) };
}

/** Undefined for a selector that is not valid; one that contradicts itself is, and matches nothing. */
function matcher(selector: LabelSelector | undefined): ((labels: Labels) => boolean) | undefined {
  if (selector && !isValidSelector(selector)) return undefined;
  return (labels) => selects(selector, labels);
}

function inForce(governance: Governance | undefined, remaining: Remaining): boolean {
  return governance?.expiresAt === undefined || remaining(governance.expiresAt) > 0;
}
