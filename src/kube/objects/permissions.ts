import type { ApiType } from '../client/paths.ts';
import type { ApiClient } from '../client/transport.ts';
import { grouped } from '../../core/model/grouped.ts';

export interface Permission {
  /** Empty for the core group. */
  readonly group: string;
  /** `pods`, or `egresspolicies/status`. */
  readonly resource: string;
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  /** Absent: in every namespace, or cluster-scoped. */
  readonly namespace?: string;
  /** Absent: whatever its name. */
  readonly name?: string;
}

/** The permissions that watching these kinds needs. */
export function toFollow(types: readonly ApiType[]): readonly Permission[] {
  return types.flatMap(({ apiVersion, plural }) => {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return (['list', 'watch'] as const).map((verb) => ({ group, resource: plural, verb }));
  });
}

/**
 * Asks the API server which of these permissions we lack (SelfSubjectAccessReview, one by one).
 *
 * @throws {ApiError} if it does not answer
 */
export async function missingPermissions(
  api: ApiClient,
  needed: readonly Permission[],
): Promise<readonly Permission[]> {
  const allowed = await Promise.all(needed.map((permission) => isAllowed(api, permission)));
  return needed.filter((_, index) => allowed[index] !== true);
}

/** One sentence that names every permission to grant. Empty for an empty list. */
export function describeMissing(missing: readonly Permission[]): string {
  if (missing.length === 0) return '';
  const named = missing.map(({ group, resource, verb, namespace, name }) => {
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    const which = name === undefined ? '' : ` "${name}"`;
    const what = `${group === '' ? resource : `${resource}.${group}`}${which}${where}`;
    return [what, verb] as const;
  });
  const grants = [...grouped(named)].map(([what, verbs]) => `${verbs.join(', ')} on ${what}`);
  return `permissions are missing, grant: ${grants.join('; ')}`;
}

async function isAllowed(api: ApiClient, { resource: path, ...asked }: Permission): Promise<boolean> {
  const [resource, subresource] = path.split('/');
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { ...asked, resource, subresource } },
  };
  const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = (await api.request({ method: 'POST', path: reviews, body })) as { status?: { allowed?: unknown } };
  return review.status?.allowed === true;
}
