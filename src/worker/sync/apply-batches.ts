import type { Adapter, Batch, LowerContext, Outcome, RefusedChange, Session } from '../../adapter/adapter.ts';
import { AdapterError, asAdapterError, errorPolicy } from '../../adapter/errors.ts';
import { pendingChange, type PendingChange, type StartedOperation } from '../../core/model/pending.ts';
import type { Change } from '../../core/model/plan.ts';
import { keyOf, type Resource, type ResourceKey } from '../../core/model/resource.ts';
import { mayBeSentBeside } from '../../core/plan/in-flight/concurrent.ts';
import { Overtaken, type PlanProgress } from '../../core/plan/in-flight/overtaken.ts';
import type { FindReach } from '../../core/plan/guard/reach.ts';
import { SkippedChanges } from '../../core/plan/guard/skipped-changes.ts';

/** Where changes are sent to. */
export interface BatchTarget<C = unknown, R extends Resource = Resource> {
  readonly adapter: Adapter<C, R>;
  readonly session: Session<R>;
  readonly context: LowerContext<C>;
  readonly signal: AbortSignal;
  /** What the device accepts need not be carried out yet: `Session.submit` where there is one. */
  readonly submits?: boolean;
  /** Asked before each write; throws when the point is no longer ours to write to. */
  readonly confirm?: () => Promise<void>;
  /** What the device is still at work on: others may have to wait for it. */
  readonly inFlight?: readonly PendingChange[];
  /** Changes that the device has refused already; they and what depends on them are not sent. */
  readonly refused?: readonly RefusedChange[];
  /** Which flows a change concerns, so that what is refused holds back no more than it has to. */
  readonly reachOf?: FindReach;
  /** Sends what is more urgent than the next batch, and tells which members it moved; absent: nothing is. */
  readonly overtake?: (progress: PlanProgress) => Promise<readonly Change[]>;
  /** The same beside a call that moves no members, where the device takes both at once; absent: nothing is sent beside it. */
  readonly overtakeWhile?: OvertakeWhile;
  /** Asked before each batch: is another plan to be made before anything more is sent? */
  readonly isOutdated?: () => boolean;
  /** Members that have moved since the changes were planned. */
  readonly overtaken?: readonly Change[];
  /** Is there an object of ours under that key, as the device was read last? Asked where something overtakes. */
  readonly isThere?: (key: ResourceKey) => boolean;
  /** Atomic batches are divided until they have no more changes than this. */
  readonly mostPerBatch?: number | undefined;
}

/** Makes a call, and sends beside it what `overtake` would, for as long as it lasts. */
export type OvertakeWhile = <T>(progress: PlanProgress, call: () => Promise<T>) => Promise<Overtook<T>>;

/** What a call was answered, and what was sent beside it. */
export interface Overtook<T> {
  readonly answer: T;
  /** Members that moved. */
  readonly moved: readonly Change[];
  /** What went wrong beside the call: the device may be like anything then. */
  readonly error?: AdapterError;
}

export interface ApplyResult {
  /** Of every change that was sent. */
  readonly outcomes: readonly Outcome[];
  /** Changes that the device refused, and those that need one of them. */
  readonly quarantined: readonly RefusedChange[];
  /** Operations that were started here and have not ended. */
  readonly pending: readonly StartedOperation[];
  /** Changes that were not sent because they have to wait for a pending operation. */
  readonly waiting: number;
  readonly nativeCalls: number;
  /** Members that moved ahead of these changes, which are for a newer desired state. */
  readonly overtaken?: readonly Change[];
  /** It was broken off for another plan. */
  readonly isOutdated?: true;
  /** What stopped it: retry, replan or hold, as its class says. */
  readonly error?: AdapterError;
}

export const nothingApplied: ApplyResult = {
  outcomes: [],
  quarantined: [],
  pending: [],
  waiting: 0,
  nativeCalls: 0,
};

/**
 * The result with the outcomes and calls of others that were not reported: those of the others come first, the last of
 * them foremost.
 */
