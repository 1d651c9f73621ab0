import { AdapterError } from '../../adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects, ObjectKind } from '../../adapter/kubernetes-objects.ts';
import { unlistedObjects } from '../../verify/values/unlisted.ts';

/**
 * All objects of kinds of which only their being there is known to matter; for those of a kind that could not be listed, one
 * that stands for them: a server of others that is away leaves the answer open, and does not end it.
 *
 * @param isMeant of `group/Kind`
 */
export async function listedOrUnknown(
  cluster: Pick<KubernetesObjects, 'list'>,
  served: readonly ObjectKind[],
  isMeant: (id: string) => boolean,
): Promise<readonly KubernetesObject[]> {
  const meant = served.filter(({ group, kind }) => isMeant(`${group}/${kind}`));
  const lists = await Promise.all(
    meant.map(async (kind) => {
      try {
        return await cluster.list(kind);
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        return [unlistedObjects(kind, error.errorClass === 'forbidden' ? undefined : error.message)];
      }
    }),
  );
  return lists.flat();
}
