import { objectPath, type ObjectRef } from './paths.ts';
import type { ApiClient } from './transport.ts';

export interface ApplyOptions {
  /** Who owns the fields that are applied; fields it owned before and leaves out are removed. */
  readonly fieldManager: string;
  /** Take over fields that another manager set. Without it that is a conflict, 409. */
  readonly force: boolean;
  readonly subresource?: 'status';
  /** Ask for the outcome without making it so. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** An object as far as we have an opinion on it: `metadata` and what is to be applied, usually `spec` or `status`. */
export interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    /** Given: another object of the same name is left alone, with 409, or 422 from some servers. */
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly [field: string]: unknown;
}

/**
 * Server-side apply: creates or changes the fields that are given, and no others.
 *
 * @returns the whole object as it is now
 * @throws {ApiError}
 */
export async function serverSideApply(
  api: ApiClient,
  plural: string,
  object: Applied,
  options: ApplyOptions,
): Promise<unknown> {
  const { apiVersion, metadata } = object;
  const { fieldManager, force, subresource, dryRun = false, signal } = options;
  const ref: ObjectRef = { apiVersion, plural, namespace: metadata.namespace, name: metadata.name };
  return api.request({
    method: 'PATCH',
    path: objectPath(ref, subresource),
    query: { fieldManager, force, dryRun: dryRun ? 'All' : undefined },
    // JSON is YAML; there is no media type for apply in JSON before 1.35.
    contentType: 'application/apply-patch+yaml',
    body: object,
    ...(signal && { signal }),
  });
}