export function withOutcomesOf(result: ApplyResult, others: readonly ApplyResult[]): ApplyResult {
  return {
    ...result,
    outcomes: [...others.toReversed(), result].flatMap(({ outcomes }) => outcomes),
    nativeCalls: [result, ...others].reduce((sum, { nativeCalls }) => sum + nativeCalls, 0),
  };
}

/**
 * Sends changes batch by batch, in order. A change that the device refuses is quarantined together with what depends on
 * it, and the rest goes on; a batch that fails as a whole is halved until the offender stands alone. What the device is
 * still at work on is left to be polled, and only what may be in flight beside it is sent. Any other failure ends the
 * run: what is known of the device is no longer sure.
 */
export async function applyBatches<C, R extends Resource>(
  changes: readonly Change<R>[],
  target: BatchTarget<C, R>,
): Promise<ApplyResult> {
  const run = new Run(target);
  await run.changes(changes);
  return run.result();
}

class Run<C, R extends Resource> {
  readonly #target: BatchTarget<C, R>;
  readonly #outcomes: Outcome[] = [];
  readonly #quarantined = new Map<string, RefusedChange>();
  readonly #refused: ReadonlyMap<string, RefusedChange>;
  readonly #skipped: SkippedChanges<R>;
  /** Changes in flight: those of earlier operations, and those that were found pending here. */
  readonly #inFlight: PendingChange[];
  readonly #pending = new Map<string, StartedOperation>();
  readonly #overtaken = new Overtaken();
  readonly #created = new Set<string>();
  #waiting = 0;
  #nativeCalls = 0;
  #isOutdated = false;
  #error: AdapterError | undefined;

  constructor(target: BatchTarget<C, R>) {
    this.#target = target;
    this.#skipped = new SkippedChanges(target.reachOf);
    this.#refused = new Map(target.refused?.map((refused) => [keyOf(refused.key), refused]));
    this.#inFlight = [...(target.inFlight ?? [])];
    this.#overtaken.add(target.overtaken ?? []);
  }

