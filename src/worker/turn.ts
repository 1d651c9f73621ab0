import { expiresAfterMs, hasExpired } from '../core/plan/controller-loss.ts';
import { asAdapterError, type AdapterError } from '../adapter/errors.ts';
import type { WorkLease } from '../queue/work-queue.ts';
import type { Work } from '../store/desired-store.ts';
import { FastPath, type ReadBeside } from './fast-path.ts';
import { FullPath, type Target } from './full-path.ts';
import { Polling } from './polling.ts';
import { ReadBack } from './read-back.ts';
import type { Remembered } from './remembered.ts';
import { Retries } from './retries.ts';
import type { OpenPoint } from './sessions/sessions.ts';
import { nothingApplied } from './sync/apply-batches.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** A controller that is there has connected again to a store that is back, and looked after its points. */
const controllerReturnsMs = 5_000;

/** One turn of a worker at a point: brings its device up to date. */
export class Turn {
  readonly #deps: WorkerDeps;
  readonly #lease: WorkLease;
  readonly #retries: Retries;
  readonly #readBack: ReadBack;
  readonly #polling: Polling;
  readonly #fast: FastPath;
  readonly #full: FullPath;

  constructor(deps: WorkerDeps, lease: WorkLease, remembered: Remembered) {
    this.#deps = deps;
    this.#lease = lease;
    const retries = (this.#retries = new Retries(deps));
    const readBack = (this.#readBack = new ReadBack(deps));
    const polling = (this.#polling = new Polling(deps, retries));
    this.#fast = new FastPath(deps, polling, readBack, remembered);
    this.#full = new FullPath(deps, { polling, readBack, retries, remembered });
  }

  run(point: string): Promise<void> {
    return this.#deps.sessions.under(point, this.#lease, () => this.#run(point));
  }

  async #run(point: string): Promise<void> {
    const { sessions } = this.#deps;
    const work = await this.#take(point);
    if (work === undefined) {
      await sessions.forget(point);
      return this.#forgetWithdrawn(point);
    }
    try {
      // Only changes of members go by the secret of a moment ago.
      const open = await sessions.open(work.point, { recent: work.deltas !== undefined });
      await this.#bringUpToDate(work, this.#targetOf(open));
    } catch (error) {
      await this.#failed(work, asAdapterError(error));
    }
    await this.#lookAgainForController(work);
  }

  /** A state that cannot be read is not gone. No other worker writes to a point while this worker holds it. */
  async #forgetWithdrawn(point: string): Promise<void> {
    const { store, readings } = this.#deps;
    if ((await store.points()).includes(point)) return;
    await readings.forget(point);
    await readings.forgetInForce(point);
  }

  /**
   * No controller was heard while the store was unreachable or its clock jumped: a running controller is heard within
   * seconds, and no pod loses access before that.
   */
  async #take(point: string): Promise<Work | undefined> {
    const { store, clock, signal } = this.#deps;
    const work = await store.take(point);
    if (work === undefined || !hasExpired(work.point.spec, work.controllerSilentMs)) return work;
    await clock.sleep(controllerReturnsMs, signal);
    return store.take(point);
  }

  /** The main flow: asks after what the device is at work on, or sends what has changed; reads the device where it has to. */
  async #bringUpToDate(work: Work, target: Target): Promise<void> {
    if (work.pending !== undefined) {
      const ended = await this.#polling.poll(work, work.pending, target);
      if (ended !== undefined) await this.#full.sync(work, target, { arrived: false, ended });
      return;
    }
    const expired = hasExpired(work.point.spec, work.controllerSilentMs);
    const readBeside: ReadBeside = (inFlight) =>
      this.#full.sync(work, target, { arrived: true, ended: nothingApplied, inFlight });
    const result = expired ? 'not-possible' : await this.#fast.send(work, target, this.#lease, readBeside);
    if (result === 'in-progress' || result === 'read-back') return;
    const arrived = result === 'arrived';
    if (!arrived || this.#readBack.isDue(work)) await this.#full.sync(work, target, { arrived, ended: nothingApplied });
  }

  /** A point whose grants expire is looked at when they would, if no controller were heard of from now on. */
  async #lookAgainForController({ point: { metadata, spec }, controllerSilentMs }: Work): Promise<void> {
    const afterMs = expiresAfterMs(spec);
    // Who reads back at once does not stay.
    if (afterMs === undefined || this.#deps.readBackAfterMs === 0) return;
    const leftMs = afterMs - controllerSilentMs;
    await this.#deps.queue.enqueue(metadata.name, { delayMs: leftMs > 0 ? leftMs : afterMs });
  }

  /** Nothing is written once another process holds the point, or this one is told to stop. */
  #targetOf(open: OpenPoint): Target {
    const lease = this.#lease;
    if (!lease.continues) open.session.othersWrote?.();
    const confirm = (): Promise<void> => {
      this.#deps.signal.throwIfAborted();
      return lease.confirm();
    };
    return { ...open, signal: lease.signal, confirm, lease };
  }

  async #failed({ point, version }: Work, error: AdapterError): Promise<void> {
    const { name } = point.metadata;
    await this.#deps.report({ point: name, path: 'none', version, error });
    await this.#retries.later(name, error);
  }
}
