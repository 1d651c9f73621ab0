import type { Clock } from '../../adapter/adapter.ts';
import { Publisher } from './publisher.ts';
import type { PublishingStore } from '../../store/desired-store.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { WorkQueue } from '../../queue/work-queue.ts';
import type { OutcomeStore } from '../../store/outcome-store.ts';

export interface ControllerLoopDeps {
  readonly store: PublishingStore;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  /** A point is read again at least this often, in milliseconds: drift. */
  readonly recheckEveryMs: number;
  /** @param subject a point, or `controller` */
  readonly onError: (subject: string, error: unknown) => void;
  /** What is known of points, where it outlives this process. */
  readonly outcomes?: Pick<OutcomeStore, 'forget'>;
  readonly metrics?: Pick<Metrics, 'store'> | undefined;
}

/** The controller with what keeps it going: expiry, drift checks, and another try at what did not get through. */
export interface ControllerLoop {
  readonly publisher: Publisher;
  /** One at a time, in the order of the calls. */
  apply: Publisher['apply'];
  /** Has the points told whose rules are not what they were: by a change, or because something has expired. */
  onRules(listener: (points: ReadonlySet<string>) => void): void;
  /** Resolves when what was applied so far has been published. */
  idle(): Promise<void>;
}

const beatMs = 1_000;

/** Runs until the signal aborts. */
export function startControllerLoop(deps: ControllerLoopDeps, signal: AbortSignal): ControllerLoop {
  const { clock, onError, recheckEveryMs, metrics, store } = deps;
  const publisher = new Publisher({ ...deps, store: metrics?.store(store) ?? store });
  let last: Promise<void> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task);
    last = turn.then(
      () => undefined,
      (error: unknown) => onError('controller', error),
    );
    return turn;
  };
  const listeners: ((points: ReadonlySet<string>) => void)[] = [];
  const apply: Publisher['apply'] = async (...change) => {
    const points = await publisher.apply(...change);
    for (const listener of listeners) listener(points);
    return points;
  };
  let swept = false;
  const sweep = async (): Promise<void> => {
    if (swept || !publisher.synced) return;
    for (const point of await publisher.withdrawOrphans()) await deps.outcomes?.forget(point);
    swept = true;
  };
  const beat = async (): Promise<void> => {
    await sweep();
    const deadline = publisher.nextDeadline();
    if (deadline !== undefined && deadline <= clock.now()) await apply([], publisher.synced);
    await publisher.catchUp();
    await deps.queue.promoteDue();
  };
  const recheck = async (): Promise<void> => {
    // A store that has gone back may have points again that were withdrawn.
    swept = false;
    for (const { metadata } of publisher.points()) await publisher.recheck(metadata.name);
  };
  const every = async (ms: number, task: () => Promise<void>): Promise<void> => {
    for (;;) {
      await clock.sleep(ms, signal);
      if (signal.aborted) return;
      await inTurn(task).catch(() => undefined); // told by `inTurn`
    }
  };
  void every(beatMs, beat);
  void every(recheckEveryMs, recheck);
  return {
    publisher,
    apply: (...change) => inTurn(() => apply(...change)),
    onRules: (listener) => void listeners.push(listener),
    idle: () => last,
  };
}
