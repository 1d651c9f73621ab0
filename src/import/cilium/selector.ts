import type { LabelSelector } from '../../api/fields/selector.ts';
import { selectorFrom, type Selector } from '../selector.ts';

/** The subject of an `endpointSelector`, in Postern's terms. */
export interface CiliumSubject {
  readonly podSelector: LabelSelector | undefined;
  readonly serviceAccounts: readonly string[] | undefined;
  /** Of a cluster-wide policy; undefined: every namespace. */
  readonly namespaceSelector: LabelSelector | undefined;
}

const namespaceKey = 'io.kubernetes.pod.namespace';
const namespaceName = 'kubernetes.io/metadata.name';
const namespaceLabels = 'io.cilium.k8s.namespace.labels.';
const accountKey = 'io.cilium.k8s.policy.serviceaccount';

/**
 * Labels that Cilium does not keep of a pod, so a selector by one selects no pod; Postern's would find the pods
 * (pkg/labelsfilter, `defaultLabelPrefixCfg`).
 */
const notKept =
  /^(?!app\.kubernetes\.io\/)(io\.kubernetes|kubernetes\.io|.*[./]kubernetes\.io\/|.*beta\.kubernetes\.io|k8s\.io|io\.cilium|pod-template-|controller-|annotation|etcd_node)/;

interface Requirements {
  readonly matchLabels: Record<string, string>;
  readonly matchExpressions: NonNullable<Selector['matchExpressions']>;
}

/** @returns why it cannot be said, where it cannot */
export function ciliumSubject(selector: Selector, namespace: string): CiliumSubject | string {
  const pods: Requirements = { matchLabels: {}, matchExpressions: [] };
  const spaces: Requirements = { matchLabels: {}, matchExpressions: [] };
  const accounts: string[] = [];
  for (const [written, value] of Object.entries(selector.matchLabels ?? {})) {
    const place = placeOf(written);
    if ('fault' in place) return place.fault;
    const { matchLabels } = place.of === 'namespace' ? spaces : pods;
    if (Object.hasOwn(matchLabels, place.key) || (place.of === 'account' && accounts.length > 0))
      return `it has the label ${place.key} twice`;
    if (place.of === 'account') accounts.push(value);
    else matchLabels[place.key] = value;
  }
  const fault = addExpressions(selector.matchExpressions ?? [], pods, spaces);
  if (fault !== undefined) return fault;
  const namespaceSelector = selectorFrom(spaces);
  if (namespace !== '' && namespaceSelector !== undefined && !isOf(spaces, namespace))
    return 'it selects by namespace, which a namespaced policy cannot do';
  return {
    podSelector: selectorFrom(pods),
    serviceAccounts: accounts.length === 0 ? undefined : accounts,
    namespaceSelector,
  };
}

/** @returns what cannot be said */
function addExpressions(
  expressions: Requirements['matchExpressions'],
  pods: Requirements,
  spaces: Requirements,
): string | undefined {
  for (const { key: written, ...rest } of expressions) {
    const place = placeOf(written);
    if ('fault' in place) return place.fault;
    if (place.of === 'account') return `the requirement on ${written} cannot be expressed`;
    (place.of === 'namespace' ? spaces : pods).matchExpressions.push({ key: place.key, ...rest });
  }
  return undefined;
}

/** Does it say the namespace that it stands in anyway? */
function isOf({ matchLabels, matchExpressions }: Requirements, namespace: string): boolean {
  const isAlone = Object.keys(matchLabels).length === 1 && matchExpressions.length === 0;
  return isAlone && matchLabels[namespaceName] === namespace;
}

type Place = { readonly of: 'pod' | 'namespace' | 'account'; readonly key: string } | { readonly fault: string };

function placeOf(written: string): Place {
  const key = bare(written);
  if (key === undefined) return { fault: `the label ${written} is not a label of Kubernetes pods` };
  if (key === accountKey) return { of: 'account', key };
  if (key === namespaceKey) return { of: 'namespace', key: namespaceName };
  if (key.startsWith(namespaceLabels)) return { of: 'namespace', key: key.slice(namespaceLabels.length) };
  if (notKept.test(key)) return { fault: `Cilium keeps no label ${key} of a pod, so it selects no pod there` };
  return { of: 'pod', key };
}

/** `k8s:app`, `any:app` and `app` are one key; undefined: of something else than a pod of Kubernetes. */
function bare(key: string): string | undefined {
  const [, source, rest] = /^([a-z0-9-]+):(.*)$/.exec(key) ?? [];
  if (source === undefined) return key;
  return source === 'k8s' || source === 'any' ? rest : undefined;
}
