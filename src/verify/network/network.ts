import type { Labels } from '../../core/model/snapshot.ts';
import { readCluster, type KnownPod, type Reached } from './cluster.ts';
import { decide, open, strictest, type NetworkAnswer } from './decide.ts';
import type { End, PodEnd, Wire } from './ends.ts';
import { namespacedRules } from './kubernetes/policies.ts';
import type { NetworkObjects } from './objects.ts';
import { readPolicies, type Policies } from './policies.ts';
import { rulesFor, stageOf, type Policy, type Stage } from './rules.ts';
import { stagesFor } from './stages.ts';

export interface Network {
  readonly podEnd: (pod: KnownPod) => PodEnd;
  /** Who has an address. */
  readonly endsOf: (address: string, wire: Wire) => readonly Reached[];
  /** Out of a pod, whatever the other end takes in. */
  readonly leaves: (from: PodEnd, to: End, wire: Wire) => NetworkAnswer;
  /** Out of a pod, and, at a pod, into it: both ends must agree. */
  readonly connects: (from: PodEnd, to: End, wire: Wire) => NetworkAnswer;
  /** Equal for pods that every policy treats alike, if they are of one namespace and ServiceAccount. */
  readonly subjectKey: (from: PodEnd) => string;
}

/** Reads the network policies of a cluster, of every kind, as the network plugin that enforces them does. */
export function readNetwork(objects: NetworkObjects): Network {
  const cluster = readCluster(objects);
  const policies = readPolicies(objects, cluster);
  const outward = outwardPolicies(policies);
  const pipelines = new WeakMap<PodEnd, readonly (readonly Stage[])[]>();
  const pipelinesOf = (from: PodEnd): readonly (readonly Stage[])[] => {
    const found = pipelines.get(from) ?? [
      stagesFor(policies, from),
      [stageOf(policies.firewalls.flatMap((policy) => rulesFor(policy, from)))],
    ];
    pipelines.set(from, found);
    return found;
  };
  const leaves: Network['leaves'] = (from, to, wire) => {
    if (from.hostNetwork) return onHostNetwork;
    return strictest(pipelinesOf(from).map((stages) => decide(stages, from, to, wire)));
  };
  return {
    podEnd: onePerPod(cluster.podEnd),
    endsOf: cluster.endsOf,
    leaves,
    connects: (from, to, wire) => {
      const out = leaves(from, to, wire);
      if (to.kind !== 'pod' || to.hostNetwork) return out;
      const { rules, isolation } = namespacedRules(policies.ingress, to, 'client');
      return strictest([out, decide([stageOf([...rules, ...isolation])], from, to, wire)]);
    },
    subjectKey: (from) => {
      if (from.hostNetwork) return 'host network';
      return outward.flatMap((policy, at) => keyOf(policy, at, from)).join();
    },
  };
}

const onHostNetwork: NetworkAnswer = { ...open, reason: 'no network policy binds a pod on the network of its node' };

function keyOf({ selects, variant }: Policy, at: number, from: PodEnd): string[] {
  const selected = selects(from);
  return selected === 'no' ? [] : [`${at}${selected === 'yes' ? '' : '?'}${variant?.(from) ?? ''}`];
}

function outwardPolicies({
  networkPolicies,
  upstream,
  cilium,
  calico,
  antrea,
  doubtful,
  firewalls,
}: Policies): readonly Policy[] {
  const { admin, baseline, olderAdmin, olderBaseline } = upstream;
  const tiered = [...calico.policies, ...antrea.policies, ...calico.unreadable, ...antrea.unplaced];
  return [
    ...networkPolicies,
    ...admin,
    ...baseline,
    ...olderAdmin,
    ...olderBaseline,
    ...cilium,
    ...tiered,
    ...doubtful,
    ...firewalls,
  ];
}

/** Thousands of flows are asked of one pod: it is described once. */
function onePerPod(podEnd: Network['podEnd']): Network['podEnd'] {
  const known = new WeakMap<Labels, Map<string, PodEnd>>();
  return (pod) => {
    const { namespace, labels, serviceAccount = '', node = '', hostNetwork = false, addresses = [], namedPorts } = pod;
    const ends = known.get(labels) ?? new Map<string, PodEnd>();
    known.set(labels, ends);
    const key = [namespace, serviceAccount, node, hostNetwork, namedPorts !== undefined, ...addresses].join(' ');
    const end = ends.get(key) ?? podEnd(pod);
    ends.set(key, end);
    return end;
  };
}
