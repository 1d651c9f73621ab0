import { AdapterError } from '../../adapter/errors.ts';
import type { Clock } from '../../adapter/adapter.ts';
import type { GroupDelta } from '../../core/model/desired.ts';
import type { Change } from '../../core/model/plan.ts';
import { besideInFlight, membersIn, shuttingOut } from '../../core/plan/commuting.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import { latest } from '../../store/coalesced-deltas.ts';
import type { DesiredStore, MemberChanges } from '../../store/desired-store.ts';
import { Acknowledgements, type AcknowledgementsDeps } from './acknowledgements.ts';
import { applyBatches, type ApplyResult, type BatchTarget } from './apply-batches.ts';
import { afterCall, afterRefusal, waitMs, type CallPace } from './call-pace.ts';
import { lowerDeltas } from './sync-delta.ts';
import { UnexplainedRemovals } from './unexplained-removals.ts';

export interface CallsInFlightDeps extends Pick<AcknowledgementsDeps, 'point' | 'report'> {
  readonly store: Pick<DesiredStore, 'changesSince' | 'acknowledge'>;
  readonly clock: Clock;
  readonly target: BatchTarget;
  /** Tells when there may be news, and whether others wait. */
  readonly lease: Pick<WorkLease, 'requested' | 'othersWait'>;
  readonly pace: CallPace;
  /** What earlier turns have left to be tidied up. */
  readonly leftovers: readonly Leftover[];
  /**
   * When the device has to be read because of what is sent here, in milliseconds since the epoch. Nothing is begun from
   * then on, unless the reading has to wait for a call that began before.
   */
  readonly readBackDueAt: number;
  /** Sends, so that the audit record knows why. */
  readonly onRecord: <T>(changes: MemberChanges, send: () => Promise<T>) => Promise<T>;
}

export interface FlightEnd {
  /** The device is at this version; undefined: it cannot be told. */
  readonly acknowledged: number | undefined;
  /** What was published then can only be sent by the full path. */
  readonly isOver: boolean;
  /** Something is left that waited for a call about the same address. */
  readonly hasMore: boolean;
  readonly pace: CallPace;
  readonly leftovers: readonly Leftover[];
  /** What went wrong; then the device is to be read. */
  readonly error?: AdapterError;
}

/** Objects that nothing uses any more: whoever comes or goes is more urgent. */
export interface Leftover {
  readonly changes: readonly Change[];
  readonly news: MemberChanges;
}

interface Call {
  readonly members: ReadonlySet<string>;
  /** The versions up to this one do without it. */
  readonly from: number;
  readonly beganAt: number;
  ended: Promise<void>;
}

type About = Pick<Call, 'members' | 'from'>;

/**
 * Changes of members, sent as they are published, in several calls at once that begin evenly apart. What may overlap is
 * decided in `core/plan/commuting`, when calls begin in `call-pace`. What does not commute - rules, removals that nothing
 * explains, a call that failed - ends it: what is in flight is waited for, and the rest takes the full path.
 */
export class CallsInFlight {
  readonly #deps: CallsInFlightDeps;
  readonly #calls = new Set<Call>();
  readonly #acknowledgements: Acknowledgements;
  readonly #unexplained = new UnexplainedRemovals();
  /** What waits for a call about the same address, and the version that does without it. */
  #later: { readonly groups: readonly GroupDelta[]; readonly from: number } | undefined;
  #news: MemberChanges;
  #leftovers: Leftover[];
  #pace: CallPace;
  #beganAt = -Infinity;
  #isOver = false;
  #error: AdapterError | undefined;
  #thrown: { readonly error: unknown } | undefined;

  /** @param first what may be sent: all that was not acknowledged */
  constructor(deps: CallsInFlightDeps, first: MemberChanges) {
    this.#deps = deps;
    this.#acknowledgements = new Acknowledgements({ ...deps, onError: (error) => (this.#thrown ??= { error }) });
    // What was learned of the device may be older than what it can do now.
    this.#pace = { ...deps.pace, limit: Math.min(deps.pace.limit, this.#most) };
    this.#leftovers = [...deps.leftovers];
    this.#news = { ...first, groups: [], version: 0 };
    this.#unexplained.add(first);
    this.#begin(first);
  }

