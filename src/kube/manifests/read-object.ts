import { kinds } from '../../api/kinds.ts';
import { groupName } from '../../api/meta.ts';
import { isOurs, parseObject } from '../../api/parse.ts';
import type { Problem } from '../../core/model/problem.ts';
import type { SnapshotKinds } from '../../core/model/snapshot.ts';
import {
  readNamespace,
  readNode,
  readPod,
  readServiceAccount,
  type Fault,
  type ReadResult,
} from '../kinds/core-kinds.ts';
import { readWorkload, workloadKinds, type Workload } from '../kinds/workloads.ts';
import type { Source } from './positions.ts';
import { readSecret, type Secret } from '../kinds/secret.ts';

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

/** Every object of a document: itself, or the items of a List, whatever `kubectl` calls it. */
export function* objectsIn(source: Source, value: unknown): Iterable<{ source: Source; value: unknown }> {
  const { kind, apiVersion, items } = fieldsOf(value);
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) {
    yield { source, value };
    return;
  }
  // Lists of one kind leave out what their items are: https://kubernetes.io/docs/reference/using-api/api-concepts/#collections
  const implied = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    const path = [...source.path, 'items', index];
    yield* objectsIn({ ...source, path }, isRecord(item) ? { ...implied, ...item } : item);
  }
}

/** Reads one object; undefined for a kind of Kubernetes' own that decides nothing here. */
export function readObject(source: Source, value: unknown): ReadObject {
  const { apiVersion, kind } = fieldsOf(value);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return notAnObject(source, value);
  if (isOurs(value)) return readOurs(source, value, kind);
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  if (Object.hasOwn(workloadKinds, kind) && workloadKinds[kind] === group) {
    return made(readWorkload(kind, value), { source, value, kind }, (object) => ({
      kind: 'Workload',
      id: idOf(kind, object),
      source,
      object,
    }));
  }
  return group === '' ? readCore(source, value, kind) : undefined;
}

function readCore(source: Source, value: unknown, kind: string): ReadObject {
  const from = { source, value, kind };
  switch (kind) {
    case 'Namespace':
      return made(readNamespace(value), from, (object) => ({ kind, id: idOf(kind, object), source, object }));
    case 'ServiceAccount':
      return made(readServiceAccount(value), from, (object) => ({ kind, id: idOf(kind, object), source, object }));
    case 'Node':
      return made(readNode(value), from, (object) => ({ kind, id: idOf(kind, object), source, object }));
    case 'Pod':
      return made(readPod(value), from, (object) => ({ kind, id: idOf(kind, object), source, object }));
    case 'Secret':
      return made(readSecret(value), from, (object) => ({ kind, id: idOf(kind, object), source, object }));
    default:
      return undefined;
  }
}

function readOurs(source: Source, value: unknown, kind: string): ReadObject {
  const parsed = parseObject(value);
  if ('problems' in parsed) {
    const problems = parsed.problems.map((problem) => ({ problem: explained(problem, kind), source }));
    return { problems };
  }
  const { object } = parsed;
  const { name, namespace } = object.metadata;
  const id = idOf(object.kind, kinds[object.kind].namespaced ? { name, namespace } : { name });
  switch (object.kind) {
    case 'ExternalService':
      return { object: { kind: object.kind, id, source, object } };
    case 'EgressPolicy':
      return { object: { kind: object.kind, id, source, object } };
    case 'ClusterEgressPolicy':
      return { object: { kind: object.kind, id, source, object } };
    case 'EnforcementPoint':
      return { object: { kind: object.kind, id, source, object } };
  }
}

function explained(problem: Problem, kind: string): Problem {
  if (problem.code !== 'unknown-kind') return problem;
  const known = Object.keys(kinds).join(', ');
  return { ...problem, message: `there is no kind ${kind} in ${groupName}: known are ${known}` };
}

function made<T>(
  viewed: ReadResult<T>,
  { source, value, kind }: { readonly source: Source; readonly value: unknown; readonly kind: string },
  make: (view: T) => ManifestObject,
): ReadObject {
  if ('view' in viewed) return { object: make(viewed.view) };
  const { name, namespace } = fieldsOf(fieldsOf(value)['metadata']);
  const subject = idOf(kind, {
    name: typeof name === 'string' ? name : '?',
    namespace: typeof namespace === 'string' ? namespace : undefined,
  });
  return { problems: viewed.faults.map((fault) => ({ problem: malformed(subject, fault), source })) };
}

function malformed(subject: string, { field, message }: Fault): Problem {
  return { severity: 'error', subject, field, code: 'malformed-object', message };
}

function notAnObject(source: Source, value: unknown): ReadObject {
  const what = Array.isArray(value)
    ? 'a bare list: wrap it in { apiVersion: v1, kind: List, items: [...] }'
    : 'not a Kubernetes object: it needs apiVersion and kind';
  const problem = {
    severity: 'error',
    subject: '',
    field: '',
    code: 'not-an-object',
    message: `this is ${what}`,
  } as const;
  return { problems: [{ problem, source }] };
}

function idOf(
  kind: string,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name: string },
): string {
  return namespace === undefined || namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
