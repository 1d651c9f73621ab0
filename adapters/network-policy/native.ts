import type { KubernetesObject, ObjectContent, ObjectKind } from '../../src/adapter/kubernetes-objects.ts';
import { nameOf } from '../../kit/kubernetes/session.ts';
import { canonical, type Json, type JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ */
export const networkPolicyKind: ObjectKind = {
  kind: 'NetworkPolicy',
  group: 'networking.k8s.io',
  plural: 'networkpolicies',
  versions: ['v1'],
  namespaced: true,
};

/** What an object of ours is for; kept in an annotation, since nothing else of the object tells. */
const roleAnnotation = 'postern.dev/role';
const ruleAnnotation = 'postern.dev/rule';

/**
 * The baseline of a namespace closes it and leaves open what everything needs; a grant adds to it. Policies are
 * additive, so a grant permits and a baseline, taken as a whole, denies.
 */
export type Role = 'baseline' | 'grant';

/** @param rule id of the rule that a grant is there for */
export function policyResource(
  name: { readonly namespace: string; readonly name: string },
  role: Role,
  spec: JsonObject,
  rule?: string,
): Resource {
  const annotations = { [roleAnnotation]: role, ...(rule !== undefined && { [ruleAnnotation]: rule }) };
  return {
    kind: networkPolicyKind.kind,
    name: `${name.namespace}/${name.name}`,
    spec: { annotations, spec },
    refs: [],
    effect: role === 'grant' ? 'Accept' : 'Deny',
    decides: true,
    origin: `${networkPolicyKind.kind}/${name.namespace}/${name.name}`,
    ...(rule !== undefined && { desiredId: rule }),
  };
}

export function toObject({ name, spec }: Resource): ObjectContent {
  const { annotations, spec: content } = spec as { annotations: Record<string, string>; spec: JsonObject };
  return { metadata: { ...nameOf({ kind: networkPolicyKind.kind, name }), annotations }, spec: content };
}

export function toResource({ metadata, spec }: KubernetesObject): Resource {
  const { name, namespace = '', annotations = {} } = metadata;
  const role = annotations[roleAnnotation] === 'grant' ? 'grant' : 'baseline';
  const found = policyResource({ namespace, name }, role, asJson(spec), annotations[ruleAnnotation]);
  return { ...found, spec: { annotations, spec: asJson(spec) } };
}

function asJson(value: unknown): JsonObject {
  const json = JSON.parse(JSON.stringify(value ?? {})) as Json;
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : {};
}

/** Sorted by their text, each once: the order of peers and rules says nothing. */
export function inOrder<T extends Json>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [canonical(item), item])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item);
}
