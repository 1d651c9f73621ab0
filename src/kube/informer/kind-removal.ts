import { z } from 'zod';
import { asApiError } from '../api-error.ts';
import type { ApiType } from '../client/paths.ts';
import type { ApiClient } from '../client/transport.ts';

const discoverySchema = z.object({
  kind: z.literal('APIResourceList'),
  resources: z.array(z.object({ name: z.string(), verbs: z.array(z.string()) })),
});

/**
 * Is a kind itself being removed? Before a CustomResourceDefinition goes, the API server deletes every object of it, and a
 * watch shows each as if somebody had meant it. Meanwhile discovery has the kind without `create`
 * (apiextensions-apiserver, customresource_discovery_controller.go); afterwards it has it no longer.
 *
 * @returns false also where discovery may not be read
 * @throws ApiError
 */
export async function isBeingRemoved(
  api: ApiClient,
  { apiVersion, plural }: ApiType,
  signal: AbortSignal,
): Promise<boolean> {
  if (!apiVersion.includes('/')) return false;
  try {
    const answer = discoverySchema.safeParse(await api.request({ path: `/apis/${apiVersion}`, signal }));
    if (!answer.success) return false;
    const verbs = answer.data.resources.find(({ name }) => name === plural)?.verbs ?? ['delete'];
    return verbs.includes('delete') && !verbs.includes('create');
  } catch (error) {
    const { status } = asApiError(error);
    if (status !== 404 && status !== 403) throw error;
    return status === 404;
  }
}
