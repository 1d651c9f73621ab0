import { AdapterError } from '../../adapter/errors.ts';
import type { Clock, Outcome } from '../../adapter/adapter.ts';
import { minOf } from '../../core/model/extremes.ts';
import type { Change } from '../../core/model/plan.ts';
import type { MemberChanges } from '../../store/desired-store.ts';
import { Acknowledgements, type AcknowledgementsDeps } from './acknowledgements.ts';
import { applyBatches, type ApplyResult, type BatchTarget } from './apply-batches.ts';
import { afterCall, afterRefusal, waitMs, type CallPace } from './call-pace.ts';

export interface OpenCallsDeps extends Omit<AcknowledgementsDeps, 'onError'> {
  readonly clock: Clock;
  readonly target: BatchTarget;
  readonly pace: CallPace;
  /** Sends, so that the audit record knows why. */
  readonly onRecord: <T>(changes: MemberChanges, send: () => Promise<T>) => Promise<T>;
}

/** What goes into one call. */
export interface CallContent {
  readonly changes: readonly Change[];
  /** Whom it is about. */
  readonly members: ReadonlySet<string>;
  /** The versions up to this one do without it. */
  readonly from: number;
  /** It changes what groups hold; otherwise objects that no group holds. */
  readonly isOfGroups: boolean;
  /** Why it is sent. */
  readonly news: MemberChanges;
}

interface Call extends CallContent {
  readonly beganAt: number;
  ended: Promise<void>;
}

/** Sends what is more urgent than the next request of a call. */
export type Overtake = () => Promise<readonly Change[]>;

/** The calls that are under way to one device: whom they are about, when the next may begin, and what their answers told. */
export class OpenCalls {
  readonly #deps: OpenCallsDeps;
  readonly #calls = new Set<Call>();
  readonly #acknowledgements: Acknowledgements;
  #pace: CallPace;
  /** The call that began last: when, how many members it carries, and what it is of. */
  #last = { beganAt: -Infinity, carried: 0, isOfGroups: false };
  #error: AdapterError | undefined;
  #thrown: { readonly error: unknown } | undefined;
  /** Since the device is read beside; undefined: it was not yet. */
  #moved: Change[] | undefined;

  constructor(deps: OpenCallsDeps) {
    this.#deps = deps;
    this.#acknowledgements = new Acknowledgements({ ...deps, onError: (error) => (this.#thrown ??= { error }) });
    // What was learned of the device may be older than what it can do now.
    this.#pace = { ...deps.pace, limit: Math.min(deps.pace.limit, this.most) };
  }

  /** As its capabilities say. */
  get most(): number {
    return this.#deps.target.context.capabilities.callsInFlight ?? 1;
  }

  /** As far as the answers of the device have told. */
  get pace(): CallPace {
    return this.#pace;
  }

  get isLastOfGroups(): boolean {
    return this.#last.isOfGroups;
  }

  get failed(): boolean {
    return this.#error !== undefined || this.#thrown !== undefined;
  }

  get error(): AdapterError | undefined {
    return this.#error;
  }

  /** The versions up to this one wait for no call that is under way. */
  get from(): number {
    return minOf([...this.#calls].map(({ from }) => from));
  }

  /** The device is at this version; undefined: it cannot be told. */
  get acknowledged(): number | undefined {
    return this.#acknowledgements.version;
  }

  /** Resolve as each of them ends. */
  get ends(): readonly Promise<void>[] {
    return [...this.#calls].map(({ ended }) => ended);
  }

  /** Whom they are about: those that change groups, those that do not, or all of them. */
  members(ofGroups?: boolean): ReadonlySet<string> {
    return new Set(this.#those(ofGroups).flatMap(({ members }) => [...members]));
  }

  count(ofGroups?: boolean): number {
    return this.#those(ofGroups).length;
  }

  /** Is one under way that began before then? */
  hasFromBefore(then: number): boolean {
    return [...this.#calls].some(({ beganAt }) => beganAt < then);
  }

  /** What was in flight since the device is read beside: of that a reading proves nothing. */
  get moved(): readonly Change[] {
    return this.#moved ?? [];
  }

  /** The device is read from now on. */
  noteMoved(): void {
    this.#moved ??= [...this.#calls].flatMap(({ changes }) => changes);
  }

  /** In how many milliseconds the next may begin; Infinity: when one has ended. @param leaves calls that are left to others */
  pauseMs(leaves: number): number {
    const limit = Math.max(1, Math.min(this.#pace.limit, this.most - leaves));
    const { beganAt, carried } = this.#last;
    const sinceStartMs = this.#deps.clock.elapsed() - beganAt;
    return waitMs({ ...this.#pace, limit }, { inFlight: this.#calls.size, sinceStartMs, carried });
  }

  begin(content: CallContent, overtake?: Overtake): void {
    const beganAt = this.#deps.clock.elapsed();
    const { changes, members, isOfGroups } = content;
    this.#last = { beganAt, carried: members.size, isOfGroups };
    const call: Call = { ...content, beganAt, ended: Promise.resolve() };
    this.#calls.add(call);
    for (const change of changes) this.#moved?.push(change);
    call.ended = this.#carryOut(content, overtake).finally(() => this.#calls.delete(call));
  }

  /** Sends this within a call that is under way. @throws AdapterError when it failed */
  async within({ changes, news }: CallContent): Promise<void> {
    const result = await this.#deps.onRecord(news, () => applyBatches(changes, this.#deps.target));
    this.#acknowledgements.ended(result);
    const error = result.error ?? result.quarantined[0]?.error;
    if (error !== undefined) throw error;
  }

  /** The device has everything up to this version, unless a call has failed. */
  reached(version: number): void {
    if (!this.failed) this.#acknowledgements.reached(version);
  }

  /** Waits until all have ended, and what they reached is acknowledged. @throws whatever a call was aborted with */
  async settled(reach: () => number): Promise<void> {
    await Promise.all(this.ends);
    await this.#acknowledgements.settled();
    this.reached(reach());
    await this.#acknowledgements.settled();
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }

  #those(ofGroups?: boolean): readonly Call[] {
    return [...this.#calls].filter(({ isOfGroups }) => ofGroups === undefined || isOfGroups === ofGroups);
  }

  async #carryOut({ changes, news }: CallContent, overtake: Overtake | undefined): Promise<void> {
    const { clock, target, onRecord } = this.#deps;
    const began = clock.elapsed();
    try {
      const result = await onRecord(news, () => applyBatches(changes, { ...target, ...(overtake && { overtake }) }));
      this.#acknowledgements.ended(result);
      this.#error ??= result.error ?? result.quarantined[0]?.error ?? unexpected(result);
      // A call of several requests, one after the other, tells what one takes; one of which nothing was sent tells nothing.
      const took = (clock.elapsed() - began) / Math.max(1, result.nativeCalls);
      if (result.error?.errorClass === 'throttled') this.#pace = afterRefusal(this.#pace);
      else if (result.outcomes.some(isSent)) this.#pace = afterCall(this.#pace, took, this.most);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }
}

function isSent(outcome: Outcome): boolean {
  return outcome.result !== 'done' || outcome.unneeded !== true;
}

/** A device that deals with several calls at once has done what it has answered. */
function unexpected({ pending, waiting }: ApplyResult): AdapterError | undefined {
  if (pending.length + waiting === 0) return undefined;
  return new AdapterError('conflict', 'The device has not finished the last change; it is read to see the result.');
}
