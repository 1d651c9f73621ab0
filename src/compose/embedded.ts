import { MemoryQueue } from '../queue/memory-queue.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import { MemoryRateLimit } from '../redis/rate-limit.ts';
import { MemoryDesiredStore } from '../store/memory-store.ts';
import { MemoryOutcomeStore, type OutcomeStore } from '../store/outcome-store.ts';
import { MemoryReadingStore, type ReadingStore } from '../store/reading-store.ts';
import { asAdapterError } from '../adapter/errors.ts';
import { startControllerLoop, type ControllerLoop, type ControllerLoopDeps } from '../controller/publish/loop.ts';
import { startWorker, type StartWorkerDeps } from '../worker/start-worker.ts';

type Shared = 'store' | 'queue' | 'outcomes' | 'readings' | 'limit' | 'concurrency';
export type EmbeddedDeps = Omit<ControllerLoopDeps, Shared> &
  Omit<StartWorkerDeps, Shared> & {
    /** Asked right before each request to a device; throws when another process has taken over. */
    readonly stillHeld?: () => void;
  };

/** Controller and worker in one process, with the in-process queue and stores: no Redis needed. */
export interface Embedded extends ControllerLoop {
  readonly outcomes: OutcomeStore;
  readonly readings: ReadingStore;
  readonly queue: WorkQueue;
  /** Resolves when nothing is waiting or running, read-backs and retries included. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const concurrency = 4;

export function startEmbedded(deps: EmbeddedDeps): Embedded {
  const stop = new AbortController();
  const failed = (point: string, error: unknown): void =>
    deps.report({ point, path: 'none', version: 0, error: asAdapterError(error) });
  const store = new MemoryDesiredStore(deps.clock);
  const queue = new MemoryQueue(failed, deps.stillHeld);
  const outcomes = new MemoryOutcomeStore();
  const readings = new MemoryReadingStore();
  const limit = new MemoryRateLimit(deps.clock);
  const side = startControllerLoop({ ...deps, store, queue }, stop.signal);
  const worker = startWorker({ ...deps, store, queue, outcomes, readings, limit, concurrency });
  // Unfinished work is requested again.
  void outcomes.follow((outcome) => side.publisher.outcome(outcome), stop.signal);
  return {
    ...side,
    outcomes,
    readings,
    queue,
    settled: async () => {
      await side.idle();
      await queue.idle();
    },
    close: async () => {
      stop.abort();
      await side.idle();
      await worker.close();
    },
  };
}
