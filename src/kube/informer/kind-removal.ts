import { z } from 'zod';
import { asApiError } from '../api-error.ts';
import { objectPath, type ApiType } from '../client/paths.ts';
import type { ApiClient } from '../client/transport.ts';

/** What is known of a kind of custom resources beside its objects. */
export interface ServedKind {
  /** Is it gone, or on its way out with all of its objects? */
  readonly leaves: boolean;
  /** Another one: it is not the kind of before, and its objects of before were deleted with it. Undefined: nobody knows. */
  readonly uid: string | undefined;
}

export interface CustomType extends ApiType {
  /** The name of its CustomResourceDefinition, where that may be read. */
  readonly definition?: string;
}

const discoverySchema = z.object({
  kind: z.literal('APIResourceList'),
  resources: z.array(z.object({ name: z.string(), verbs: z.array(z.string()) })),
});
const definitionSchema = z.object({
  kind: z.literal('PartialObjectMetadata'),
  metadata: z.object({ uid: z.string(), deletionTimestamp: z.string().optional() }),
});
const definitions = { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' };
const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/**
 * Is a kind still the one whose objects are known? Before a CustomResourceDefinition goes, the API server deletes every
 * object of it, and a watch shows each as if somebody had meant it. The definition is marked before the first of them goes
 * (apiextensions-apiserver, crd_finalizer.go), so that its metadata tell for sure. Where they may not be read, discovery has
 * to do: meanwhile it has the kind without `create` (customresource_discovery_controller.go), afterwards no longer. But it
 * says nothing of a kind that was installed anew in between.
 *
 * @param before the uid that it had; undefined: perhaps it is served without a definition
 * @returns for a kind of Kubernetes itself, and where nothing may be read: it stays
 * @throws ApiError
 */
export async function servedKind(
  api: ApiClient,
  type: CustomType,
  before: string | undefined,
  signal: AbortSignal,
): Promise<ServedKind> {
  if (!type.apiVersion.includes('/')) return { leaves: false, uid: undefined };
  const known = type.definition === undefined ? undefined : await byDefinition(api, type.definition, signal);
  if (known !== undefined && (known.uid ?? before) !== undefined) return known;
  return { leaves: await byDiscovery(api, type, signal), uid: undefined };
}

/** @returns undefined where it may not be read */
async function byDefinition(api: ApiClient, name: string, signal: AbortSignal): Promise<ServedKind | undefined> {
  try {
    const path = objectPath({ ...definitions, name });
    const answer = definitionSchema.safeParse(await api.request({ path, accept: metadataOnly, signal }));
    if (!answer.success) return undefined;
    const { uid, deletionTimestamp } = answer.data.metadata;
    return { leaves: deletionTimestamp !== undefined, uid };
  } catch (error) {
    return isGone(error) ? { leaves: true, uid: undefined } : undefined;
  }
}

/** @returns false also where it may not be read */
async function byDiscovery(api: ApiClient, { apiVersion, plural }: ApiType, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = discoverySchema.safeParse(await api.request({ path: `/apis/${apiVersion}`, signal }));
    if (!answer.success) return false;
    const verbs = answer.data.resources.find(({ name }) => name === plural)?.verbs ?? ['delete'];
    return verbs.includes('delete') && !verbs.includes('create');
  } catch (error) {
    return isGone(error);
  }
}

/** False: it may not be read. @throws what says neither */
function isGone(error: unknown): boolean {
  const { status } = asApiError(error);
  if (status !== 404 && status !== 403) throw error;
  return status === 404;
}
