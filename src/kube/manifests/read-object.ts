import { kinds } from '../../api/kinds.ts';
import { groupName } from '../../api/meta.ts';
import { isMeantForUs, isOurs, parseObject } from '../../api/parse.ts';
import { similarTo } from '../../api/similar.ts';
import type { Problem } from '../../api/problem.ts';
import type { SnapshotKinds } from '../../core/model/snapshot.ts';
import { unfollowedEgressKindIds } from '../../verify/egress-addresses/kinds.ts';
import { egressSourceKinds } from '../egress-sources/kinds.ts';
import { readUnfollowed } from '../egress-sources/unfollowed.ts';
import { readNamespace, readNode, readServiceAccount, type ReadResult } from '../kinds/core-kinds.ts';
import { readPod } from '../kinds/pod.ts';
import { readSecret, type Secret } from '../kinds/secret.ts';
import { readWorkload, workloadKinds, type Workload } from '../kinds/workloads.ts';
import type { Source } from './positions.ts';

export interface ManifestKinds extends SnapshotKinds {
  readonly Workload: Workload;
  readonly Secret: Secret;
}

/** One object of a manifest that matters to us. */
export interface Entry<K extends keyof ManifestKinds> {
  readonly kind: K;
  /** `Pod/shop/web-1`: at most one object of a cluster has it. */
  readonly id: string;
  readonly source: Source;
  readonly object: ManifestKinds[K];
}
export type ManifestObject = { [K in keyof ManifestKinds]: Entry<K> }[keyof ManifestKinds];

/** A problem and the object it is about; its line is looked up later. */
export interface FoundProblem {
  readonly problem: Problem;
  readonly source: Source;
}

export type ReadObject =
  { readonly object: ManifestObject } | { readonly problems: readonly FoundProblem[] } | undefined;

const coreReaders: Readonly<Record<string, (value: unknown) => ReadResult<ManifestObject['object']>>> = {
  Namespace: readNamespace,
  ServiceAccount: readServiceAccount,
  Node: readNode,
  Pod: readPod,
  Secret: readSecret,
};

/** Every object of a document: itself, or the items of a List, under whatever name kubectl prints it. */
export function* objectsIn(source: Source, value: unknown): Iterable<{ source: Source; value: unknown }> {
  const { kind, apiVersion, items } = fieldsOf(value);
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) {
    yield { source, value };
    return;
  }
  // A list of one kind leaves out what its items are: https://kubernetes.io/docs/reference/using-api/api-concepts/#collections
  const implied = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    const path = [...source.path, 'items', index];
    yield* objectsIn({ ...source, path }, isRecord(item) ? { ...implied, ...item } : item);
  }
}

/** Reads one object; undefined for a kind that decides nothing here. */
export function readObject(source: Source, value: unknown): ReadObject {
  const { apiVersion, kind } = fieldsOf(value);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return notAnObject(source, value);
  const generated = withGeneratedName(value);
  if (generated !== undefined) return unnamed(readObject(source, generated), source);
  if (isOurs(value) || isMeantForUs(value)) return readOurs(source, value, kind);
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const egress = egressSourceKinds.find((one) => one.kind === kind && one.apiVersion.startsWith(`${group}/`));
  if (egress !== undefined) return entry('EgressSource', egress.read(value), { source, value, kind });
  if (unfollowedEgressKindIds.has(`${group}/${kind}`))
    return entry('EgressSource', readUnfollowed(`${group}/${kind}`, value), { source, value, kind });
  const reader = group === '' && Object.hasOwn(coreReaders, kind) ? coreReaders[kind] : undefined;
  if (reader !== undefined) return entry(kind, reader(value), { source, value, kind });
  if (!Object.hasOwn(workloadKinds, kind) || workloadKinds[kind]?.includes(group) !== true) return undefined;
  return entry('Workload', readWorkload(kind, value), { source, value, kind });
}

/** The object under a name that `kubectl create` could give it; undefined: it has a name, or asks for none. */
export function withGeneratedName(value: unknown): unknown {
  const metadata = fieldsOf(fieldsOf(value)['metadata']);
  const { name, generateName } = metadata;
  if (name != null || typeof generateName !== 'string' || generateName === '') return undefined;
  return { ...fieldsOf(value), metadata: { ...metadata, name: `${generateName}xxxxx` } };
}

/** Two objects of one `generateName` get different names from the API server: they are no duplicates. */
function unnamed(read: ReadObject, { document, path }: Source): ReadObject {
  if (read === undefined || !('object' in read)) return read;
  const id = `${read.object.id} ${document.file}:${document.line} ${path.join('.')}`;
  return { object: { ...read.object, id } };
}

function entry(
  kind: string,
  read: ReadResult<ManifestObject['object']>,
  from: { readonly source: Source; readonly value: unknown; readonly kind: string },
): ReadObject {
  const { source } = from;
  const { name, namespace } = fieldsOf(fieldsOf(from.value)['metadata']);
  if ('object' in read) {
    const id =
      'takes' in read.object
        ? read.object.id
        : idOf(from.kind, read.object as { readonly namespace?: string; readonly name: string });
    return { object: { kind, id, source, object: read.object } as ManifestObject };
  }
  const subject = idOf(from.kind, { name: textOr(name, '?'), namespace: textOr(namespace, '') });
  const problems = read.faults.map(({ field, message }): FoundProblem => {
    return { problem: { severity: 'error', subject, field, code: 'malformed-object', message }, source };
  });
  return { problems };
}

function readOurs(source: Source, value: unknown, kind: string): ReadObject {
  const parsed = parseObject(value);
  if ('problems' in parsed) {
    return { problems: parsed.problems.map((problem) => ({ problem: explained(problem, kind), source })) };
  }
  const { object } = parsed;
  const { name, namespace } = object.metadata;
  const id = idOf(object.kind, kinds[object.kind].namespaced ? { name, namespace } : { name });
  return { object: { kind: object.kind, id, source, object } as ManifestObject };
}

function explained(problem: Problem, kind: string): Problem {
  if (problem.code !== 'unknown-kind') return problem;
  const similar = similarTo(kind, Object.keys(kinds));
  const meant = similar === undefined ? '; the kinds are' : `; did you mean ${similar}? The kinds are`;
  const known = Object.keys(kinds).join(', ');
  return { ...problem, message: `there is no kind ${kind} in ${groupName}${meant} ${known}` };
}

function notAnObject(source: Source, value: unknown): ReadObject {
  const message = Array.isArray(value)
    ? 'this is a bare list: wrap it in { apiVersion: v1, kind: List, items: [...] }'
    : 'this is not a Kubernetes object: it needs apiVersion and kind';
  return {
    problems: [{ problem: { severity: 'error', subject: '', field: '', code: 'not-an-object', message }, source }],
  };
}

function idOf(
  kind: string,
  { namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string },
) {
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
