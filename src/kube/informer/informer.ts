import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../adapter/adapter.ts';
import { isKind, type Kind } from '../../api/kinds.ts';
import { compareProblems, type Problem } from '../../api/problem.ts';
import type { ObjectChange, SnapshotKinds } from '../../core/model/snapshot.ts';
import type { ApiClient } from '../client/transport.ts';
import type { ApiObject } from '../encoding/decode.ts';
import { ChangeQueue } from './change-queue.ts';
import { Reflector, type ReflectorTiming } from './reflector.ts';
import type { ObjectUpdate } from './tracker.ts';
import type { Health } from './watch-health.ts';
import { watchedKinds } from './watched-kinds.ts';

export interface InformerDeps {
  readonly api: ApiClient;
  /** Only these; absent: every kind that the compiler reads. */
  readonly kinds?: readonly (keyof SnapshotKinds)[] | undefined;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /**
   * Takes changes in. Called again only after its promise has resolved; after a rejection it gets the same changes again.
   *
   * @param synced everything that existed at the start has been handed over; once true, it stays true
   * @param confirmed the pods were listed twice since `confirmPods`, and what the lists show has been handed over
   */
  readonly onChanges: (changes: readonly ObjectChange[], synced: boolean, confirmed: boolean) => Promise<void>;
  readonly onHealth: (health: InformerHealth) => void;
  /** An object of ours cannot be read, and why; no problems: it can, or is gone. What was read of it before stands. */
  readonly onUnreadable?: (kind: Kind, key: string, problems: readonly Problem[], found?: Unreadable) => void;
  /** Told of what should not happen and stops nothing. */
  readonly report: (message: string) => void;
  /** How long a watch may fail before the informer counts as unhealthy, in milliseconds; default 15,000. */
  readonly unhealthyAfterMs?: number;
  readonly timing?: Partial<ReflectorTiming>;
}

/** An object that exists and cannot be read. */
export interface Unreadable {
  readonly uid: string;
  readonly generation: number;
  /** As it was read, unchecked. */
  readonly status: unknown;
  /** What of it counts: what was read of it before, what was in force when this process began, or nothing. */
  readonly inForce: 'earlier form' | 'unknown' | 'nothing';
}

export interface InformerHealth {
  /** False: objects may exist that are not seen, so nothing may be removed from a device. */
  readonly healthy: boolean;
  /** False: what one watch has told may belong to a later moment than what is known of another kind. */
  readonly caughtUp: boolean;
  /** Why it is not known which other addresses pods leave under; empty when it is, or when no object says so. */
  readonly egressUnseen: string;
  /** What is wrong with each resource and what to do about it; empty when nothing is. */
  readonly message: string;
  readonly resources: readonly ResourceHealth[];
}

export interface ResourceHealth extends Health {
  /** With its group where two have the same. */
  readonly plural: string;
  /** Objects that exist and cannot be read. */
  readonly unreadable: number;
  readonly synced: boolean;
  readonly objects: number;
}

const egressSource = 'EgressSource';
const batchSize = 1_000;
/**
 * Kinds that are handed on last of what was there at the start, before anything is published: after what rules are made of the
 * points that have rules, then what most of the rules are made for. A compiler that knows a rule brings its group up to date with
 * every pod; so all pods are there first.
 */
const lastAtStart: readonly string[] = ['EnforcementPoint', 'EgressPolicy'] satisfies readonly Kind[];
const retryMs = 1_000;

function unreadableIn(
  { metadata: { uid = '', generation }, status }: ApiObject,
  inForce: Unreadable['inForce'],
): Unreadable {
  return { uid, generation: typeof generation === 'number' ? generation : 0, status, inForce };
}

/** Watches everything that the compiler reads, and hands changes on in batches, one after the other. */
export class ClusterInformer {
  readonly #deps: InformerDeps;
  readonly #unhealthyAfterMs: number;
  readonly #reflectors: ReadonlyMap<string, Reflector<unknown>>;
  /** One after the other: what waits in one is handed on when those before it are empty. */
  readonly #queues = ['other', ...lastAtStart].map(() => new ChangeQueue());
  /** Of objects that exist and cannot be read, by `Kind/key`. */
  readonly #problems = new Map<string, readonly Problem[]>();
  /** Those among them that were there at the start: what they deny is not known. */
  readonly #neverRead = new Set<string>();
  /** Objects of ours of which a form is known. */
  readonly #read = new Set<string>();
  #handedOver = false;
  /** Of the pods' reflector, as far as handed over. */
  #confirmations = 0;
  #reported: string | undefined;
  #wake: () => void = () => undefined;

