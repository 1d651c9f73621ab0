import type { Problem } from '../api/problem.ts';
import type { ObjectChange, SnapshotKinds } from '../core/model/snapshot.ts';
import { ClusterInformer, type InformerHealth } from '../kube/informer/informer.ts';
import { asApiError } from '../kube/api-error.ts';
import { requireServerVersion } from '../kube/client/server-version.ts';
import type { ApiClient } from '../kube/client/transport.ts';
import { UsageError } from '../core/model/usage-error.ts';
import { counted } from '../core/text/wording.ts';
import type { World } from './world.ts';

export interface ClusterReading {
  readonly changes: readonly ObjectChange[];
  /** Objects that are there and cannot be read. */
  readonly problems: readonly Problem[];
}

/** What is read of a cluster; absent: all that decides anything. */
export type ReadKinds = readonly (keyof SnapshotKinds)[];

const giveUpMs = 20_000;

/**
 * The cluster as it is now, read once, in the same way in which it is followed.
 *
 * @throws UsageError when it does not answer, or what is needed may not be read
 */
export async function readCluster(
  api: ApiClient,
  { clock, signal, progress }: World,
  kinds?: ReadKinds,
): Promise<ClusterReading> {
  await requireServerVersion(api, signal).catch((error: unknown) => {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the cluster cannot be read: ${asApiError(error).message}`);
  });
  const changes: ObjectChange[] = [];
  const done = new AbortController();
  const source = new ClusterInformer({
    api,
    kinds,
    clock,
    random: Math.random,
    unhealthyAfterMs: giveUpMs,
    onChanges: (batch, synced) => {
      for (const change of batch) changes.push(change);
      if (synced) done.abort();
      return Promise.resolve();
    },
    onHealth: () => undefined,
    report: () => undefined,
  });
  const began = clock.elapsed();
  const giveUp = async (): Promise<void> => {
    while (!done.signal.aborted && !signal.aborted) {
      const late = clock.elapsed() - began > giveUpMs;
      const { resources } = source.health;
      const failing = resources.filter(({ synced }) => !synced).map(({ state }) => state);
      const read = `${resources.length - failing.length} of ${resources.length} kinds`;
      progress?.(`reading the cluster: ${read}, ${counted(changes.length, 'object')}`);
      if (failing.includes('denied') || (late && failing.some((state) => state !== 'syncing'))) done.abort();
      await clock.sleep(250, done.signal);
    }
  };
  await Promise.all([source.run(AbortSignal.any([signal, done.signal])), giveUp()]);
  if (source.synced) return { changes, problems: source.problems() };
  throw new UsageError(`the cluster cannot be read: ${whyNot(source.health) || 'it was not given the time'}`);
}

/** What is wrong, without the kinds whose lists were only not over yet when that was known. */
function whyNot({ resources, message }: InformerHealth): string {
  const wrong = resources.filter(({ synced, state }) => !synced && state !== 'syncing');
  return wrong.map(({ plural, state, message: why }) => why || `${plural} ${state}`).join('; ') || message;
}
