import type { Clock } from '../../adapter/adapter.ts';
import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import type { PointStatus, PolicyStatus } from '../../api/status.ts';
import { Statuses } from '../../controller/statuses.ts';
import { serverSideApply } from '../../kube/api/apply.ts';
import { ClusterSource, type SourceHealth } from '../../kube/api/cluster-source.ts';
import type { ApiClient } from '../../kube/api/transport.ts';
import type { OutcomeStore } from '../../store/outcome-store.ts';
import type { ControllerSide } from './controller-side.ts';

export interface ClusterSideDeps {
  readonly api: ApiClient;
  readonly side: ControllerSide;
  readonly outcomes: OutcomeStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** May statuses be written? False for a leader that has slept through its term and does not know it yet. */
  readonly leads: () => boolean;
  readonly onHealth: (health: SourceHealth) => void;
  readonly report: (message: string) => void;
}

const fieldManager = 'postern-controller';
const flushEveryMs = 1_000;
const askEveryMs = 250;
const awaitOutcomesMs = 15_000;
/** Of one flush; an API server has other things to do. */
const mostWrites = 50;

/** Follows the cluster into the controller and writes statuses back, until the signal aborts. */
export async function followCluster(deps: ClusterSideDeps, signal: AbortSignal): Promise<void> {
  const { api, side, outcomes, clock, random, report, leads } = deps;
  const statuses = new Statuses({
    desired: (point) => side.controller.desired(point),
    problems: () => side.controller.problems(),
    write: async (kind, key, status) => {
      if (!leads()) throw new Error('this controller leads no longer');
      await writeStatus(api, kind, key, status, signal);
    },
    now: () => new Date(clock.now()).toISOString(),
  });
  let healthy = true;
  const source = new ClusterSource({
    api,
    clock,
    random,
    report,
    onChanges: async (changes, synced) => {
      const rules = await side.apply(changes, synced && healthy);
      statuses.objects(changes);
      statuses.rules(rules);
    },
    onHealth: (health) => {
      deps.onHealth(health);
      if (health.healthy === healthy) return;
      healthy = health.healthy;
      // Points are told at once that what is missing may still be there, or that all is seen again.
      if (source.synced) void side.apply([], healthy).catch(() => undefined); // told by the side
    },
  });
  await Promise.all([
    source.run(signal),
    outcomes.follow((outcome) => statuses.outcome(outcome), signal),
    flush(statuses, deps, () => source.synced, signal),
  ]);
}

async function flush(
  statuses: Statuses,
  deps: ClusterSideDeps,
  synced: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { clock, report } = deps;
  await informed(statuses, deps, synced, signal);
  while (!signal.aborted) {
    const { failures } = await statuses.flush(mostWrites);
    for (const error of failures)
      report(`a status was not written: ${error instanceof Error ? error.message : 'unknown error'}`);
    await clock.sleep(flushEveryMs, signal);
  }
}

/**
 * Waits until the cluster is known and every point was heard of, for a silent one not for ever: what a start does not
 * know yet, those before it knew, and said.
 */
async function informed(
  statuses: Statuses,
  { clock, outcomes, side }: ClusterSideDeps,
  synced: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < awaitOutcomesMs && !signal.aborted;) {
    await clock.sleep(askEveryMs, signal);
    if (!synced()) continue;
    waitedMs += askEveryMs;
    const points = side.controller.points().map(({ metadata }) => outcomes.last(metadata.name).catch(() => undefined));
    const heard = (await Promise.all(points)).flatMap((outcome) => outcome ?? []);
    for (const outcome of heard) statuses.outcome(outcome);
    if (heard.length === points.length) return;
  }
}

async function writeStatus(
  api: ApiClient,
  kind: Kind,
  key: string,
  status: PolicyStatus | PointStatus,
  signal: AbortSignal,
): Promise<void> {
  const slash = key.indexOf('/');
  const metadata = slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
  const options = { fieldManager, force: true, subresource: 'status', signal } as const;
  await serverSideApply(api, kinds[kind].plural, { apiVersion, kind, metadata, status }, options);
}
