import { grouped } from '../core/model/grouped.ts';
import { compareText } from '../api/problem.ts';
import type { Pod, Snapshot } from '../core/model/snapshot.ts';
import type { EgressAddress } from '../verify/egress-addresses/egress-address.ts';
import type { MeshSnapshot } from '../verify/mesh/objects/snapshot.ts';
import { meshMode } from '../verify/mesh/mode.ts';
import { isStrangePolicy, networkKinds } from '../verify/network/kinds.ts';
import { pluginsIn, type Plugin } from '../verify/network/plugin.ts';
import { groupByKind } from '../verify/values/objects.ts';
import { isLive } from '../verify/values/pods.ts';
import { namespaceLabelsIn } from '../verify/values/selector.ts';
import { readReach, type Reach } from './reach.ts';
import { sourceAddresses, type SourceAddresses } from './sources.ts';

/** What there is of a cluster to look at. */
export interface SurveyInput {
  readonly snapshot: Pick<Snapshot, 'namespaces' | 'pods' | 'nodes'>;
  /** Plain objects of the network plugin and the mesh. */
  readonly objects: readonly unknown[];
  /** Undefined: no object says anything about flows out of the cluster. */
  readonly mesh: MeshSnapshot | undefined;
  readonly egressAddresses: readonly EgressAddress[];
}

/** How many pods get how far. */
export type Reaches = Readonly<Record<Reach['kind'], number>>;

export interface SurveyedNamespace {
  readonly namespace: string;
  /** Live ones, those on the host network included. */
  readonly pods: number;
  /** No network policy binds these: they get anywhere. */
  readonly hostNetwork: number;
  /** The others. */
  readonly reaches: Reaches;
  /** On which ports the pods get anywhere that get there on some: `TCP 443`. */
  readonly ports: readonly string[];
  /** Pods with a proxy of a mesh, by what the labels say. */
  readonly meshed: number;
  /** The objects that give pods another source address. */
  readonly egressAddresses: readonly string[];
}

export interface Survey {
  readonly nodes: number;
  readonly pods: number;
  readonly hostNetwork: number;
  readonly reaches: Reaches;
  /** The most open first. */
  readonly namespaces: readonly SurveyedNamespace[];
  /** `shop/DaemonSet/exporter`, of pods on the host network. */
  readonly hostNetworkWorkloads: readonly string[];
  /** What is not known, and the object that is the reason. */
  readonly unknown: readonly { readonly object: string; readonly reason: string; readonly pods: number }[];
  readonly plugins: readonly Plugin[];
  /** Network policies of every kind, by kind: `NetworkPolicy.networking.k8s.io`. */
  readonly policies: readonly { readonly kind: string; readonly count: number }[];
  /** Absent: there is none, as far as objects tell. */
  readonly mesh?: { readonly pods: number; readonly outboundTrafficPolicy: string };
  readonly egressAddresses: readonly {
    readonly id: string;
    readonly addresses: readonly string[];
    readonly pods: number;
  }[];
  readonly sources: SourceAddresses;
}

/** What leaves a cluster today, as far as its objects tell. Pods that have ended or are being deleted do not count. */
export function surveyOf({ snapshot, objects, mesh, egressAddresses }: SurveyInput): Survey {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const reachOf = readReach(mesh?.network);
  const pods = snapshot.pods.filter(isLive).map((pod): SurveyedPod => {
    const labels = labelsOf(pod.namespace);
    return {
      pod,
      reach: pod.hostNetwork ? undefined : reachOf(pod),
      meshed: meshMode(pod, labels, []) !== 'none',
      under: pod.hostNetwork ? [] : egressAddresses.filter(({ takes }) => takes(pod, labels)).map(({ id }) => id),
    };
  });
  const ofNamespace = grouped(pods.map((one) => [one.pod.namespace, one]));
  const onHost = pods.filter(({ pod }) => pod.hostNetwork);
  const byKind = groupByKind(objects);
  const meshed = pods.filter((one) => one.meshed).length;
  const hasMesh = meshed > 0 || [...byKind.keys()].some((kind) => kind.includes('.istio.io/'));
  return {
    nodes: snapshot.nodes.length,
    pods: pods.length,
    hostNetwork: onHost.length,
    reaches: reachesOf(pods),
    namespaces: [...ofNamespace].map(([namespace, own]) => surveyed(namespace, own)).sort(mostOpenFirst),
    hostNetworkWorkloads: distinct(onHost.map(({ pod }) => `${pod.namespace}/${pod.workload}`)),
    unknown: unknownIn(pods),
    plugins: pluginsIn(byKind),
    policies: policiesIn(byKind),
    ...(hasMesh && {
      mesh: { pods: meshed, outboundTrafficPolicy: mesh?.config.outboundTrafficPolicy ?? 'ALLOW_ANY' },
    }),
    egressAddresses: egressAddresses.map(({ id, addresses }) => {
      return { id, addresses, pods: pods.filter(({ under }) => under.includes(id)).length };
    }),
    sources: sourceAddresses(snapshot, objects, egressAddresses),
  };
}

interface SurveyedPod {
  readonly pod: Pod;
  /** Undefined: no policy binds it. */
  readonly reach: Reach | undefined;
  readonly meshed: boolean;
  readonly under: readonly string[];
}

function surveyed(namespace: string, pods: readonly SurveyedPod[]): SurveyedNamespace {
  return {
    namespace,
    pods: pods.length,
    hostNetwork: pods.filter(({ pod }) => pod.hostNetwork).length,
    reaches: reachesOf(pods),
    ports: distinct(pods.flatMap(({ reach }) => (reach?.kind === 'ports' ? reach.ports : []))),
    meshed: pods.filter(({ meshed }) => meshed).length,
    egressAddresses: distinct(pods.flatMap(({ under }) => under)),
  };
}

function reachesOf(pods: readonly SurveyedPod[]): Reaches {
  const count = (kind: Reach['kind']): number => pods.filter(({ reach }) => reach?.kind === kind).length;
  return { anywhere: count('anywhere'), ports: count('ports'), named: count('named'), unknown: count('unknown') };
}

function mostOpenFirst(a: SurveyedNamespace, b: SurveyedNamespace): number {
  const open = ({ reaches, hostNetwork }: SurveyedNamespace): number => reaches.anywhere + hostNetwork;
  return open(b) - open(a) || compareText(a.namespace, b.namespace);
}

function unknownIn(pods: readonly SurveyedPod[]): Survey['unknown'] {
  const doubts = pods.flatMap(({ reach }) => (reach?.kind === 'unknown' ? [reach] : []));
  return [...grouped(doubts.map((doubt) => [`${doubt.object} ${doubt.reason}`, doubt])).values()].flatMap((alike) => {
    const [first] = alike;
    return first === undefined ? [] : [{ object: first.object, reason: first.reason, pods: alike.length }];
  });
}

function policiesIn(byKind: ReturnType<typeof groupByKind>): Survey['policies'] {
  const known = networkKinds.map(({ group, kind }) => `${group}/${kind}`);
  const strange = [...byKind.keys()].filter(isStrangePolicy).sort(compareText);
  return [...known, ...strange].flatMap((id) => {
    const count = byKind.get(id)?.length ?? 0;
    const [group = '', kind = ''] = id.split('/');
    const isPolicy = /(Policy|EgressFirewall)$/.test(kind) || isStrangePolicy(id);
    return count === 0 || !isPolicy ? [] : [{ kind: `${kind}.${group}`, count }];
  });
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}
