import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { parseObject, type PosternObject } from '../../api/parse.ts';
import type { SnapshotKinds } from '../../core/model/snapshot.ts';
import { viewNamespace, viewNode, viewPod, viewServiceAccount, type Viewed } from '../views.ts';
import type { ApiObject } from './codec.ts';
import { Interner } from './intern.ts';
import type { Followed, View } from './mirror.ts';

/** Everything the compiler reads, and how it is read: the core kinds by their view, ours by their schema. */
export function followedKinds(): readonly Followed<SnapshotKinds[keyof SnapshotKinds]>[] {
  const interner = new Interner();
  const core = <T>(kind: string, plural: string, view: (input: unknown) => Viewed<T>): Followed<T> => ({
    kind,
    apiVersion: 'v1',
    plural,
    view: (object) => viewOf(kind, object, view(object)),
  });
  const pods = core('Pod', 'pods', viewPod);
  return [
    core('Namespace', 'namespaces', viewNamespace),
    core('ServiceAccount', 'serviceaccounts', viewServiceAccount),
    core('Node', 'nodes', viewNode),
    {
      ...pods,
      view: (object) => {
        const view = pods.view(object);
        return 'object' in view ? { object: interner.pod(view.object) } : view;
      },
    },
    ...(Object.keys(kinds) as Kind[]).map(ours),
  ];
}

function ours(kind: Kind): Followed<PosternObject> {
  return {
    kind,
    apiVersion,
    plural: kinds[kind].plural,
    view: (object) => parseObject(bare({ ...object, kind, apiVersion })),
  };
}

/** Without the record of who set which field: it is often larger than the object. */
function bare(object: ApiObject): ApiObject {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } as ApiObject['metadata'] };
}

function viewOf<T>(kind: string, { metadata: { namespace, name } }: ApiObject, viewed: Viewed<T>): View<T> {
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
