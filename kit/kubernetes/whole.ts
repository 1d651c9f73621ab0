import { Document } from 'yaml';
import type { Resource } from '../../src/core/model/resource.ts';
import {
  resourceKind,
  type KubernetesObject,
  type ObjectContent,
  type ObjectKind,
} from '../../src/adapter/kubernetes-objects.ts';
import { ownerLabels, type Ownership } from './ownership.ts';

/** An object as it is sent: of this kind and version, and with our mark. */
export function wholeObject(
  content: ObjectContent,
  { kind, group }: ObjectKind,
  version: string,
  ownership: Ownership,
): KubernetesObject {
  const labels = { ...content.metadata.labels, ...ownerLabels(ownership) };
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return { apiVersion, kind, ...content, metadata: { ...content.metadata, labels } };
}

/** The object of a resource, as a reader finds it: without Postern's mark. */
export function asObject<R extends Resource>(
  resource: R,
  layer: { readonly kinds: readonly ObjectKind[]; toObject(resource: R): ObjectContent },
): KubernetesObject {
  const found = layer.kinds.find((kind) => resourceKind(kind) === resource.kind);
  const { kind = resource.kind, group = '', versions = [] } = found ?? {};
  const version = versions[0] ?? 'v1';
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    ...layer.toObject(resource),
  };
}

/** The objects as one YAML stream for `kubectl apply` and for repositories, in the order given. */
export function objectsYaml<R extends Resource>(
  resources: readonly R[],
  layer: { readonly kinds: readonly ObjectKind[]; toObject(resource: R): ObjectContent },
  ownership: Ownership,
): string {
  const kinds = new Map(layer.kinds.map((kind) => [resourceKind(kind), kind]));
  return resources
    .flatMap((resource) => {
      const kind = kinds.get(resource.kind);
      if (kind === undefined) return [];
      const object = wholeObject(layer.toObject(resource), kind, kind.versions[0] ?? 'v1', ownership);
      return [`---\n${new Document(object, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 })}`];
    })
    .join('');
}
