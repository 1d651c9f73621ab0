import type { Clock } from '../adapter/adapter.ts';
import { kinds } from '../api/kinds.ts';
import { groupName } from '../api/meta.ts';
import { backoffMs } from '../core/time/backoff.ts';
import { UsageError } from '../core/model/usage-error.ts';
import { asApiError } from '../kube/api-error.ts';
import { watchedKinds } from '../kube/informer/watched-kinds.ts';
import { describeMissing, missingPermissions, toFollow, type Permission } from '../kube/objects/permissions.ts';
import { requireServerVersion } from '../kube/client/server-version.ts';
import type { ApiClient } from '../kube/client/transport.ts';
import { leaseName } from './leadership.ts';

export interface PermissionDeps {
  readonly api: ApiClient;
  /** Postern's own, where the Lease is. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly report: (message: string) => void;
  /** Are readiness gates of pods to be opened? */
  readonly podGate: boolean;
}

/**
 * Waits until the API server answers, however long that takes.
 *
 * @throws UsageError naming every permission that is missing, or when the API server is too old
 */
export async function requirePermissions(deps: PermissionDeps, signal: AbortSignal): Promise<void> {
  const needed = controllerPermissions(deps.namespace, deps.podGate);
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await requireServerVersion(deps.api, signal);
      const missing = await missingPermissions(deps.api, needed);
      if (missing.length > 0) throw new UsageError(describeMissing(missing));
      return;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      deps.report(`the API server does not answer yet: ${asApiError(error).message}`);
      await deps.clock.sleep(backoffMs({ baseMs: 500, maxMs: 30_000 }, failures), signal);
    }
  }
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
  // A dry run: would an approval in the name of another user be refused?
  const forged = { group: groupName, resource: kinds.EgressApproval.plural, verb: 'create', namespace } as const;
  const events = { group: 'events.k8s.io', resource: 'events', verb: 'create' } as const;
  const gates = podGate ? [{ group: '', resource: 'pods/status', verb: 'patch' } as const] : [];
  const followed = watchedKinds().filter(({ optional }) => optional !== true);
  return [...toFollow(followed), ...statuses, forged, events, ...gates, ...leases];
}
