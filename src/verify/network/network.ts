import type { Labels } from '../../core/model/snapshot.ts';
import { remembered } from '../values/remembered.ts';
import { candidates } from './candidates.ts';
import { readCluster, type KnownPod, type Reached } from './ends/cluster.ts';
import { decide, open, strictest, type NetworkAnswer } from './decide.ts';
import type { End, PodEnd, Wire } from './ends/ends.ts';
import { namespacedRules } from './kubernetes/policies.ts';
import type { NetworkObjects } from './objects.ts';
import { only, readPolicies, type Policies } from './policies.ts';
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
  /** Does any policy go by the addresses of the pods that it selects? */
  readonly goesByAddress: boolean;
  /** The policies that speak of flows out of any of these pods, by their ids. */
  readonly selecting: (pods: readonly PodEnd[]) => ReadonlySet<string>;
}

/** Reads the network policies of a cluster, of every kind, as the network plugin that enforces them does. */
export function readNetwork(objects: NetworkObjects): Network {
  const cluster = readCluster(objects);
  const policies = readPolicies(objects, cluster);
  const all = outwardPolicies(policies);
  const numbers = new Map(all.map((policy, at) => [policy, at]));
  const outward = candidates(all);
  const selecting = remembered((from: PodEnd) => outward(from).filter((policy) => policy.selects(from) !== 'no'));
  const inward = candidates(policies.ingress);
  const subsets = new Map<string, Policies>();
  const those = (selected: readonly Policy[]): Policies => {
    const key = selected.map((policy) => numbers.get(policy)).join();
    const found = subsets.get(key) ?? only(policies, new Set(selected));
    subsets.set(key, found);
    return found;
  };
  const outOf = remembered((from: PodEnd): readonly (readonly Stage[])[] => {
    const own = those(selecting(from));
    const firewall = stageOf(own.firewalls.flatMap((policy) => rulesFor(policy, from)));
    return [stagesFor(own, from), [firewall]].filter((stages) => stages.some(({ slots }) => slots.length > 0));
  });
  const into = remembered((to: PodEnd): readonly Stage[] => {
    const { rules, isolation } = namespacedRules(inward(to), to, 'client');
    return [stageOf([...rules, ...isolation])];
  });
  const ofNode = remembered((from: PodEnd) => stageOf(policies.ofNodes.flatMap((policy) => rulesFor(policy, from))));
  const onSecondary = remembered((from: PodEnd) =>
    stageOf(policies.ofAttachments.flatMap((policy) => rulesFor(policy, from))),
  );
  const leaves: Network['leaves'] = (from, to, wire) => {
    if (from.secondaryNetwork !== undefined && to.kind === 'outside')
      return onSecondary(from).slots.length === 0
        ? onNetwork(from.secondaryNetwork)
        : decide([onSecondary(from)], from, to, wire);
    if (from.hostNetwork)
      return ofNode(from).slots.length === 0 ? onHostNetwork : decide([ofNode(from)], from, to, wire);
    return strictest(outOf(from).map((stages) => decide(stages, from, to, wire)));
  };
  return {
    podEnd: onePerPod(cluster.podEnd),
    endsOf: cluster.endsOf,
    leaves,
    connects: (from, to, wire) => {
      const out = leaves(from, to, wire);
      if (to.kind !== 'pod' || to.hostNetwork) return out;
      return strictest([out, decide(into(to), from, to, wire)]);
    },
    subjectKey: (from) =>
      from.hostNetwork
        ? [
            'host network',
            ...ofNode(from)
              .slots.flat(2)
              .map(({ object }) => object),
          ].join()
        : [from.secondaryNetwork ?? '', ...selecting(from).map((policy) => keyOf(policy, numbers, from))].join(),
    goesByAddress: all.some((policy) => policy.goesByAddress),
    selecting: (pods) => new Set(pods.flatMap((pod) => selecting(pod).map(({ id }) => id))),
  };
}

const onHostNetwork: NetworkAnswer = { ...open, reason: 'no network policy binds a pod on the network of its node' };

/** https://github.com/k8snetworkplumbingwg/multi-networkpolicy: those of Kubernetes are about the pod network. */
function onNetwork(name: string): NetworkAnswer {
  return { ...open, reason: `no network policy binds a pod on network ${name}, beside the pod network` };
}

function keyOf(policy: Policy, numbers: ReadonlyMap<Policy, number>, from: PodEnd): string {
  const doubt = policy.selects(from) === 'yes' ? '' : '?';
  return `${numbers.get(policy) ?? ''}${doubt}${policy.variant?.(from) ?? ''}`;
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
  const known = remembered((_: Labels) => new Map<string, PodEnd>());
  return (pod) => {
    const { namespace, labels, serviceAccount = '', node = '', hostNetwork = false, secondaryNetwork = '' } = pod;
    const { addresses = [], namedPorts } = pod;
    const ends = known(labels);
    const key = [
      namespace,
      serviceAccount,
      node,
      hostNetwork,
      secondaryNetwork,
      namedPorts !== undefined,
      ...addresses,
    ].join(' ');
    const found = ends.get(key);
    if (found !== undefined) return found;
    const end = podEnd(pod);
    ends.set(key, end);
    return end;
  };
}
