import type { KubernetesObjects } from '../adapter/kubernetes-objects.ts';
import { ObjectClient } from '../kube/client/object-client.ts';
import type { ApiClient } from '../kube/client/transport.ts';
import type { ClusterOptions } from './kubernetes.ts';

/** A cluster that is opened when something is first asked of it; until then not even its library is loaded. */
export function lazyCluster(options: ClusterOptions): ApiClient {
  let opened: Promise<ApiClient> | undefined;
  const open = (): Promise<ApiClient> => {
    opened ??= import('./kubernetes.ts').then(({ openCluster }) => openCluster(options));
    return opened;
  };
  return {
    request: async (request) => (await open()).request(request),
    bytes: async (request) => (await open()).bytes(request),
    stream: async (request) => (await open()).stream(request),
  };
}

/** What points inside the cluster are made of, for commands that may have none. */
export function lazyObjects(options: ClusterOptions): KubernetesObjects {
  return new ObjectClient(lazyCluster(options));
}
