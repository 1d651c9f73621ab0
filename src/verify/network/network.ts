import { compareText } from '../../core/model/problem.ts';
import { clusterRuleMatches, peerMatches, portMatches, type End, type PodEnd, type Wire } from './peers.ts';
import type { MeshSnapshot } from '../mesh/objects/snapshot.ts';
import type { ClusterNetworkPolicy, NetworkPolicy } from './objects.ts';
import { namespaceLabelsIn, selects } from '../values/selector.ts';
import { anyOf, allOf, type TriState } from '../values/tri-state.ts';

/** What network policies say of a connection: `yes` it may be made, `no`, or `unknown`. */
export interface NetworkAnswer {
  readonly allowed: 'yes' | 'no' | 'unknown';
  readonly object: string;
  readonly reason: string;
}

export interface Network {
  readonly podEnd: (pod: Omit<PodEnd, 'kind' | 'namespaceLabels'>) => PodEnd;
  /** Out of a pod, and, at a pod, into it: both ends must agree. */
  readonly connects: (from: PodEnd, to: End, wire: Wire) => NetworkAnswer;
}

export function readNetwork(snapshot: MeshSnapshot): Network {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const policies = new Map<string, NetworkPolicy[]>();
  for (const policy of snapshot.networkPolicies) {
    policies.set(policy.namespace, [...(policies.get(policy.namespace) ?? []), policy]);
  }
  const tier = (name: string): readonly ClusterNetworkPolicy[] =>
    snapshot.clusterNetworkPolicies
      .filter((policy) => policy.tier === name)
      .sort((a, b) => a.priority - b.priority || compareText(a.name, b.name));
  const [admin, baseline] = [tier('Admin'), tier('Baseline')];
  const unmodelled = snapshot.unmodelled.filter(({ kind }) => kind.endsWith('NetworkPolicy'));
  const ofPod = (pod: PodEnd): readonly NetworkPolicy[] =>
    (policies.get(pod.namespace) ?? []).filter(({ podSelector }) => selects(podSelector, pod.labels));

  const egress = (from: PodEnd, to: End, wire: Wire): NetworkAnswer => {
    const first = firstMatch(admin, from, to, wire);
    if (first.answer && !first.wavers) return first.answer;
    const namespaced = egressOf(ofPod(from).filter(hasEgress), to, wire);
    const last = namespaced ?? firstMatch(baseline, from, to, wire).answer ?? open;
    return first.wavers ? wavering(first.answer, last) : last;
  };
  return {
    podEnd: (pod) => {
      return { kind: 'pod', namespaceLabels: labelsOf(pod.namespace), ...pod };
    },
    connects: (from, to, wire) => {
      const out = egress(from, to, wire);
      const into = to.kind === 'pod' ? ingressOf(ofPod(to).filter(hasIngress), from, to, wire) : undefined;
      const answer = into !== undefined && rank[into.allowed] < rank[out.allowed] ? into : out;
      const other = unmodelled.find(({ namespace }) => namespace === '' || namespace === from.namespace);
      if (other === undefined) return answer;
      return {
        ...answer,
        allowed: 'unknown',
        reason: `${answer.reason}; ${other.id}, not modelled, may say otherwise`,
      };
    },
  };
}

const rank = { no: 0, unknown: 1, yes: 2 } as const;

const open: NetworkAnswer = { allowed: 'yes', object: '', reason: 'no network policy isolates the pod' };

/** `policyTypes` absent: Ingress always, Egress if there is an `egress`. */
function hasEgress({ policyTypes, egress }: NetworkPolicy): boolean {
  return policyTypes.length === 0 ? egress !== undefined : policyTypes.includes('Egress');
}

function hasIngress({ policyTypes }: NetworkPolicy): boolean {
  return policyTypes.length === 0 || policyTypes.includes('Ingress');
}

/** Policies add up: one rule that lets it through is enough; without any policy there is no isolation. */
function egressOf(policies: readonly NetworkPolicy[], to: End, wire: Wire): NetworkAnswer | undefined {
  return union(policies, to.kind === 'pod' ? 'the pod of the gateway' : 'the destination', (policy) =>
    anyOf(
      (policy.egress ?? []).map(({ to: peers, ports }) =>
        allOf([
          peers.length === 0 ? 'yes' : anyOf(peers.map((peer) => peerMatches(peer, policy.namespace, to))),
          ports.length === 0 ? 'yes' : anyOf(ports.map((port) => portMatches(port, wire, to))),
        ]),
      ),
    ),
  );
}

function ingressOf(
  policies: readonly NetworkPolicy[],
  from: PodEnd,
  to: PodEnd,
  wire: Wire,
): NetworkAnswer | undefined {
  return union(policies, 'the client', (policy) =>
    anyOf(
      (policy.ingress ?? []).map(({ from: peers, ports }) =>
        allOf([
          peers.length === 0 ? 'yes' : anyOf(peers.map((peer) => peerMatches(peer, policy.namespace, from))),
          ports.length === 0 ? 'yes' : anyOf(ports.map((port) => portMatches(port, wire, to))),
        ]),
      ),
    ),
  );
}

function union(
  policies: readonly NetworkPolicy[],
  what: string,
  judge: (policy: NetworkPolicy) => TriState,
): NetworkAnswer | undefined {
  const [first] = policies;
  if (first === undefined) return undefined;
  let unsure: NetworkPolicy | undefined;
  for (const policy of policies) {
    const holds = judge(policy);
    if (holds === 'yes') return { allowed: 'yes', object: policy.id, reason: `a rule of it lets ${what} through` };
    if (holds !== 'no') unsure ??= policy;
  }
  if (unsure) {
    return { allowed: 'unknown', object: unsure.id, reason: `whether a rule of it is about ${what} is not known` };
  }
  return { allowed: 'no', object: first.id, reason: `isolates the pod, and no rule lets ${what} through` };
}

interface FirstMatch {
  readonly answer: NetworkAnswer | undefined;
  /** A rule that may have matched came before. */
  readonly wavers: boolean;
}

/** ClusterNetworkPolicies of one tier, by priority: the first rule about the flow decides, or passes it down. */
function firstMatch(policies: readonly ClusterNetworkPolicy[], from: PodEnd, to: End, wire: Wire): FirstMatch {
  let wavers = false;
  for (const policy of policies) {
    if (!isSubject(policy, from)) continue;
    for (const rule of policy.egress) {
      const holds = clusterRuleMatches(rule, to, wire);
      if (holds === 'no') continue;
      if (holds !== 'yes') {
        wavers = true;
        continue;
      }
      if (rule.action === 'Pass') return { answer: undefined, wavers };
      const allowed = rule.action === 'Accept' || rule.action === 'Allow' ? 'yes' : 'no';
      const reason = `its rule ${rule.name ?? rule.action} says ${rule.action}`;
      return { answer: { allowed, object: policy.id, reason }, wavers };
    }
  }
  return { answer: undefined, wavers };
}

function wavering(first: NetworkAnswer | undefined, last: NetworkAnswer): NetworkAnswer {
  const answer = first ?? last;
  return { ...answer, allowed: 'unknown', reason: `${answer.reason}, unless an earlier rule is about the flow` };
}

function isSubject({ subject }: ClusterNetworkPolicy, { namespaceLabels, labels }: PodEnd): boolean {
  if (subject.namespaces) return selects(subject.namespaces, namespaceLabels);
  const { namespaceSelector, podSelector } = subject.pods ?? {};
  return (
    (namespaceSelector === undefined || selects(namespaceSelector, namespaceLabels)) &&
    (podSelector === undefined || selects(podSelector, labels))
  );
}
