import { z } from 'zod';
import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { parseObject, type PosternObject } from '../../api/parse.ts';
import type { SnapshotKinds } from '../../core/model/snapshot.ts';
import { readNamespace, readNode, readPod, readServiceAccount, type ReadResult } from '../kinds/core-kinds.ts';
import type { ApiObject } from '../encoding/decode.ts';
import { coreMessages } from '../encoding/api-messages.ts';
import { PodDeduplicator } from './pod-deduplicator.ts';
import type { WatchedKind, Transformed } from './tracker.ts';

/** Everything the compiler reads, and how it is read: the core kinds by their view, ours by their schema. */
export function watchedKinds(): readonly WatchedKind<SnapshotKinds[keyof SnapshotKinds]>[] {
  const interner = new PodDeduplicator();
  const core = <T>(
    kind: string,
    plural: keyof typeof coreMessages,
    view: (input: unknown) => ReadResult<T>,
  ): WatchedKind<T> => ({
    kind,
    apiVersion: 'v1',
    plural,
    message: coreMessages[plural],
    transform: (object) => viewOf(kind, object, view(object)),
  });
  const pods = core('Pod', 'pods', readPod);
  return [
    core('Namespace', 'namespaces', readNamespace),
    core('ServiceAccount', 'serviceaccounts', readServiceAccount),
    core('Node', 'nodes', readNode),
    {
      ...pods,
      transform: (object) => {
        const view = pods.transform(object);
        return 'object' in view ? { object: interner.pod(view.object) } : view;
      },
    },
    ...(Object.keys(kinds) as Kind[]).map(ours),
  ];
}

function ours(kind: Kind): WatchedKind<PosternObject> {
  return {
    kind,
    apiVersion,
    plural: kinds[kind].plural,
    transform: (object) => parseObject(bare({ ...object, kind, apiVersion })),
  };
}

/** Of the record of who set which field, which is often larger than the object, only who was the last. */
function bare(object: ApiObject): ApiObject {
  const changedBy = lastManager(managersSchema.safeParse(object.metadata).data?.managedFields ?? []);
  const metadata = { ...object.metadata, managedFields: undefined, changedBy };
  return { ...object, metadata: metadata };
}

const managersSchema = z.object({
  managedFields: z
    .array(z.object({ manager: z.string(), time: z.string().default(''), subresource: z.string().default('') }))
    .optional(),
});

/** Statuses are ours, and change nothing of what is meant. */
function lastManager(
  managers: readonly { readonly manager: string; readonly time: string; readonly subresource: string }[],
): { readonly manager: string; readonly at: string } | undefined {
  const last = managers
    .filter(({ subresource }) => subresource === '')
    .toSorted((a, b) => (a.time < b.time ? -1 : 1))
    .at(-1);
  return last && { manager: last.manager, at: last.time };
}

function viewOf<T>(kind: string, { metadata: { namespace, name } }: ApiObject, viewed: ReadResult<T>): Transformed<T> {
  if ('view' in viewed) return { object: viewed.view };
  const subject = [kind, ...(namespace === undefined ? [] : [namespace]), name].join('/');
  const problems = viewed.faults.map((fault) => ({
    severity: 'error' as const,
    subject,
    code: 'unreadable',
    ...fault,
  }));
  return { problems };
}
