import { minOf } from '../../core/model/extremes.ts';
import type { Clock, RefusedChange } from '../../adapter/adapter.ts';
import { dueInMs, startedAt } from '../../core/model/pending.ts';
import type { Resource } from '../../core/model/resource.ts';
import { pollOperations } from './poll-operations.ts';
import { syncPoint, type SyncResult, type SyncTask } from './sync-point.ts';

/** For whoever has no queue and no store: the main flow, waited for until the device has ended all that was sent. */
export async function syncToEnd<C, R extends Resource>(task: SyncTask<C, R>, clock: Clock): Promise<SyncResult<R>> {
  const limits = { now: () => clock.now(), longestMs: Infinity };
  let refused: readonly RefusedChange[] = [];
  let mostPerBatch: number | undefined;
  for (;;) {
    const result = await syncPoint({ ...task, refused, mostPerBatch });
    let operations = startedAt(clock.now(), result.pending);
    if (result.error !== undefined || operations.length === 0) return result;
    while (operations.length > 0) {
      await clock.sleep(minOf(operations.map((one) => dueInMs(one, clock.now(), Infinity))), task.signal);
      task.signal.throwIfAborted();
      const polled = await pollOperations(operations, task.session, limits);
      if (polled.error !== undefined) return { ...result, state: 'failed', error: polled.error };
      operations = polled.operations;
      refused = [...refused, ...polled.refused];
      mostPerBatch = polled.mostPerBatch ?? mostPerBatch;
    }
  }
}
