import type { LabelSelector } from '../api/fields/selector.ts';
import { selectorFrom, type Selector } from './selector.ts';

/** Whom an `endpointSelector` is about, in words of ours. */
export interface CiliumSubject {
  readonly podSelector: LabelSelector | undefined;
  readonly serviceAccounts: readonly string[] | undefined;
  /** Of a cluster-wide policy; undefined: every namespace. */
  readonly namespaceSelector: LabelSelector | undefined;
}

const namespaceKey = 'io.kubernetes.pod.namespace';
const namespaceLabels = 'io.cilium.k8s.namespace.labels.';
const accountKey = 'io.cilium.k8s.policy.serviceaccount';

/**
 * Labels that Cilium does not keep of a pod, so that a selector by one selects nobody; ours would find the pods
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
    const key = bare(written);
    if (key === undefined) return `the label ${written} is of no pod of Kubernetes`;
    if (key === accountKey) accounts.push(value);
    else if (key === namespaceKey) spaces.matchLabels['kubernetes.io/metadata.name'] = value;
    else if (key.startsWith(namespaceLabels)) spaces.matchLabels[key.slice(namespaceLabels.length)] = value;
    else if (notKept.test(key)) return `Cilium keeps no label ${key} of a pod, so that it selects nobody there`;
    else pods.matchLabels[key] = value;
  }
  for (const { key: written, ...rest } of selector.matchExpressions ?? []) {
    const key = bare(written);
    if (key === undefined || key === accountKey) return `the requirement on ${written} cannot be said`;
    if (key === namespaceKey) spaces.matchExpressions.push({ key: 'kubernetes.io/metadata.name', ...rest });
    else if (key.startsWith(namespaceLabels))
      spaces.matchExpressions.push({ key: key.slice(namespaceLabels.length), ...rest });
    else if (notKept.test(key)) return `Cilium keeps no label ${key} of a pod`;
    else pods.matchExpressions.push({ key, ...rest });
  }
  const namespaceSelector = selectorFrom(spaces);
  if (namespace !== '' && namespaceSelector !== undefined) {
    const own = Object.keys(spaces.matchLabels).length === 1 && spaces.matchExpressions.length === 0;
    if (!own || spaces.matchLabels['kubernetes.io/metadata.name'] !== namespace)
      return 'it selects by namespace, which a policy of one namespace cannot';
  }
  return {
    podSelector: selectorFrom(pods),
    serviceAccounts: accounts.length === 0 ? undefined : accounts,
    namespaceSelector,
  };
}

/** `k8s:app`, `any:app` and `app` are one key; undefined: of something else than a pod of Kubernetes. */
function bare(key: string): string | undefined {
  const [, source, rest] = /^([a-z0-9-]+):(.*)$/.exec(key) ?? [];
  if (source === undefined) return key;
  return source === 'k8s' || source === 'any' ? rest : undefined;
}