  result(): ApplyResult {
    return {
      outcomes: this.#outcomes,
      quarantined: [...this.#quarantined.values()],
      pending: [...this.#pending.values()],
      waiting: this.#waiting,
      nativeCalls: this.#nativeCalls,
      overtaken: this.#overtaken.changes,
      ...(this.#isOutdated && { isOutdated: true }),
      ...(this.#error && { error: this.#error }),
    };
  }

  /** False when the run is over. */
  async changes(changes: readonly Change<R>[]): Promise<boolean> {
    for (const batch of this.#target.adapter.batch(changes, this.#target.context)) {
      const { mostPerBatch = Infinity } = this.#target;
      const tooLarge = batch.atomic && batch.changes.length > mostPerBatch;
      if (!(await (tooLarge ? this.#halve(batch) : this.#batch(batch)))) return false;
    }
    return true;
  }

  async #batch(batch: Batch<R>): Promise<boolean> {
    if (!(await this.#letOvertake())) return false;
    // What the device is at work on has to end before it is read.
    this.#isOutdated = this.#inFlight.length === 0 && this.#target.isOutdated?.() === true;
    if (this.#isOutdated) return false;
    const feasible = batch.changes.flatMap((change) => this.#feasible(change));
    if (feasible.length === 0) return true;
    if (batch.changes.some((change, at) => change !== feasible[at])) return this.changes(feasible);
    this.#target.signal.throwIfAborted();
    await this.#target.confirm?.();
    this.#nativeCalls += batch.nativeCalls;
    const { answer: outcomes, error: beside } = await this.#sendBeside(batch);
    const errors = outcomes.flatMap((outcome) => (outcome.result === 'error' ? [outcome.error] : []));
    this.#error = beside ?? errors.find((error) => !isQuarantined(error));
    if (batch.atomic && errors.length > 0 && this.#error === undefined && batch.changes.length > 1)
      return this.#halve(batch);
    for (const outcome of outcomes) this.#outcomes.push(outcome);
    for (const [at, change] of batch.changes.entries()) this.#note(batch, change, outcomes[at]);
    return this.#error === undefined;
  }

  /** A plan may take minutes, and a withdrawal must not wait for it. */
  async #letOvertake(): Promise<boolean> {
    const { overtake } = this.#target;
    if (overtake === undefined) return true;
    try {
      this.#overtaken.add(await overtake(this.#progress()));
    } catch (error) {
      this.#error = asAdapterError(error);
    }
    return this.#error === undefined;
  }

  /** Nor must it wait for a single call, such as a transaction of hundreds of rules. */
  async #sendBeside(batch: Batch<R>): Promise<Pick<Overtook<readonly Outcome[]>, 'answer' | 'error'>> {
    const { overtakeWhile } = this.#target;
    if (overtakeWhile === undefined || batch.changes.some(movesMembers)) return { answer: await this.#send(batch) };
    const { moved, ...call } = await overtakeWhile(this.#progress(), () => this.#send(batch));
    this.#overtaken.add(moved);
    return call;
  }

  #progress(): PlanProgress {
    const isThere = (key: ResourceKey): boolean =>
      this.#created.has(keyOf(key)) || this.#target.isThere?.(key) === true;
    return { inFlight: this.#inFlight, isThere };
  }

  async #send(batch: Batch<R>): Promise<readonly Outcome[]> {
    const { session, signal, submits = false } = this.#target;
    try {
      const submitted = submits ? session.submit?.(batch, signal) : undefined;
      return await (submitted ?? session.send(batch, signal));
    } catch (error) {
      const failure = asAdapterError(error);
      return batch.changes.map(({ key }) => ({ key, result: 'error', error: failure }));
    }
  }

  async #halve({ changes }: Batch<R>): Promise<boolean> {
    const middle = changes.length >> 1;
    return (await this.changes(changes.slice(0, middle))) && (await this.changes(changes.slice(middle)));
  }

  #note({ atomic }: Batch<R>, change: Change<R>, outcome: Outcome | undefined): void {
    if (outcome?.result === 'error' && isQuarantined(outcome.error)) this.#quarantine(change, outcome.error);
    if (outcome?.result === 'done' && change.op === 'create') this.#created.add(keyOf(change.key));
    if (outcome?.result !== 'pending') return;
    const { handle, pollAfterMs, deviceSays = '' } = outcome;
    const changes = [...(this.#pending.get(handle)?.changes ?? []), pendingChange(change)];
    this.#pending.set(handle, { handle, changes, atomic, pollAfterMs, deviceSays });
    this.#inFlight.push(pendingChange(change));
    // What is no change of members has to be there before anything that counts on it.
    if (change.op !== 'members') this.#skipped.add(change);
  }

  /** The change as it can be sent now, if it need not wait and nothing that it depends on was refused. */
  #feasible(planned: Change<R>): Change<R>[] {
    const change = this.#overtaken.rest(planned);
    if (change === undefined) return [];
    const refused = this.#refused.get(keyOf(change.key));
    if (refused !== undefined) return this.#quarantine(change, refused.error);
    const { serialised } = this.#target.context.capabilities;
    if (!mayBeSentBeside(this.#inFlight, change, serialised)) return this.#wait(change);
    const blocker = this.#skipped.blockerOf(change);
    if (blocker === undefined) return [this.#skipped.anchored(change)];
    const cause = this.#quarantined.get(keyOf(blocker))?.error;
    if (cause === undefined) return this.#wait(change);
    const { kind, name } = change.key;
    const message = `${kind} ${name} depends on a change that the device refused: ${cause.message}`;
    return this.#quarantine(change, new AdapterError(cause.errorClass, message));
  }

  #wait(change: Change<R>): [] {
    this.#skipped.add(change);
    this.#waiting += 1;
    return [];
  }

  #quarantine(change: Change<R>, error: AdapterError): [] {
    const { key } = change;
    this.#skipped.add(change);
    if (!this.#quarantined.has(keyOf(key))) this.#quarantined.set(keyOf(key), { key, error });
    return [];
  }
}

/** Does it make, change or take away an object that has members? */
function movesMembers({ op, before, after }: Change): boolean {
  return op === 'members' || [before, after].some((object) => (object?.members?.length ?? 0) > 0);
}

function isQuarantined({ errorClass }: AdapterError): boolean {
  return errorPolicy[errorClass].then === 'quarantine';
}
