import { behindText, droppedFields } from '../kube/client/definitions.ts';
import type { Clock } from '../adapter/adapter.ts';
import type { Owner } from '../adapter/owner.ts';
import type { AdapterRegistry } from '../adapter/registry.ts';
import type { KubernetesObjects } from '../adapter/kubernetes-objects.ts';
import type { World } from '../console/serve/world.ts';
import type { GateTimeout } from '../core/status/gate.ts';
import type { Operations } from '../http/operations.ts';
import type { ApiClient } from '../kube/client/transport.ts';
import type { Log } from '../log/log.ts';
import type { OutcomeStore } from '../store/outcome-store.ts';
import type { ReadingStore } from '../store/reading-store.ts';
import { followCluster, type AddressKeeper } from './follow-cluster.ts';
import { leadWhenElected, type Leadership } from './leadership.ts';
import type { ControllerLoop } from './publish/loop.ts';
import { requirePermissions } from './permissions.ts';
import { viewLog } from './view-log.ts';

export interface ControllerDeps {
  readonly api: ApiClient;
  /** The objects of the cluster, for what a mesh in it does. */
  readonly kubernetes: KubernetesObjects;
  /** Has it the rights to list what others write in the cluster, where they were granted? Else it does not ask. */
  readonly mayListOthers: boolean;
  /** Postern's own, where the Lease is. */
  readonly namespace: string;
  readonly owner: Owner;
  readonly adapters: AdapterRegistry;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Pods with the readiness gate wait for their addresses to be live; absent: no controller handles such gates. */
  readonly podGate: GateTimeout | undefined;
  readonly operations: Operations | undefined;
  /** Shown what is followed. */
  readonly world?: Pick<World, 'follow'> | undefined;
  /** Opens what a term shares with the workers: the queue, and stores that refuse a former leader. */
  readonly open: (term: Leadership) => Promise<TermParts>;
}

/** What one term of leadership works with. */
export interface TermParts {
  readonly loop: ControllerLoop;
  readonly outcomes: OutcomeStore;
  readonly readings: ReadingStore;
  /** Absent: nobody keeps on record which pod had which address. */
  readonly addresses?: AddressKeeper | undefined;
  /** Ends what was opened, once the term is over. */
  close(): Promise<void>;
}

/**
 * The whole controller, until the signal aborts. It waits until the API server answers and gives it what it needs, and
 * leads whenever it is elected; in each term it follows the cluster, publishes what every point should enforce, and
 * writes statuses from what the workers report.
 */
export async function runController(deps: ControllerDeps, signal: AbortSignal): Promise<void> {
  const { clock, random, operations } = deps;
  const report = (message: string): void => deps.log.warn(message);
  await requirePermissions({ ...deps, clock, report, podGate: deps.podGate !== undefined }, signal);
  // Not awaited: it changes nothing.
  void droppedFields(deps.api, signal).then((found) => {
    for (const behind of found) report(behindText(behind));
  });
  operations?.leads(false);
  operations?.begun();
  const lead = async (term: Leadership): Promise<void> => {
    deps.log.info({ term: term.token }, 'leading');
    operations?.leads(true);
    await serveTerm(deps, term).finally(() => operations?.leads(false));
  };
  await leadWhenElected({ ...deps, random, report, lead }, signal);
}

/** One term: from what is opened for it until all that was begun in it has ended. */
export async function serveTerm(deps: ControllerDeps, term: Leadership): Promise<void> {
  const { log } = deps;
  const report = (message: string): void => log.warn(message);
  const parts = await deps.open(term);
  try {
    const watching = { leads: term.leads, report, onHealth: viewLog(log), layers: deps };
    await followCluster({ ...deps, ...parts, ...watching }, term.signal);
    await parts.loop.idle();
  } finally {
    await parts.close();
  }
}
