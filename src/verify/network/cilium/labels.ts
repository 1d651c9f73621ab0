import type { Labels } from '../../../core/model/snapshot.ts';
import { keysOf, selects, type LabelSelector } from '../../values/selector.ts';
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
  return ignored.length === 0 || Math.max(0, ...lengths(kept)) > Math.min(...ignored);
}

/** The labels of a pod that Cilium's selectors see. */
export type Identities = (pod: PodEnd) => Labels;

export function identityOf(pod: PodEnd): Labels {
  const all = {
    ...pod.labels,
    ...Object.fromEntries(
      Object.entries(pod.namespaceLabels).map(([key, value]) => [`${namespaceLabelsPrefix}.${key}`, value]),
    ),
    [namespaceKey]: pod.namespace,
    'io.cilium.k8s.policy.serviceaccount': pod.serviceAccount,
    'io.cilium.k8s.policy.cluster': 'default',
  };
  return Object.fromEntries(Object.entries(all).filter(([key]) => isKept(key)));
}

/** Does an `endpointSelector` take the pod? In a namespaced policy only pods of its namespace, whatever it says of namespaces. */
export function isSubject(selector: LabelSelector, namespace: string, pod: PodEnd, identities: Identities): boolean {
  if (pod.hostNetwork || (namespace !== '' && pod.namespace !== namespace)) return false;
  const bare = withBareKeys(selector);
  const { [namespaceKey]: _, ...matchLabels } = bare.matchLabels;
  return selects(namespace === '' ? bare : { ...bare, matchLabels }, identities(pod));
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
