import { z } from 'zod';
import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { parseObject, type PosternObject } from '../../api/parse.ts';
import type { EgressSource, SnapshotKinds } from '../../core/model/snapshot.ts';
import type { ApiObject } from '../encoding/decode.ts';
import { coreMessages } from '../encoding/api-messages.ts';
import { egressSourceKinds } from '../egress-sources/kinds.ts';
import type { EgressSourceKind } from '../egress-sources/kind.ts';
import { readNamespace, readNode, readPod, readServiceAccount, type ReadResult } from '../kinds/core-kinds.ts';
import { PodDeduplicator } from './pod-deduplicator.ts';
import type { Transformed, WatchedKind } from './tracker.ts';
import { objectName } from '../../core/text/wording.ts';

/** Every kind that the compiler reads: core kinds reduced to a few fields, ours checked by their schemas. */
export function watchedKinds(): readonly WatchedKind<SnapshotKinds[keyof SnapshotKinds]>[] {
  const deduplicator = new PodDeduplicator();
  return [
    core('Namespace', 'namespaces', readNamespace),
    core('ServiceAccount', 'serviceaccounts', readServiceAccount),
    core('Node', 'nodes', readNode),
    core('Pod', 'pods', (input) => {
      const read = readPod(input);
      return 'object' in read ? { object: deduplicator.pod(read.object) } : read;
    }),
    ...(Object.keys(kinds) as Kind[]).map(ours),
    ...egressSourceKinds.map(egressSource),
  ];
}

function core<T>(
  kind: string,
  plural: keyof typeof coreMessages,
  read: (input: unknown) => ReadResult<T>,
): WatchedKind<T> {
  const message = coreMessages[plural];
  return { kind, apiVersion: 'v1', plural, message, transform: (object) => explained(kind, object, read(object)) };
}

function explained<T>(kind: string, { metadata }: ApiObject, read: ReadResult<T>): Transformed<T> {
  if ('object' in read) return read;
  const subject = objectName({ kind, ...metadata });
  return { problems: read.faults.map((fault) => ({ severity: 'error', subject, code: 'unreadable', ...fault })) };
}

/** Many clusters do not have the kind, and then nothing is missing. */
function egressSource({ kind, apiVersion: version, plural, read }: EgressSourceKind): WatchedKind<EgressSource> {
  return {
    kind: 'EgressSource',
    keyPrefix: `${kind}/`,
    apiVersion: version,
    plural,
    optional: true,
    transform: (object) =>
      explained(kind, object, read({ kind, apiVersion: version, ...object, metadata: slimmed(object.metadata) })),
  };
}

function ours(kind: Kind): WatchedKind<PosternObject> {
  return {
    kind,
    apiVersion,
    plural: kinds[kind].plural,
    transform: (object) => parseObject({ ...object, kind, apiVersion, metadata: slimmed(object.metadata) }),
  };
}

/** `managedFields` is often larger than the object; only who changed the object last is kept of it. */
function slimmed(metadata: ApiObject['metadata']): ApiObject['metadata'] {
  // A status is written by us and changes nothing of what is meant.
  const last = managedFieldsSchema
    .catch([])
    .parse(metadata['managedFields'])
    .filter(({ subresource }) => subresource === '')
    .toSorted((a, b) => (a.time < b.time ? -1 : 1))
    .at(-1);
  return { ...metadata, managedFields: undefined, changedBy: last && { manager: last.manager, at: last.time } };
}

const managedFieldsSchema = z
  .array(z.object({ manager: z.string(), time: z.string().default(''), subresource: z.string().default('') }))
  .default([]);
