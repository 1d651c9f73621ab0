import { kinds } from '../api/kinds.ts';
import { apiVersion } from '../api/meta.ts';
import type { GatedPod } from './pod-gate.ts';
import type { Status, StatusSubject } from './statuses.ts';
import type { GateVerdict } from '../core/status/gate.ts';
import { serverSideApply } from '../kube/client/server-side-apply.ts';
import { asApiError } from '../kube/api-error.ts';
import { objectPath } from '../kube/client/paths.ts';
import type { ApiClient } from '../kube/client/transport.ts';
import { gateCondition } from '../kube/kinds/core-kinds.ts';

const fieldManager = 'postern-controller';

/** Applies the whole status of one object of ours; what we said before and say no longer goes. */
export async function writeStatus(
  api: ApiClient,
  { kind, key }: StatusSubject,
  status: Status,
  signal: AbortSignal,
): Promise<void> {
  const slash = key.indexOf('/');
  const metadata = slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
  const options = { fieldManager, force: true, subresource: 'status', signal } as const;
  await serverSideApply(api, kinds[kind].plural, { apiVersion, kind, metadata, status }, options);
}

/**
 * Sets one condition of a pod and leaves the others to the kubelet: conditions merge by type. The uid makes sure that
 * it is this pod and not its successor.
 *
 * @param at RFC 3339
 */
export async function writeGate(
  api: ApiClient,
  { namespace, name, uid }: GatedPod,
  verdict: GateVerdict,
  { at, signal }: { readonly at: string; readonly signal: AbortSignal },
): Promise<void> {
  const condition = { type: gateCondition, ...verdict, lastTransitionTime: at };
  try {
    await api.request({
      method: 'PATCH',
      path: objectPath({ apiVersion: 'v1', plural: 'pods', namespace, name }, 'status'),
      query: { fieldManager },
      contentType: 'application/strategic-merge-patch+json',
      body: { metadata: { uid }, status: { conditions: [condition] } },
      signal,
    });
  } catch (error) {
    // 404: it is gone. 409: there is another one of its name.
    const { status } = asApiError(error);
    if (status !== 404 && status !== 409) throw error;
  }
}
