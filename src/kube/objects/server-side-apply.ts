import type { KubernetesObject } from '../../adapter/kubernetes-objects.ts';
import { objectPath, type ObjectRef } from '../client/paths.ts';
import type { ApiClient } from '../client/transport.ts';

export interface ApplyOptions {
  /** Owner of the applied fields. Fields that it owned before and now leaves out are removed. */
  readonly fieldManager: string;
  /** Takes over fields that another manager set. Without it they are a conflict, 409. */
  readonly force: boolean;
  readonly subresource?: 'status';
  readonly signal?: AbortSignal;
}

/**
 * Server-side apply: creates the object, or changes the given fields and no others. With a `uid` in its metadata, another
 * object of the same name is refused: 409, or 422 from some servers.
 *
 * @returns the whole object as it is now
 * @throws {ApiError}
 */
export async function serverSideApply(
  api: ApiClient,
  plural: string,
  object: KubernetesObject,
  options: ApplyOptions,
): Promise<unknown> {
  const { apiVersion, metadata } = object;
  const { fieldManager, force, subresource, signal } = options;
  const ref: ObjectRef = { apiVersion, plural, namespace: metadata.namespace, name: metadata.name };
  return api.request({
    method: 'PATCH',
    path: objectPath(ref, subresource),
    query: { fieldManager, force },
    // JSON is YAML. Before Kubernetes 1.35 there is no media type for apply in JSON.
    contentType: 'application/apply-patch+yaml',
    body: object,
    ...(signal && { signal }),
  });
}
