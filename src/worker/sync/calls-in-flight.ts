import { AdapterError } from '../../adapter/errors.ts';
import type { Clock } from '../../adapter/adapter.ts';
import type { GroupDelta } from '../../core/model/desired.ts';
import { besideInFlight, membersIn } from '../../core/plan/commuting.ts';
import { unexplained } from '../../core/plan/explained.ts';
import { needsGuard } from '../../core/plan/guards.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import { CoalescedDeltas } from '../../store/coalesced-deltas.ts';
import type { DesiredStore, MemberChanges } from '../../store/desired-store.ts';
import { applyBatches, nothingApplied, together, type ApplyResult, type BatchTarget } from './apply-batches.ts';
import { afterCall, afterRefusal, waitMs, type CallPace } from './call-pace.ts';
import { lowerDeltas } from './sync-delta.ts';

export interface CallsInFlightDeps {
  readonly point: string;
  readonly store: Pick<DesiredStore, 'changesSince' | 'acknowledge'>;
  readonly clock: Clock;
  readonly target: BatchTarget;
  /** Tells when there may be news, and whether others wait. */
  readonly lease: Pick<WorkLease, 'requested' | 'isCrowded'>;
  readonly pace: CallPace;
  /** Nothing is begun from then on, in milliseconds since the epoch. */
  readonly until: number;
  /** When the device has to be read because of what is sent here. */
  readonly readBackDueAt: number;
  /** Sends, so that the audit record knows why. */
  readonly onRecord: <T>(changes: MemberChanges, send: () => Promise<T>) => Promise<T>;
  /** Told of what brings the device to a newer version, before that counts as done. */
  readonly report: (version: number, result: ApplyResult) => unknown;
}

export interface FlightEnd {
  /** The device is at this version; undefined: it cannot be told. */
  readonly acknowledged: number | undefined;
  /** What was published then can only be sent by the full path. */
  readonly isOver: boolean;
  /** Something is left that waited for a call about the same address. */
  readonly hasMore: boolean;
  readonly pace: CallPace;
  /** What went wrong; then the device is to be read. */
  readonly error?: AdapterError;
}

interface Call {
  readonly members: ReadonlySet<string>;
  /** The versions up to this one do without it. */
  readonly from: number;
  ended: Promise<void>;
}

/**
 * Changes of members, sent as they are published, in several calls at once that begin evenly apart. What may overlap is
 * decided in `core/plan/commuting`, when calls begin in `call-pace`. What does not commute - rules, removals that nothing
 * explains, a call that failed - ends it: what is in flight is waited for, and the rest takes the full path.
 */
export class CallsInFlight {
  readonly #deps: CallsInFlightDeps;
  readonly #calls = new Set<Call>();
  /** Of calls that have ended and were not reported. */
  #results: ApplyResult[] = [];
  readonly #unexplained: GroupDelta[] = [];
  /** What waits for a call about the same address, and the version that does without it. */
  #later: { readonly groups: readonly GroupDelta[]; readonly from: number } | undefined;
  #news: MemberChanges;
  #acknowledged = 0;
  #pace: CallPace;
  #beganAt = -Infinity;
  #isOver = false;
  #error: AdapterError | undefined;
  #thrown: { readonly error: unknown } | undefined;
  #acknowledging: Promise<void> | undefined;

  /** @param first what may be sent: all that was not acknowledged */
  constructor(deps: CallsInFlightDeps, first: MemberChanges) {
    this.#deps = deps;
    this.#pace = deps.pace;
    this.#news = { ...first, groups: [], version: 0 };
    this.#count(first);
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
    await this.#acknowledging;
    this.#acknowledge();
    await this.#acknowledging;
    if (this.#thrown !== undefined) throw this.#thrown.error;
    return {
      acknowledged: this.#acknowledged || undefined,
      isOver: this.#isOver,
      hasMore: this.#later !== undefined,
      pace: this.#pace,
      ...(this.#error && { error: this.#error }),
    };
  }

  #goesOn(): boolean {
    const { clock, until, lease } = this.#deps;
    return !this.#isOver && !this.#failed && clock.now() < until && !lease.isCrowded();
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
    if (news === undefined) return this.#later !== undefined && this.#begin({ ...this.#news, groups: [] });
    this.#isOver ||= !this.#isOurs(news);
    return !this.#isOver && this.#begin(news);
  }

  /** Only members have changed, and no more of them leave than may without a look at the whole. */
  #isOurs(news: MemberChanges): boolean {
    this.#count(news);
    const { mode, guard } = news.point.spec;
    return news.membersOnly && news.synced && mode === 'Enforce' && !needsGuard(this.#unexplained, noAddresses, guard);
  }

  /** What explains a removal is forgotten once it is acknowledged, so it is asked now and not again. */
  #count({ groups, ended }: MemberChanges): void {
    for (const delta of groups) this.#unexplained.push({ ...delta, removed: unexplained(delta.removed, ended) });
  }

