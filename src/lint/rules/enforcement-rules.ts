import { isLive } from '../../core/model/pods.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { compareText } from '../../api/problem.ts';
import type { Labels, Pod, Snapshot } from '../../core/model/snapshot.ts';
import { parseAddress } from '../../net/address.ts';
import { containsCidr, parseCidr } from '../../net/cidr.ts';
import { requirementsMatch, requirementsOf } from '../../core/select/requirements.ts';
import { labelsOfNamespace } from '../../core/select/subject.ts';
import { nameOf, policiesOf, some, type Policy } from '../entries.ts';
import { gatewayPods, gatewayRules } from './gateway-rules.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';
import { selections } from './subjects.ts';

/** Policies that are not enforced, or not as written. */
export const enforcementRules: readonly LintRule[] = [
  { id: 'no-enforcement-point', severity: 'info', check: noEnforcementPoint },
  { id: 'not-covered', severity: 'warning', check: notCovered },
  { id: 'host-network', severity: 'info', check: hostNetwork },
  { id: 'unknown-node', severity: 'warning', check: unknownNode },
  { id: 'denies-others', severity: 'warning', check: deniesOthers },
  { id: 'slow-point', severity: 'warning', check: slowPoint },
  { id: 'expires-by-worker', severity: 'info', check: expiresByWorker },
  ...gatewayRules,
];

/** One finding, on the first policy, because it is true of all. */
function noEnforcementPoint({ snapshot }: LintInput): readonly Finding[] {
  const [subject] = policiesOf(snapshot).map(nameOf).sort(compareText);
  if (subject === undefined || snapshot.enforcementPoints.length > 0) return [];
  const message = 'there is no EnforcementPoint, so no policy is enforced; add one';
  return [{ subject, field: '', message }];
}

function notCovered({ snapshot }: LintInput): readonly Finding[] {
  if (snapshot.enforcementPoints.length === 0) return [];
  const covers = coverage(snapshot);
  const message =
    'no EnforcementPoint covers it, so it is not enforced; widen the namespaceSelector or policySelector of one';
  return policiesOf(snapshot)
    .filter((policy) => !snapshot.enforcementPoints.some((point) => covers(point, policy)))
    .map((policy) => ({ subject: nameOf(policy), field: 'metadata', message }));
}

/**
 * A pod on the host network leaves with the address of its node, which a point sees as its own only with vantage Node.
 */
function hostNetwork({ snapshot }: LintInput): readonly Finding[] {
  const covers = coverage(snapshot);
  const blind = snapshot.enforcementPoints.filter(({ spec }) => spec.vantage.type !== 'Node');
  return selections(snapshot).flatMap(({ policy, pods }) => {
    const covering = blind.filter((point) => covers(point, policy));
    const points = covering.map(({ metadata }) => metadata.name);
    const workloads = new Set(
      pods.filter(isOnHostNetwork).map(({ namespace, workload }) => `${namespace}/${workload}`),
    );
    if (points.length === 0 || workloads.size === 0) return [];
    const seen = covering.some(({ spec }) => spec.vantage.type !== 'Labels');
    const bound = covering.some(({ spec }) => spec.vantage.type === 'Labels') ? ', and no network policy binds it' : '';
    const message = `does not hold for ${some(workloads)} at ${some(points)}: on the host network a pod has the address of its node${bound}; ${seen ? 'use vantage Node' : 'let a point of vantage Node deny it'}, or take it off the host network`;
    return [{ subject: nameOf(policy), field: 'spec.subject', message }];
  });
}

/** Of pods that a point knows by their nodes: those that it covers, or those of its gateway. */
function unknownNode({ snapshot }: LintInput): readonly Finding[] {
  const known = new Set(snapshot.nodes.map(({ name }) => name));
  const labelsOf = labelsIn(snapshot.namespaces);
  return snapshot.enforcementPoints.flatMap((point) => {
    const { vantage, namespaceSelector } = point.spec;
    if (vantage.type !== 'Node' && vantage.gateway?.addresses !== 'Node') return [];
    const covered = requirementsOf(namespaceSelector);
    const isCovered = ({ namespace }: Pod): boolean =>
      covered !== undefined && requirementsMatch(covered, labelsOf(namespace));
    const pods = vantage.type === 'Node' ? snapshot.pods.filter(isCovered) : gatewayPods(point, snapshot);
    const missing = new Set(pods.filter(isLive).flatMap(({ node }) => (node === '' || known.has(node) ? [] : node)));
    if (missing.size === 0) return [];
    const message = `the addresses of nodes ${some(missing)} are not known, so pods there get no access; add the Node objects`;
    return [{ subject: `EnforcementPoint/${point.metadata.name}`, field: 'spec.vantage', message }];
  });
}

/** The default Deny of a point is a rule for networks, whatever namespace an address is in. */
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
    const message = `contain addresses of pods in namespaces that the point does not cover, and its default Deny blocks these too: ${some(stopped)}; write only networks of covered namespaces, or none`;
    return [{ subject: `EnforcementPoint/${metadata.name}`, field: 'spec.clusterNetworks', message }];
  });
}

/** From this settle time on, pods notice the delay. */
const slowSeconds = 60;

/** A device whose changes take minutes is too slow for addresses of pods. */
function slowPoint({ snapshot, settleSeconds }: LintInput): readonly Finding[] {
  return snapshot.enforcementPoints.flatMap(({ metadata, spec }) => {
    const seconds = settleSeconds.get(spec.adapter) ?? 0;
    if (spec.vantage.type !== 'Pod' || seconds < slowSeconds) return [];
    const message = `a change takes about ${Math.round(seconds / 60)} min on this kind of device: until then a new pod has no access, and the address of an ended pod keeps its access. Use vantage EgressGateway or Node, or let pods wait with --pod-gate`;
    return [{ subject: `EnforcementPoint/${metadata.name}`, field: 'spec.vantage.type', message }];
  });
}

/** A device that forgets members by itself has an option that says after how long. */
function expiresByWorker({ snapshot }: LintInput): readonly Finding[] {
  return snapshot.enforcementPoints.flatMap(({ metadata, spec }) => {
    if (spec.onControllerLoss !== 'Expire' || spec.config['memberTimeoutSeconds'] !== undefined) return [];
    const message =
      'only a worker withdraws access that expires: if controller and workers both fail, the device keeps it, because its entries have no timeout (config.memberTimeoutSeconds, on devices that support one)';
    return [{ subject: `EnforcementPoint/${metadata.name}`, field: 'spec.onControllerLoss', message }];
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
