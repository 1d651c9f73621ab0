import { maxOf } from '../../src/core/model/extremes.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';

/** When an object was last written by any client, in milliseconds since the epoch; 0: not recorded. The API server records full seconds. */
export function writtenAt({ metadata }: Pick<KubernetesObject, 'metadata'>): number {
  const { creationTimestamp, managedFields } = metadata as {
    readonly creationTimestamp?: unknown;
    readonly managedFields?: unknown;
  };
  const written = (Array.isArray(managedFields) ? managedFields : []).map(
    (entry: { readonly time?: unknown; readonly subresource?: unknown } | null) =>
      entry?.subresource === 'status' ? undefined : entry?.time,
  );
  const times = [creationTimestamp, ...written].map((time) => (typeof time === 'string' ? Date.parse(time) : NaN));
  return Math.max(0, maxOf(times.filter((time) => !Number.isNaN(time))));
}
