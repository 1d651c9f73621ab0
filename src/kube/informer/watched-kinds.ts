import { z } from 'zod';
import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion, groupName } from '../../api/meta.ts';
import { parseObject, type PosternObject } from '../../api/parse.ts';
import type { EgressSource, Pod, SnapshotKinds } from '../../core/model/snapshot.ts';
import type { ApiObject } from '../encoding/decode.ts';
import { coreMessages, type CoreMessages } from '../encoding/api-messages.ts';
import { readerOf } from '../../../kit/protobuf/reader.ts';
import { SharedTexts } from '../encoding/shared-texts.ts';
import { ReadPod, usualPods } from '../encoding/usual-pods.ts';
import { egressSourceKinds } from '../egress-sources/kinds.ts';
import type { EgressSourceKind } from '../egress-sources/kind.ts';
import { readNamespace, readNode, readServiceAccount, type ReadResult } from '../kinds/core-kinds.ts';
import { readPod } from '../kinds/pod.ts';
import { sharedPod } from './shared-pod.ts';
import type { Transformed, WatchedKind } from './tracker.ts';
import { objectName } from '../../core/text/wording.ts';

/** Every kind that the compiler reads, or these of them: core kinds reduced to a few fields, ours checked by their schemas. */
export function watchedKinds(
  only?: readonly (keyof SnapshotKinds)[],
): readonly WatchedKind<SnapshotKinds[keyof SnapshotKinds]>[] {
  const all = everyKind();
  return only === undefined ? all : all.filter(({ kind }) => only.some((one) => one === kind));
}

function everyKind(): readonly WatchedKind<SnapshotKinds[keyof SnapshotKinds]>[] {
  const texts = new SharedTexts();
  const messages = coreMessages(texts);
  return [
    core('Namespace', 'namespaces', messages, readNamespace),
    core('ServiceAccount', 'serviceaccounts', messages, readServiceAccount),
    core('Node', 'nodes', messages, readNode),
    pods(messages, texts),
    ...(Object.keys(kinds) as Kind[]).map(ours),
    ...egressSourceKinds.map(egressSource),
  ];
}

function core<T>(
  kind: string,
  plural: keyof CoreMessages,
  messages: CoreMessages,
  read: (input: unknown) => ReadResult<T>,
): WatchedKind<T> {
  return {
    kind,
    apiVersion: 'v1',
    plural,
    protobuf: readerOf(messages[plural]),
    transform: (object) => explained(kind, object, read(object)),
  };
}

function pods(messages: CoreMessages, texts: SharedTexts): WatchedKind<Pod> {
  const fromObject = core('Pod', 'pods', messages, (input) => {
    const read = readPod(input);
    return 'object' in read ? { object: sharedPod(read.object, texts) } : read;
  });
  return {
    ...fromObject,
    protobuf: usualPods(texts, messages.pods),
    transform: (object) => (object instanceof ReadPod ? { object: object.pod } : fromObject.transform(object)),
  };
}

function explained<T>(kind: string, { metadata }: ApiObject, read: ReadResult<T>): Transformed<T> {
  if ('object' in read) return read;
  const subject = objectName({ kind, ...metadata });
  return { problems: read.faults.map((fault) => ({ severity: 'error', subject, code: 'unreadable', ...fault })) };
}

/** Many clusters do not have the kind, and then nothing is missing. */
function egressSource({ kind, apiVersion: version, plural, group, read }: EgressSourceKind): WatchedKind<EgressSource> {
  return {
    kind: 'EgressSource',
    keyPrefix: `${group === undefined ? kind : `${kind}.${group}`}/`,
    ...(group !== undefined && { resource: `${plural}.${group}` }),
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
    definition: `${kinds[kind].plural}.${groupName}`,
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
