import { backoffMs } from '../core/model/backoff.ts';
import { kinds } from '../api/kinds.ts';
import { groupName } from '../api/meta.ts';
import type { Clock } from '../adapter/adapter.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import { asApiError } from '../kube/api-error.ts';
import { watchedKinds } from '../kube/informer/watched-kinds.ts';
import { fromKubeconfig } from '../kube/client/kubeconfig.ts';
import { objectPath } from '../kube/client/paths.ts';
import { describeMissing, missingPermissions, toFollow, type Permission } from '../kube/client/permissions.ts';
import { Transport, type ApiClient } from '../kube/client/transport.ts';
import { readSecret } from '../kube/kinds/secret.ts';
import type { SecretSource } from '../worker/sessions.ts';
import { UsageError } from '../cli/io.ts';
import { leaseName } from '../controller/leadership.ts';

export interface ClusterOptions {
  /** A kubeconfig file; absent: as `kubectl` finds one, and inside a pod its service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface PodGateOptions {
  readonly podGate?: true;
  /** Milliseconds. */
  readonly podGateTimeout?: number;
  readonly podGateOnTimeout?: GateTimeout['then'];
}

/** Undefined unless asked for. */
export function podGateOf({ podGate, podGateTimeout, podGateOnTimeout }: PodGateOptions): GateTimeout | undefined {
  return podGate && { afterMs: podGateTimeout ?? 60_000, then: podGateOnTimeout ?? 'Closed' };
}

export function openCluster({ kubeconfig, context }: ClusterOptions): ApiClient {
  return new Transport(fromKubeconfig({ ...(kubeconfig && { path: kubeconfig }), ...(context && { context }) }));
}

/** What the controller may not do without. */
function controllerPermissions(namespace: string, podGate: boolean): readonly Permission[] {
  const statuses = Object.values(kinds).map(({ plural }) => {
    return { group: groupName, resource: `${plural}/status`, verb: 'patch' } as const;
  });
  const lease = { group: 'coordination.k8s.io', resource: 'leases', namespace } as const;
  const leases = [
    { ...lease, verb: 'create' },
    ...(['get', 'update'] as const).map((verb) => ({ ...lease, verb, name: leaseName })),
  ] as const;
  const events = { group: 'events.k8s.io', resource: 'events', verb: 'create' } as const;
  const gates = podGate ? [{ group: '', resource: 'pods/status', verb: 'patch' } as const] : [];
  return [...toFollow(watchedKinds()), ...statuses, events, ...gates, ...leases];
}

/**
 * Waits until the API server answers, however long that takes.
 *
 * @throws UsageError naming every permission that is missing
 */
export async function checkPermissions(
  api: ApiClient,
  namespace: string,
  {
    clock,
    report,
    signal,
    podGate = false,
  }: {
    readonly clock: Clock;
    readonly report: (message: string) => void;
    readonly signal: AbortSignal;
    /** Are readiness gates of pods to be opened? */
    readonly podGate?: boolean;
  },
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const missing = await missingPermissions(api, controllerPermissions(namespace, podGate));
      if (missing.length > 0) throw new UsageError(describeMissing(missing));
      return;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      report(`the API server does not answer yet: ${asApiError(error).message}`);
      await clock.sleep(backoffMs({ baseMs: 500, maxMs: 30_000 }, failures), signal);
    }
  }
}

/** Secrets of Postern's own namespace, read when a device is connected to. */
export function secretsFromCluster(api: ApiClient, namespace: string): SecretSource {
  return async (name) => {
    try {
      const secret = readSecret(
        await api.request({ path: objectPath({ apiVersion: 'v1', plural: 'secrets', namespace, name }) }),
      );
      return 'view' in secret ? secret.view.data : undefined;
    } catch (error) {
      if (asApiError(error).status === 404) return undefined;
      throw error;
    }
  };
}
