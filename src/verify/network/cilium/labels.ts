import { maxOf, minOf } from '../../../core/model/extremes.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import { keysOf, requiredLabels, selects, type LabelSelector, type RequiredLabel } from '../../values/selector.ts';
import { remembered } from '../../values/remembered.ts';
import type { End, PodEnd } from '../ends/ends.ts';

/*
 * Labels as Cilium's identities have them: those of the pod that its default filter keeps, and its own of the namespace
 * and the ServiceAccount. `k8s:x`, `any:x` and `x` are one key.
 */

const namespaceKey = 'io.kubernetes.pod.namespace';
const namespaceLabelsPrefix = 'io.cilium.k8s.namespace.labels';

/** Of labels that both lists begin, the longer beginning counts (pkg/labelsfilter, `defaultLabelPrefixCfg`). */
const kept = [
  /^io\.kubernetes\.pod\.namespace/,
  /^io\.cilium\.k8s\.namespace\.labels/,
  /^app\.kubernetes\.io/,
  /^io\.cilium\.k8s\.policy\.(cluster|serviceaccount)/,
];
const leftOut = [
  /^io\.kubernetes/,
  /^kubernetes\.io/,
  /^statefulset\.kubernetes\.io\/pod-name/,
  /^apps\.kubernetes\.io\/pod-index/,
  /^batch\.kubernetes\.io\/(job-completion-index|controller-uid)/,
  /^.*beta\.kubernetes\.io/,
  /^k8s\.io/,
  /^pod-template-(generation|hash)/,
  /^controller-(revision-hash|uid)/,
  /^annotation.*/,
  /^etcd_node/,
  /^topology\.kubernetes\.io/,
];

function isKept(key: string): boolean {
  const lengths = (patterns: readonly RegExp[]): readonly number[] =>
    patterns.flatMap((pattern) => pattern.exec(key)?.[0].length ?? []);
  const ignored = lengths(leftOut);
  return ignored.length === 0 || Math.max(0, maxOf(lengths(kept))) > minOf(ignored);
}

/** The labels of a pod that Cilium's selectors see. */
export type Identities = (pod: PodEnd) => Labels;

/** Of ten thousand pods the same few keys are asked about. */
export function readIdentities(): Identities {
  const known = new Map<string, boolean>();
  const isSeen = (key: string): boolean => {
    const found = known.get(key) ?? isKept(key);
    known.set(key, found);
    return found;
  };
  const ofNamespace = remembered((labels: Labels): Labels => {
    const entries = Object.entries(labels).map(([key, value]) => [`${namespaceLabelsPrefix}.${key}`, value] as const);
    return Object.fromEntries(entries.filter(([key]) => isSeen(key)));
  });
  return remembered(({ labels, namespace, namespaceLabels, serviceAccount }) => {
    const identity: Record<string, string> = {};
    for (const key of Object.keys(labels)) if (isSeen(key)) identity[key] = labels[key] ?? '';
    return {
      ...identity,
      ...ofNamespace(namespaceLabels),
      [namespaceKey]: namespace,
      'io.cilium.k8s.policy.serviceaccount': serviceAccount,
      'io.cilium.k8s.policy.cluster': 'default',
    };
  });
}

/** The pods that an `endpointSelector` takes: in a namespaced policy only those of its namespace, whatever it says of namespaces. */
export function subjectsOf(selector: LabelSelector, { namespace, identities }: Endpoints): (pod: PodEnd) => boolean {
  const bare = withBareKeys(selector);
  const { [namespaceKey]: _, ...matchLabels } = bare.matchLabels;
  const own = namespace === '' ? bare : { ...bare, matchLabels };
  // Most pods need no more than a look at these.
  const plain = podLabelsIn(selector);
  return (pod) =>
    !pod.hostNetwork &&
    (namespace === '' || pod.namespace === namespace) &&
    plain.every(([key, value]) => pod.labels[key] === value) &&
    selects(own, identities(pod));
}

/** Labels that every pod has itself which the selector takes: what Cilium does not add is a label of the pod, or nothing. */
export function podLabelsIn(selector: LabelSelector): readonly RequiredLabel[] {
  return requiredLabels(withBareKeys(selector)).filter(([key]) => !key.startsWith('io.'));
}

/** What `toEndpoints` are looked up in. */
export interface Endpoints {
  /** Of the policy; empty: clusterwide. */
  readonly namespace: string;
  readonly identities: Identities;
}

/** Does one of `toEndpoints` take the end? Without a word of namespaces, only pods of the own one; clusterwide, of all. */
export function isEndpoint(
  selector: LabelSelector,
  from: PodEnd,
  to: End,
  { namespace, identities }: Endpoints,
): boolean {
  const bare = withBareKeys(selector);
  const keys = keysOf(bare);
  if (keys.some((key) => key.startsWith('reserved:'))) return selects(bare, reservedLabels(from, to, identities));
  if (to.kind !== 'pod' || to.hostNetwork) return false;
  const speaksOfNamespaces = keys.some((key) => key === namespaceKey || key.startsWith(`${namespaceLabelsPrefix}.`));
  return (namespace === '' || speaksOfNamespaces || to.namespace === namespace) && selects(bare, identities(to));
}

function reservedLabels(from: PodEnd, to: End, identities: Identities): Labels {
  if (to.kind === 'outside') return { 'reserved:world': '' };
  if (to.kind === 'node') return { [from.node === to.name ? 'reserved:host' : 'reserved:remote-node']: '' };
  return identities(to);
}

function withBareKeys({
  matchLabels = {},
  matchExpressions = [],
}: LabelSelector): Required<LabelSelector> & { readonly matchLabels: Labels } {
  return {
    matchLabels: Object.fromEntries(Object.entries(matchLabels).map(([key, value]) => [bareKey(key), value])),
    matchExpressions: matchExpressions.map((expression) => ({ ...expression, key: bareKey(expression.key) })),
  };
}

function bareKey(key: string): string {
  return key.replace(/^(k8s|any)[:.]/, '');
}