  constructor(deps: InformerDeps) {
    this.#deps = deps;
    this.#unhealthyAfterMs = deps.unhealthyAfterMs ?? 15_000;
    const { api, clock, random, report, timing = {} } = deps;
    const deliver = (update: ObjectUpdate): void => this.#enqueue(update);
    const changed = (): void => this.#reportHealth();
    const common = { api, clock, random, report, timing, deliver, changed };
    this.#reflectors = new Map(
      watchedKinds(deps.kinds).map((kind) => [kind.resource ?? kind.plural, new Reflector<unknown>(kind, common)]),
    );
  }

  get synced(): boolean {
    return this.#handedOver;
  }

  /** Is there more than what is being handed on? */
  get waiting(): boolean {
    return this.#queues.some(({ empty }) => !empty);
  }

  get health(): InformerHealth {
    const resources = [...this.#reflectors].map(([plural, { kind, health, synced, size }]) => {
      const unreadable = [...this.#problems.keys()].filter((id) => id.startsWith(`${kind}/`)).length;
      return { plural, synced, objects: size, unreadable, ...health };
    });
    const latest = this.#deps.clock.elapsed() - this.#unhealthyAfterMs;
    const failing = resources.filter(({ state, since, synced }) => !synced || (state !== 'healthy' && since <= latest));
    const optional = new Set([...this.#reflectors].flatMap(([plural, each]) => (each.optional ? [plural] : [])));
    const says = ({ plural, state, message: why }: ResourceHealth): string => `${plural} ${state}${why && `: ${why}`}`;
    const watches = failing.filter(({ plural, synced }) => !synced || !optional.has(plural)).map(says);
    const egress = failing.filter(({ plural }) => optional.has(plural)).map(says);
    const unseen = [...this.#reflectors.values()].flatMap((each) => (each.unseen === '' ? [] : [each.unseen]));
    const unread = [...this.#problems].flatMap(([id, [problem]]) =>
      id.startsWith(`${egressSource}/`)
        ? [`${id.slice(egressSource.length + 1)} cannot be read: ${problem?.message}`]
        : [],
    );
    // What a tenant's own object may deny concerns that tenant alone: the compiler is told.
    const shared = [...this.#neverRead].filter((id) => !id.startsWith('EgressPolicy/'));
    const objects = shared.map((id) => `${id} cannot be read: ${this.#problems.get(id)?.[0]?.message ?? ''}`);
    const message = [...watches, ...objects].join('; ');
    const caughtUp = [...this.#reflectors.values()].every((each) => each.optional || each.caughtUp);
    return {
      healthy: message === '',
      caughtUp,
      egressUnseen: [...egress, ...unseen, ...unread].join('; '),
      message,
      resources,
    };
  }

  /** Has the pods listed once more; when that list agrees, `onChanges` says so once. */
  confirmPods(): void {
    this.#reflectors.get('pods')?.confirm();
  }

  /** What is wrong with objects that exist but cannot be read. */
  problems(): readonly Problem[] {
    return [...this.#problems.values()].flat().sort(compareProblems);
  }

  /** Resolves after the signal has aborted and the batch in progress has been handed on; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal); // one for each reflector
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    const reflectors = [...this.#reflectors.values()].map((reflector) => reflector.run(signal));
    await Promise.all([...reflectors, this.#handOn(signal), this.#checkHealth(signal)]);
  }

  #enqueue({ kind, key, object, cause, problems, raw }: ObjectUpdate): void {
    const id = `${kind}/${key}`;
    const had = this.#replaceProblems(id, problems);
    if (isKind(kind) && (problems.length > 0 || had)) this.#noteUnreadable(kind, key, problems, raw);
    if (kind === egressSource && (problems.length > 0 || had)) this.#reportHealth();
    // Unreadable is not gone: what was read before of an object of ours, or of one that gives pods addresses, stays in force.
    if ((isKind(kind) || kind === egressSource) && problems.length > 0) return;
    if (isKind(kind) && object !== undefined) this.#read.add(id);
    else if (isKind(kind)) this.#read.delete(id);
    this.#add({ kind, key, object, cause } as ObjectChange);
    this.#wake();
  }

  /** @returns whether there were some before */
  #replaceProblems(id: string, problems: readonly Problem[]): boolean {
    // To look up a text that was just put together is most of the work, and nearly always there is nothing to be found.
    const had = this.#problems.size > 0 && this.#problems.has(id);
    if (problems.length > 0) this.#problems.set(id, problems);
    else if (had) this.#problems.delete(id);
    return had;
  }

  #add(change: ObjectChange): void {
    this.#queues[this.#placeOf(change)]?.add(change);
  }

  #noteUnreadable(kind: Kind, key: string, problems: readonly Problem[], raw: ApiObject | undefined): void {
    const id = `${kind}/${key}`;
    if (problems.length === 0) this.#neverRead.delete(id);
    else if (!this.#handedOver && !this.#read.has(id)) {
      this.#neverRead.add(id);
      if (kind === 'EgressPolicy') this.#add({ kind, key, object: undefined, unreadable: true });
    }
    const found = raw && unreadableIn(raw, this.#formOf(id));
    this.#deps.onUnreadable?.(kind, key, problems, found);
    this.#reportHealth();
  }

  #formOf(id: string): Unreadable['inForce'] {
    if (this.#read.has(id)) return 'earlier form';
    return this.#neverRead.has(id) ? 'unknown' : 'nothing';
  }

  #reportHealth(): void {
    this.#wake();
    const { health } = this;
    const words = JSON.stringify([
      health.healthy,
      health.caughtUp,
      health.egressUnseen,
      [...this.#neverRead],
      health.resources.map(({ state, message }) => [state, message]),
    ]);
    if (words === this.#reported) return;
    this.#reported = words;
    this.#deps.onHealth(health);
  }

  async #handOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#hasWork()) await new Promise<void>((resolve) => (this.#wake = resolve));
      // What arrives together is handed on together.
      await nextTurn();
      if (this.#hasWork()) await this.#handOnBatch(signal);
    }
  }

  #hasWork(): boolean {
    return this.#next() >= 0 || (!this.#handedOver && this.#allListed()) || this.#podsConfirmed();
  }

  /** The queue to take from; -1 if there is nothing to hand on. */
  #next(): number {
    const next = this.#queues.findIndex(({ empty }) => !empty);
    return next <= 0 || this.#handedOver || this.#allListed() ? next : -1;
  }

  #placeOf({ kind }: ObjectChange): number {
    return this.#handedOver ? 0 : lastAtStart.indexOf(kind) + 1;
  }

  #podsConfirmed(): boolean {
    return this.#handedOver && this.#podConfirmations > this.#confirmations;
  }

  get #podConfirmations(): number {
    return this.#reflectors.get('pods')?.confirmations ?? 0;
  }

  #allListed(): boolean {
    return [...this.#reflectors.values()].every(({ synced }) => synced);
  }

  async #handOnBatch(signal: AbortSignal): Promise<void> {
    const batch = this.#queues[this.#next()]?.take(batchSize) ?? [];
    const synced = this.#handedOver || (this.#allListed() && !this.waiting);
    const confirmed = this.#podsConfirmed() && !this.waiting;
    const confirmations = confirmed ? this.#podConfirmations : this.#confirmations;
    try {
      await this.#deps.onChanges(batch, synced, confirmed);
      if (synced && !this.#handedOver) this.#endStart();
      this.#confirmations = confirmations;
    } catch (error) {
      this.#deps.report(`changes are handed on again: ${error instanceof Error ? error.message : 'unknown error'}`);
      const [first] = batch;
      if (first) this.#queues[this.#placeOf(first)]?.restore(batch);
      await this.#deps.clock.sleep(retryMs, signal);
    }
  }

  /** What came in during the last batch waits with all that is to come. */
  #endStart(): void {
    this.#handedOver = true;
    const [first, ...others] = this.#queues;
    for (const queue of others) for (const change of queue.take(Infinity)) first?.add(change);
  }

  /** A failing watch makes the informer unhealthy by lasting, without any event. */
  async #checkHealth(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(Math.max(this.#unhealthyAfterMs / 5, 100), signal);
      this.#reportHealth();
    }
  }
}
