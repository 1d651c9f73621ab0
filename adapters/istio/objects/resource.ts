import { isDeepStrictEqual } from 'node:util';
import type { ObjectContent } from '../../../src/adapter/kubernetes-objects.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { entryIn, entryWith, exporting, exportsIn } from './visible-ports.ts';
import { listOf, mapOf, textOf, textsOf } from './fields.ts';
import { kinds } from './kinds.ts';
import { marks, type MeshObject } from './mesh-object.ts';
import { fromOf, sourcesIn } from './policy-sources.ts';
import { changeOrderOf } from './change-order.ts';

/*
 * What is written is built as the object that it is, and made a resource by the same function that reads objects back:
 * then "apply, then observe" equals what was lowered.
 */

/** What was lowered, or `{ unreadable }`: an object of ours that another client has changed to what Postern cannot read. */
export function resourceOf(object: MeshObject): Resource {
  const { kind, metadata, spec } = object;
  const labels = metadata.labels ?? {};
  const key = { kind, name: `${metadata.namespace}/${metadata.name}` };
  const annotations = metadata.annotations ?? {};
  const read = readObject(kind, spec, annotations, labels);
  const resource: Resource = {
    ...key,
    spec: { ...read.spec, ...kept('labels', labels), ...kept('annotations', read.annotations) },
    ...(read.members && { members: read.members }),
    ...changeOrderOf(object),
  };
  const again = contentOf(resource);
  const same = isDeepStrictEqual(again.spec, spec) && isDeepStrictEqual(again.metadata.annotations ?? {}, annotations);
  return same ? resource : { ...resource, spec: { unreadable: spec }, ...(read.members && { members: [] }) };
}

export function contentOf({
  kind,
  name,
  spec: held,
  members,
}: Resource): ObjectContent & { readonly spec: JsonObject } {
  const slash = name.indexOf('/');
  const { spec, labels, annotations, except } = held;
  const written = writtenOf(kind, mapOf(spec ?? held['unreadable']), mapOf(annotations), {
    members,
    except: textsOf(except),
  });
  return {
    metadata: {
      name: name.slice(slash + 1),
      namespace: name.slice(0, slash),
      ...textMap('labels', mapOf(labels)),
      ...textMap('annotations', written.annotations),
    },
    spec: written.spec,
  };
}

interface Read {
  readonly members?: readonly string[];
  readonly spec: JsonObject;
  readonly annotations: JsonObject;
}

function readObject(kind: string, spec: JsonObject, annotations: JsonObject, labels: JsonObject): Read {
  if (kind === kinds.serviceEntry.kind) {
    const { members, spec: rest, annotations: left } = entryIn(spec, annotations);
    return { members, spec: { spec: rest }, annotations: left };
  }
  if (kind === kinds.virtualService.kind) {
    const { members, spec: rest } = exportsIn(spec);
    return { members, spec: { spec: rest }, annotations };
  }
  if (kind === kinds.authorizationPolicy.kind && labels[marks.role] === undefined) {
    const { from, ...rule } = mapOf(listOf(spec['rules'])[0]);
    const { members, except } = sourcesIn(from);
    const exceptions = except.length > 0 ? { except } : {};
    return { members, spec: { spec: { ...spec, rules: [rule] }, ...exceptions }, annotations };
  }
  return { spec: { spec }, annotations };
}

function writtenOf(
  kind: string,
  spec: JsonObject,
  annotations: JsonObject,
  { members, except }: { readonly members: readonly string[] | undefined; readonly except: readonly string[] },
): { readonly spec: JsonObject; readonly annotations: JsonObject } {
  if (members === undefined) return { spec, annotations };
  if (kind === kinds.serviceEntry.kind) return entryWith(spec, members, annotations);
  if (kind === kinds.virtualService.kind) return { spec: exporting(spec, members), annotations };
  const from = fromOf({ members, except }, textOf(annotations[marks.trustDomain]));
  return { spec: { ...spec, rules: [{ from, ...mapOf(listOf(spec['rules'])[0]) }] }, annotations };
}

function kept(field: string, entries: Readonly<Record<string, Json>>): JsonObject {
  return Object.keys(entries).length > 0 ? { [field]: entries } : {};
}

function textMap(field: 'labels' | 'annotations', entries: JsonObject): ObjectContent['metadata'] | object {
  const texts = Object.entries(entries).map(([key, value]) => [key, textOf(value)]);
  return texts.length > 0 ? { [field]: Object.fromEntries(texts) as Record<string, string> } : {};
}
