import type { Clock } from '../adapter/adapter.ts';
import type { Owner } from '../adapter/owner.ts';
import { Controller } from '../controller/controller.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { MemoryQueue } from '../queue/memory-queue.ts';
import { MemoryDesiredStore } from '../store/memory-store.ts';
import { asAdapterError } from '../worker/failure.ts';
import { Sessions, type AdapterRegistry, type SecretSource } from '../worker/sessions.ts';
import { Worker, type SyncReport } from '../worker/worker.ts';

export interface EmbeddedDeps {
  readonly adapters: AdapterRegistry;
  readonly secrets: SecretSource;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly report: (report: SyncReport) => void;
  readonly random: () => number;
  readonly readBackAfterMs: number;
  /** A point is read again at least this often, in milliseconds: drift. */
  readonly recheckEveryMs: number;
}

/** Controller and worker in one process, with the in-process queue and store: no cluster, no Redis needed. */
export interface Embedded {
  readonly controller: Controller;
  /** One at a time, in the order of the calls. */
  apply(changes: readonly ObjectChange[], synced: boolean): Promise<void>;
  /** Resolves when nothing is waiting or running; a point that is retried later does not count as waiting for ever. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Builds the whole by hand: what depends on what can be read here. */
export function startEmbedded(deps: EmbeddedDeps): Embedded {
  const stop = new AbortController();
  const { adapters, secrets, owner, clock, report, random, readBackAfterMs } = deps;
  const sessions = new Sessions({ adapters, secrets, owner, clock, signal: stop.signal });
  const store = new MemoryDesiredStore();
  const onError = (point: string, error: unknown): void =>
    report({ point, path: 'none', version: 0, error: asAdapterError(error) });
  const queue = new MemoryQueue(onError);
  const controller = new Controller({ store, queue, clock, onError });
  new Worker({ store, queue, sessions, clock, signal: stop.signal, report, random, readBackAfterMs }).start(4);

  let last = Promise.resolve();
  const inTurn = (task: () => Promise<void>): Promise<void> => {
    last = last.then(task, task);
    return last;
  };
  void expire(controller, (changes, synced) => inTurn(() => controller.apply(changes, synced)), clock, stop.signal);
  void recheck(controller, deps.recheckEveryMs, clock, stop.signal);

  return {
    controller,
    apply: (changes, synced) => inTurn(() => controller.apply(changes, synced)),
    settled: async () => {
      await last;
      await queue.idle();
    },
    close: async () => {
      await queue.close();
      stop.abort();
      await sessions.close();
    },
  };
}

/** Time passes: what has expired contributes nothing from that moment on. */
async function expire(
  controller: Controller,
  apply: Embedded['apply'],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const longestNapMs = 1_000;
  while (!signal.aborted) {
    await clock.sleep(longestNapMs, signal);
    const deadline = controller.nextDeadline();
    if (deadline !== undefined && deadline <= clock.now()) await apply([], controller.synced);
  }
}

/** Devices are changed by others too: each is read again once in a while, one after the other. */
async function recheck(controller: Controller, everyMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal);
    for (const { metadata } of controller.points()) await controller.recheck(metadata.name);
  }
}