  /** @returns is there anything new? */
  #begin(news: MemberChanges): boolean {
    const { target } = this.#deps;
    const from = this.#later?.from ?? this.#news.version;
    const all = this.#later === undefined ? news.groups : latest(this.#later.groups, news.groups);
    const underWay = new Set([...this.#calls].flatMap(({ members }) => [...members]));
    const { now, later } = besideInFlight(all, underWay);
    const changes = lowerDeltas(now, target);
    if (changes === undefined || changes.some(({ op }) => op !== 'members')) {
      this.#isOver = true;
      return false;
    }
    const isNew = news.version > this.#news.version;
    this.#news = news;
    this.#later = later.length === 0 ? undefined : { groups: later, from };
    if (changes.length === 0) return isNew;
    const call: Call = { members: membersIn(now), from, ended: Promise.resolve() };
    this.#calls.add(call);
    this.#beganAt = this.#deps.clock.now();
    const send = (): Promise<ApplyResult> => applyBatches(changes, target);
    call.ended = this.#carryOut(() => this.#deps.onRecord(news, send)).finally(() => this.#calls.delete(call));
    return true;
  }

  async #carryOut(send: () => Promise<ApplyResult>): Promise<void> {
    const { clock, target } = this.#deps;
    const began = clock.now();
    try {
      const result = await send();
      this.#results.push(result);
      this.#error ??= result.error ?? result.quarantined[0]?.error ?? unexpected(result);
      const isRefusal = result.error?.errorClass === 'throttled';
      const most = target.context.capabilities.callsInFlight ?? 1;
      this.#pace = isRefusal ? afterRefusal(this.#pace) : afterCall(this.#pace, clock.now() - began, most);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }

  /** What every call has brought to the device is reported and acknowledged, beside whatever goes on. */
  #acknowledge(): void {
    if (this.#acknowledging !== undefined || this.#failed) return;
    const open = [...this.#calls, ...(this.#later === undefined ? [] : [this.#later])];
    const version = Math.min(this.#news.version, ...open.map(({ from }) => from));
    if (version <= this.#acknowledged) return;
    const { store, point, readBackDueAt, report } = this.#deps;
    const acknowledge = async (): Promise<void> => {
      const result = together(nothingApplied, this.#results.splice(0));
      if (result.outcomes.length > 0) await report(version, result);
      await store.acknowledge(point, version, readBackDueAt);
      this.#acknowledged = version;
    };
    this.#acknowledging = acknowledge()
      .catch((error: unknown) => {
        this.#thrown ??= { error };
      })
      .finally(() => {
        this.#acknowledging = undefined;
      });
  }
}

/** Between two looks into a store that cannot tell when there is news. */
const [leastLookMs, mostLookMs] = [5, 50];

const noAddresses: ReadonlySet<string> = new Set();

/** Of each address in each group, the last change. */
function latest(older: readonly GroupDelta[], newer: readonly GroupDelta[]): readonly GroupDelta[] {
  const changes = new CoalescedDeltas();
  changes.add({ groups: older, ended: [] }, 1);
  changes.add({ groups: newer, ended: [] }, 2);
  return changes.since(0);
}

/** A device that deals with several calls at once has done what it has answered. */
function unexpected({ pending, waiting }: ApplyResult): AdapterError | undefined {
  if (pending.length + waiting === 0) return undefined;
  return new AdapterError(
    'conflict',
    'The device is still at work on what was sent; it is read to see what became of it.',
  );
}
