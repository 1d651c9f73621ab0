import { isLive } from '../core/model/live-pod.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import { compareText } from '../core/model/problem.ts';
import type { Labels, Pod, Snapshot } from '../core/model/snapshot.ts';
import { parseAddress } from '../core/net/address.ts';
import { containsCidr, parseCidr } from '../core/net/cidr.ts';
import { requirementsMatch, requirementsOf } from '../core/select/requirements.ts';
import { labelsOfNamespace } from '../core/select/subject.ts';
import { nameOf, policiesOf, type Policy } from './entries.ts';
import { gatewayRules } from './gateway-rules.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';
import { selections } from './subjects.ts';

/** What is written and does not come into force. */
export const enforcementRules: readonly LintRule[] = [
  { id: 'no-enforcement-point', severity: 'info', check: noEnforcementPoint },
  { id: 'not-covered', severity: 'warning', check: notCovered },
  { id: 'host-network', severity: 'info', check: hostNetwork },
  { id: 'unknown-node', severity: 'warning', check: unknownNode },
  { id: 'denies-others', severity: 'warning', check: deniesOthers },
  { id: 'slow-point', severity: 'warning', check: slowPoint },
  ...gatewayRules,
];

/** Told once, of the first policy: it is true of all of them. */
function noEnforcementPoint({ snapshot }: LintInput): readonly Finding[] {
  const [subject] = policiesOf(snapshot).map(nameOf).sort(compareText);
  if (subject === undefined || snapshot.enforcementPoints.length > 0) return [];
  const message = 'there is no EnforcementPoint, so that nothing enforces this or any other policy; add one';
  return [{ subject, field: '', message }];
}

function notCovered({ snapshot }: LintInput): readonly Finding[] {
  if (snapshot.enforcementPoints.length === 0) return [];
  const covers = coverage(snapshot);
  const message =
    'no EnforcementPoint covers it, so that nothing enforces it; widen a namespaceSelector or policySelector';
  return policiesOf(snapshot)
    .filter((policy) => !snapshot.enforcementPoints.some((point) => covers(point, policy)))
    .map((policy) => ({ subject: nameOf(policy), field: 'metadata', message }));
}

/** A pod on the host network leaves with the address of its node, which a point sees as its own only with vantage Node. */
function hostNetwork({ snapshot }: LintInput): readonly Finding[] {
  const covers = coverage(snapshot);
  const blind = snapshot.enforcementPoints.filter(({ spec }) => spec.vantage.type !== 'Node');
  return selections(snapshot).flatMap(({ policy, pods }) => {
    const points = blind.filter((point) => covers(point, policy)).map(({ metadata }) => metadata.name);
    const workloads = new Set(
      pods.filter(isOnHostNetwork).map(({ namespace, workload }) => `${namespace}/${workload}`),
    );
    if (points.length === 0 || workloads.size === 0) return [];
    const message = `does not hold for ${some(workloads)} at ${some(points)}: on the host network a pod has the address of its node; use vantage Node, or take it off the host network`;
    return [{ subject: nameOf(policy), field: 'spec.subject', message }];
  });
}

function unknownNode({ snapshot }: LintInput): readonly Finding[] {
  const known = new Set(snapshot.nodes.map(({ name }) => name));
  const missing = new Set(snapshot.pods.map(({ node }) => node).filter((node) => node !== '' && !known.has(node)));
  if (missing.size === 0) return [];
  return snapshot.enforcementPoints
    .filter(({ spec: { vantage } }) => vantage.type === 'Node' || vantage.gateway?.addresses === 'Node')
    .map(({ metadata }) => ({
      subject: `EnforcementPoint/${metadata.name}`,
      field: 'spec.vantage',
      message: `the addresses of ${some(missing)} are not known, so that pods there are granted nothing; add the Node objects`,
    }));
}

/** A closing Deny is for networks: it does not ask whether the namespace of an address is covered. */
function deniesOthers({ snapshot: { enforcementPoints, namespaces, pods } }: LintInput): readonly Finding[] {
  const labelsOf = labelsIn(namespaces);
  return enforcementPoints.flatMap(({ metadata, spec }) => {
    const covered = requirementsOf(spec.namespaceSelector);
    const networks = (spec.clusterNetworks ?? []).flatMap((network) => parseCidr(network) ?? []);
    if (covered === undefined || spec.defaultAction === 'Accept' || spec.vantage.type !== 'Pod') return [];
    const isInside = (text: string): boolean => {
      const address = parseAddress(text);
      return address !== undefined && networks.some((network) => containsCidr(network, address));
    };
    const others = pods.filter(({ namespace }) => !requirementsMatch(covered, labelsOf(namespace)));
    const stopped = new Set(
      others.filter(({ addresses }) => addresses.some(isInside)).map(({ namespace }) => namespace),
    );
    if (stopped.size === 0) return [];
    const message = `hold addresses of namespaces that are not covered, and the default Deny stops these, too: ${some(stopped)}; write networks of covered namespaces alone, or none`;
    return [{ subject: `EnforcementPoint/${metadata.name}`, field: 'spec.clusterNetworks', message }];
  });
}

/** Above this, a pod waits noticeably for its access, and the address of one that ended stays open. */
const slowSeconds = 60;

/** A device that takes minutes cannot follow pods. */
function slowPoint({ snapshot, settleSeconds }: LintInput): readonly Finding[] {
  return snapshot.enforcementPoints.flatMap(({ metadata, spec }) => {
    const seconds = settleSeconds.get(spec.adapter) ?? 0;
    if (spec.vantage.type !== 'Pod' || seconds < slowSeconds) return [];
    const message = `a change takes this kind of device about ${Math.round(seconds / 60)} min: for so long a new pod is shut out, and the address of one that ended stays open. Use vantage EgressGateway or Node, or let pods wait with --pod-gate`;
    return [{ subject: `EnforcementPoint/${metadata.name}`, field: 'spec.vantage.type', message }];
  });
}

type Covers = (point: EnforcementPoint, policy: Policy) => boolean;

function coverage({ namespaces }: Snapshot): Covers {
  const labelsOf = labelsIn(namespaces);
  return ({ spec }, { kind, metadata }) => {
    const inNamespaces = requirementsOf(spec.namespaceSelector);
    const ofPolicies = requirementsOf(spec.policySelector);
    if (inNamespaces === undefined || ofPolicies === undefined) return false;
    if (!requirementsMatch(ofPolicies, metadata.labels)) return false;
    if (kind === 'ClusterEgressPolicy') return true;
    return requirementsMatch(inNamespaces, labelsOf(metadata.namespace));
  };
}

function labelsIn(namespaces: Snapshot['namespaces']): (namespace: string) => Labels {
  const known = new Map(namespaces.map(({ name, labels }) => [name, labelsOfNamespace(name, labels)]));
  return (namespace) => known.get(namespace) ?? labelsOfNamespace(namespace);
}

function isOnHostNetwork(pod: Pod): boolean {
  return pod.hostNetwork && isLive(pod);
}

const shown = 3;

/** `a, b, c and 2 more`, sorted. */
function some(names: Iterable<string>): string {
  const sorted = [...names].sort(compareText);
  const rest = sorted.length - shown;
  return rest > 0 ? `${sorted.slice(0, shown).join(', ')} and ${rest} more` : sorted.join(', ');
}
