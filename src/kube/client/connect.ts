import type { KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { asApiError } from '../api-error.ts';
import { ObjectClient } from '../objects/object-client.ts';
import type { ApiClient, ApiRequest } from './transport.ts';

export interface ClusterOptions {
  /** A kubeconfig file; absent: as `kubectl` finds one, and inside a pod its service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** A client of the API server. What it needs is slow to load and loaded here. @throws UsageError without a usable kubeconfig */
export async function openCluster({ kubeconfig, context }: ClusterOptions): Promise<ApiClient> {
  const [{ fromKubeconfig }, { Transport }] = await Promise.all([import('./kubeconfig.ts'), import('./transport.ts')]);
  try {
    return new Transport(fromKubeconfig({ ...(kubeconfig && { path: kubeconfig }), ...(context && { context }) }));
  } catch (error) {
    throw new UsageError(asApiError(error).message);
  }
}

/** The same, opened when something is first asked of it. */
export function lazyCluster(options: ClusterOptions): ApiClient {
  let opened: Promise<ApiClient> | undefined;
  const open = (): Promise<ApiClient> => (opened ??= openCluster(options));
  return {
    request: async (request) => (await open()).request(request),
    bytes: async (request) => (await open()).bytes(request),
    stream: async (request) => (await open()).stream(request),
  };
}

/**
 * Objects of the cluster, for points that may or may not consist of them.
 *
 * @param signal ends every request; undefined where something is written, which is not to be left half done
 */
export function lazyObjects(options: ClusterOptions, signal: AbortSignal | undefined): KubernetesObjects {
  const cluster = lazyCluster(options);
  return new ObjectClient(signal === undefined ? cluster : endingWith(cluster, signal));
}

function endingWith(api: ApiClient, end: AbortSignal): ApiClient {
  const until = (request: ApiRequest): ApiRequest => {
    return { ...request, signal: request.signal ? AbortSignal.any([request.signal, end]) : end };
  };
  return {
    request: (request) => api.request(until(request)),
    bytes: (request) => api.bytes(until(request)),
    stream: (request) => api.stream(until(request)),
  };
}
