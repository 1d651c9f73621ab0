import { setMaxListeners } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import type { Clock } from '../../adapter/adapter.ts';
import { compareProblems, type Problem } from '../../core/model/problem.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { watchedKinds } from './watched-kinds.ts';
import type { Health } from './watch-health.ts';
import type { ObjectUpdate } from './tracker.ts';
import { ChangeQueue } from './change-queue.ts';
import { Reflector, type ReflectorTiming } from './reflector.ts';
import type { ApiClient } from '../client/transport.ts';

export interface InformerDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /**
   * Takes in what changed; called again only after it resolved. If it rejects, it is given the same changes later.
   *
   * @param synced has everything that was there at the start been handed over? Once true, it stays so.
   */
  readonly onChanges: (changes: readonly ObjectChange[], synced: boolean) => Promise<void>;
  readonly onHealth: (health: InformerHealth) => void;
  /** Something that ought not to happen and stops nothing. */
  readonly report: (message: string) => void;
  /** How long a watch may fail before removals are to be frozen, in milliseconds; 15,000 unless told. */
  readonly unhealthyAfterMs?: number;
  readonly timing?: Partial<ReflectorTiming>;
}

export interface InformerHealth {
  /** False: what is not seen may exist, so nothing is to be removed. */
  readonly healthy: boolean;
  /** What is wrong, resource by resource, and what to do about it; empty when nothing is. */
  readonly message: string;
  readonly resources: readonly ResourceHealth[];
}

export interface ResourceHealth extends Health {
  readonly plural: string;
  readonly synced: boolean;
  readonly objects: number;
}

const batchSize = 1_000;
/** At the start, when nothing is published yet, so that the others get their turn: a policy takes 0.2 ms to compile. */
const firstBatchSize = 100;
const retryMs = 1_000;

/** Follows everything the compiler reads, and hands on what changes in batches, one after the other. */
export class ClusterInformer {
  readonly #deps: InformerDeps;
  readonly #patienceMs: number;
  readonly #reflectors: ReadonlyMap<string, Reflector<unknown>>;
  readonly #pending = new ChangeQueue();
  readonly #problems = new Map<string, readonly Problem[]>();
  #handedOver = false;
  #told: string | undefined;
  #wake: () => void = () => undefined;

  constructor(deps: InformerDeps) {
    this.#deps = deps;
    this.#patienceMs = deps.unhealthyAfterMs ?? 15_000;
    const { api, clock, random, report, timing = {} } = deps;
    const deliver = (observation: ObjectUpdate): void => this.#take(observation);
    const changed = (): void => this.#changed();
    const common = { api, clock, random, report, timing, deliver, changed };
    this.#reflectors = new Map(watchedKinds().map((kind) => [kind.plural, new Reflector<unknown>(kind, common)]));
  }

  get synced(): boolean {
    return this.#handedOver;
  }

  get health(): InformerHealth {
    const resources = [...this.#reflectors].map(([plural, { health, synced, size: objects }]) => ({
      plural,
      synced,
      objects,
      ...health,
    }));
    const patience = this.#deps.clock.now() - this.#patienceMs;
    const failing = resources.filter(
      ({ state, since, synced }) => !synced || (state !== 'healthy' && since <= patience),
    );
    const message = failing
      .map(({ plural, state, message: why }) => `${plural} ${state}${why && `: ${why}`}`)
      .join('; ');
    return { healthy: failing.length === 0, message, resources };
  }

  /** What is wrong with objects that are there but cannot be read. */
  problems(): readonly Problem[] {
    return [...this.#problems.values()].flat().sort(compareProblems);
  }

  /** Resolves once the signal aborts and what was being handed on has been; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal); // one for each reflector
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    await Promise.all([
      ...[...this.#reflectors.values()].map((reflector) => reflector.run(signal)),
      this.#handOn(signal),
      this.#watchPatience(signal),
    ]);
  }

  #take({ kind, key, object, cause, problems }: ObjectUpdate): void {
    const id = `${kind}/${key}`;
    if (problems.length > 0) this.#problems.set(id, problems);
    else this.#problems.delete(id);
    this.#pending.add({ kind, key, object, cause } as ObjectChange);
    this.#wake();
  }

  #changed(): void {
    this.#wake();
    const { health } = this;
    const said = JSON.stringify([health.healthy, health.resources.map(({ state, message }) => [state, message])]);
    if (said === this.#told) return;
    this.#told = said;
    this.#deps.onHealth(health);
  }

  async #handOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#hasNews()) await new Promise<void>((resolve) => (this.#wake = resolve));
      // What arrives together is handed on together.
      await tick();
      if (this.#hasNews()) await this.#handOnBatch(signal);
    }
  }

  #hasNews(): boolean {
    return !this.#pending.empty || (!this.#handedOver && this.#complete());
  }

  #complete(): boolean {
    return [...this.#reflectors.values()].every(({ synced }) => synced);
  }

  async #handOnBatch(signal: AbortSignal): Promise<void> {
    const batch = this.#pending.take(this.#handedOver ? batchSize : firstBatchSize);
    const synced = this.#handedOver || (this.#complete() && this.#pending.empty);
    try {
      await this.#deps.onChanges(batch, synced);
      this.#handedOver = synced;
    } catch (error) {
      this.#deps.report(`changes are handed on again: ${error instanceof Error ? error.message : 'unknown error'}`);
      this.#pending.restore(batch);
      await this.#deps.clock.sleep(retryMs, signal);
    }
  }

  /** Trouble becomes ill health by lasting, without any event. */
  async #watchPatience(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(Math.max(this.#patienceMs / 5, 100), signal);
      this.#changed();
    }
  }
}
