import { kinds } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { asApiError } from '../api-error.ts';
import { collectionPath } from './paths.ts';
import type { ApiClient } from './transport.ts';

/** No user can have this name: the API server's own accounts have other prefixes, and it is no e-mail address. */
const unknownApprover = 'postern:nobody';

/** In deploy/admission/approval; a prefix or suffix of a kustomization does no harm. */
const guard = 'postern-approvers';

/**
 * Does the API server refuse an approval in the name of another user? It gets one in a dry run, and the
 * admission policy has to answer by its name: then names and rights in approvals are the API server's word, and not that of
 * of any author.
 *
 * @param namespace Postern's own
 * @throws ApiError where it does not answer, or this may not be asked
 */
export async function approvalsAreGuarded(
  api: Pick<ApiClient, 'request'>,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  const policy = { name: 'none', uid: 'none', generation: 1, digest: '0'.repeat(64) };
  const spec = {
    policy,
    decision: 'Denied',
    approver: unknownApprover,
    reason: 'asks whether a forged approval is refused',
  };
  try {
    await api.request({
      method: 'POST',
      path: collectionPath({ apiVersion, plural: kinds.EgressApproval.plural }, namespace),
      query: { dryRun: 'All' },
      body: { apiVersion, kind: 'EgressApproval', metadata: { generateName: 'probe-' }, spec },
      signal,
    });
    return false;
  } catch (error) {
    const { message, status } = asApiError(error);
    // There is no such kind, and so no approval.
    if (status === 404) return false;
    if (message.includes(guard)) return true;
    // Whatever else refuses this one need not refuse a forged one: a policy that asks for labels does not.
    if (status < 500 && /admission/i.test(message)) return false;
    throw error;
  }
}