  /** Goes on until nothing is in flight and there is no news. @throws whatever a call was aborted with */
  async end(): Promise<FlightEnd> {
    for (;;) {
      const requested = this.#deps.lease.requested();
      this.#acknowledge();
      const pauseMs = this.#goesOn() ? this.#pauseMs() : Infinity;
      if (pauseMs <= 0 && (await this.#next())) continue;
      if (this.#calls.size === 0) break;
      await this.#rest(pauseMs, requested);
    }
    await this.#finish();
    if (this.#thrown !== undefined) throw this.#thrown.error;
    return {
      acknowledged: this.#acknowledgements.version,
      isOver: this.#isOver,
      hasMore: this.#later !== undefined,
      pace: this.#pace,
      leftovers: this.#leftovers,
      ...(this.#error && { error: this.#error }),
    };
  }

  /** A reading that is due shows nothing that was only left for later. */
  async #finish(): Promise<void> {
    const { clock, readBackDueAt } = this.#deps;
    const left = this.#failed || this.#isOver || clock.now() < readBackDueAt ? [] : this.#leftovers.splice(0);
    const changes = left.flatMap((leftover) => leftover.changes);
    if (changes.length > 0) this.#call(changes, this.#news, aboutNobody);
    await Promise.all([...this.#calls].map(({ ended }) => ended));
    await this.#acknowledgements.settled();
    this.#acknowledge();
    await this.#acknowledgements.settled();
  }

  #goesOn(): boolean {
    const { clock, readBackDueAt, lease } = this.#deps;
    if (this.#isOver || this.#failed || lease.othersWait()) return false;
    return clock.now() < readBackDueAt || [...this.#calls].some(({ beganAt }) => beganAt < readBackDueAt);
  }

  get #failed(): boolean {
    return this.#error !== undefined || this.#thrown !== undefined;
  }

  #pauseMs(): number {
    return waitMs(this.#pace, {
      inFlight: this.#calls.size,
      sinceStartMs: this.#deps.clock.now() - this.#beganAt,
    });
  }

  /** Until a call has ended, the next one may begin, or there may be news to begin it with. */
  async #rest(pauseMs: number, requested: Promise<void>): Promise<void> {
    const over = new AbortController();
    const events: Promise<void>[] = [...this.#calls].map(({ ended }) => ended);
    if (pauseMs <= 0) events.push(requested);
    const lookMs = pauseMs > 0 ? pauseMs : Math.min(Math.max(this.#pace.usualMs / 4, leastLookMs), mostLookMs);
    if (lookMs < Infinity) events.push(this.#deps.clock.sleep(lookMs, over.signal));
    await Promise.race(events);
    over.abort();
  }

  /** Begins a call, if there is news or something that waited. */
  async #next(): Promise<boolean> {
    const { store, point, target } = this.#deps;
    const most = target.context.capabilities.membersPerRequest;
    // A store that does not answer is asked again.
    const news = await store.changesSince(point, this.#news.version, most).catch(() => undefined);
    if (news === undefined)
      return this.#later === undefined ? this.#tidy() : this.#begin({ ...this.#news, groups: [] });
    this.#isOver ||= !this.#isOurs(news);
    return !this.#isOver && this.#begin(news);
  }

  /** Only members have changed, and no more of them leave than may without a look at the whole. */
  #isOurs(news: MemberChanges): boolean {
    const isLarge = this.#unexplained.add(news);
    return news.membersOnly && news.synced && news.point.spec.mode === 'Enforce' && !isLarge;
  }

  /** @returns is there anything new? */
  #begin(news: MemberChanges): boolean {
    const all = latest(this.#later?.groups ?? [], news.groups);
    const underWay = new Set([...this.#calls].flatMap(({ members }) => [...members]));
    const { now, later } = besideInFlight(all, underWay);
    const from = this.#later?.from ?? this.#news.version;
    const isNew = news.version > this.#news.version;
    const changes = this.#take(news, now, later);
    if (changes === undefined || changes.length === 0) return isNew && changes !== undefined;
    this.#call(changes, news, { members: membersIn(now), from });
    return true;
  }

  /** Has it that the rest is sent later; undefined: this has to take the full path. */
  #take(news: MemberChanges, now: readonly GroupDelta[], later: readonly GroupDelta[]): readonly Change[] | undefined {
    const changes = lowerDeltas(now, this.#deps.target);
    if (changes === undefined || (this.#most > 1 && changes.some(({ op }) => op !== 'members'))) {
      this.#isOver = true;
      return undefined;
    }
    const from = this.#later?.from ?? this.#news.version;
    this.#later = later.length === 0 ? undefined : { groups: later, from };
    this.#news = news;
    for (const change of changes) if (change.op === 'delete') this.#leftovers.push({ changes: [change], news });
    return changes.filter(({ op }) => op !== 'delete');
  }

  /** Who is to be shut out does not wait until all are in who are being let in. */
  async #overtake(): Promise<readonly Change[]> {
    const { store, point, target, onRecord } = this.#deps;
    const news = await store.changesSince(point, this.#news.version).catch(() => undefined);
    if (news === undefined || this.#isOver) return [];
    if (!this.#isOurs(news)) {
      this.#isOver = true;
      return [];
    }
    const { now, later } = shuttingOut(latest(this.#later?.groups ?? [], news.groups));
    const changes = this.#take(news, now, later) ?? [];
    if (changes.length === 0) return [];
    const result = await onRecord(news, () => applyBatches(changes, target));
    this.#acknowledgements.ended(result);
    const error = result.error ?? result.quarantined[0]?.error;
    if (error !== undefined) throw error;
    return changes;
  }

  /** Nobody waits: what nothing uses any more is taken away, a little at a time. */
  #tidy(): boolean {
    const leftover = this.#calls.size === 0 ? this.#leftovers.shift() : undefined;
    if (leftover === undefined) return false;
    this.#call(leftover.changes, leftover.news, aboutNobody);
    return true;
  }

  #call(changes: readonly Change[], news: MemberChanges, about: About): void {
    this.#beganAt = this.#deps.clock.now();
    const call: Call = { ...about, beganAt: this.#beganAt, ended: Promise.resolve() };
    this.#calls.add(call);
    const overtake = this.#most === 1 && { overtake: () => this.#overtake() };
    const send = (): Promise<ApplyResult> => applyBatches(changes, { ...this.#deps.target, ...overtake });
    call.ended = this.#carryOut(() => this.#deps.onRecord(news, send)).finally(() => this.#calls.delete(call));
  }

  get #most(): number {
    return this.#deps.target.context.capabilities.callsInFlight ?? 1;
  }

  async #carryOut(send: () => Promise<ApplyResult>): Promise<void> {
    const { clock } = this.#deps;
    const began = clock.now();
    try {
      const result = await send();
      this.#acknowledgements.ended(result);
      this.#error ??= result.error ?? result.quarantined[0]?.error ?? unexpected(result);
      const isRefusal = result.error?.errorClass === 'throttled';
      this.#pace = isRefusal ? afterRefusal(this.#pace) : afterCall(this.#pace, clock.now() - began, this.#most);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }

  /** The device is as far as every call that is open, or has to wait, leaves it. */
  #acknowledge(): void {
    if (this.#failed) return;
    const open = [...this.#calls, ...(this.#later === undefined ? [] : [this.#later])];
    this.#acknowledgements.reached(Math.min(this.#news.version, ...open.map(({ from }) => from)));
  }
}

const aboutNobody: About = { members: new Set(), from: Infinity };

/** Between two looks into a store that cannot tell when there is news. */
const [leastLookMs, mostLookMs] = [5, 50];

/** A device that deals with several calls at once has done what it has answered. */
function unexpected({ pending, waiting }: ApplyResult): AdapterError | undefined {
  if (pending.length + waiting === 0) return undefined;
  return new AdapterError(
    'conflict',
    'The device is still at work on what was sent; it is read to see what became of it.',
  );
}
