import { minOf } from '../../core/model/extremes.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { Clock, Outcome } from '../../adapter/adapter.ts';
import type { Change } from '../../core/model/plan.ts';
import { besideInFlight, narrows } from '../../core/plan/commuting.ts';
import { membersIn, part, together, withoutEarlier, type MemberChange, type Waiting } from '../../core/plan/waiting.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import type { DesiredStore, MemberChanges } from '../../store/desired-store.ts';
import { Acknowledgements, type AcknowledgementsDeps } from './acknowledgements.ts';
import { applyBatches, type ApplyResult, type BatchTarget } from './apply-batches.ts';
import { afterCall, afterRefusal, waitMs, type CallPace } from './call-pace.ts';
import { MemberObjects, type Leftover } from './member-objects.ts';
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
  readonly leftovers: readonly Leftover[];
  /** What went wrong; then the device is to be read. */
  readonly error?: AdapterError;
}

interface Call {
  readonly changes: readonly Change[];
  readonly members: ReadonlySet<string>;
  /** The versions up to this one do without it. */
  readonly from: number;
  /** It changes what groups hold; otherwise objects that no group holds. */
  readonly isOfGroups: boolean;
  readonly beganAt: number;
  ended: Promise<void>;
}

type About = Pick<Call, 'members' | 'from' | 'isOfGroups'>;

/** How long calls go on. */
interface Stint {
  /** May the next call begin, as far as this goes? */
  readonly mayBegin: () => boolean | Promise<boolean>;
  /** How long it may last yet, in milliseconds, whatever is in flight then; absent: however long. */
  readonly leftMs?: () => number;
  /** What it does not end before; absent: it ends as soon as there is nothing to send. */
  readonly beside?: Promise<unknown>;
}

/**
 * Changes of members, sent as they are published, in several calls at once that begin evenly apart. What may overlap is
 * decided in `core/plan/commuting`, when calls begin in `call-pace`. What does not commute - rules, removals that nothing
 * explains, a call that failed - ends it: what is in flight is waited for, and the rest takes the full path.
 */
export class CallsInFlight {
  readonly #deps: CallsInFlightDeps;
  readonly #calls = new Set<Call>();
  readonly #acknowledgements: Acknowledgements;
  /** What has left in this turn and nothing explains. */
  readonly unexplained = new UnexplainedRemovals();
  readonly #objects: MemberObjects;
  /** What waits for a call about the same address, or that makes its object. */
  #later: readonly Waiting[] = [];
  #news: MemberChanges;
  #pace: CallPace;
  /** The call that began last: when, how many members it carries, and what it is of. */
  #last = { beganAt: -Infinity, carried: 0, isOfGroups: false };
  #grants = true;
  #isOver = false;
  #error: AdapterError | undefined;
  #thrown: { readonly error: unknown } | undefined;
  /** Since the device is read beside; undefined: it was not yet. */
  #moved: Change[] | undefined;
  /** Nothing is begun from then on, unless a call that began before has not ended. */
  #until: number;

  /** @param first what may be sent: all that was not acknowledged */
  constructor(deps: CallsInFlightDeps, first: MemberChanges) {
    this.#deps = deps;
    this.#until = deps.readBackDueAt;
    this.#acknowledgements = new Acknowledgements({ ...deps, onError: (error) => (this.#thrown ??= { error }) });
    // What was learned of the device may be older than what it can do now.
    this.#pace = { ...deps.pace, limit: Math.min(deps.pace.limit, this.#most) };
    this.#objects = new MemberObjects(deps.target, deps.leftovers);
    this.#news = { ...first, groups: [], version: 0 };
    this.unexplained.add(first);
    this.#take(first);
    this.#begin();
  }

  /** The device is at this version: as far as every call that is open, or has to wait, leaves it. */
  get reach(): number {
    return Math.min(this.begun, minOf([...this.#calls].map(({ from }) => from)));
  }

  /** Everything up to this version is on the device or in flight to it. */
  get begun(): number {
    return Math.min(this.#news.version, minOf(this.#later.map(({ after }) => after)));
  }

  /** As far as the answers of the device have told. */
  get pace(): CallPace {
    return this.#pace;
  }

  /** What was in flight since the device is read beside: of that a reading proves nothing. */
  get moved(): readonly Change[] {
    return this.#moved ?? [];
  }

  /** May members still be let in? */
  get grants(): boolean {
    return this.#grants && this.mayGoOn;
  }

  /** From here on calls that begin only withdraw. */
  stopGrants(): void {
    this.#grants = false;
  }

  /** Nothing has come that does not commute, and nothing failed. */
  get mayGoOn(): boolean {
    return !this.#isOver && !this.#failed;
  }

  /**
   * Goes on until nothing is in flight and there is no news, or the device is due to be read.
   *
   * @returns is it to be read beside what is in flight?
   */
  async untilDue(): Promise<boolean> {
    const leftMs = (): number => this.#until - this.#deps.clock.now();
    await this.#goOn({ mayBegin: () => this.#nobodyWaits(), leftMs });
    return leftMs() <= 0 && this.mayGoOn;
  }

  /**
   * Goes on while the device is read, and leaves one of the calls to that. Ends with the reading, when calls may be in
   * flight, or once nothing more may be begun.
   */
  async beside(reading: Promise<unknown>): Promise<void> {
    let isRead = false;
    const beside = reading.catch(() => undefined).finally(() => (isRead = true));
    this.#moved ??= [...this.#calls].flatMap(({ changes }) => changes);
    await this.#goOn({ mayBegin: () => true, leftMs: () => (isRead ? 0 : Infinity), beside });
    this.#until = this.#deps.clock.now();
  }

  /** Goes on until nothing is in flight and there is no news. @throws whatever a call was aborted with */
  async end(): Promise<FlightEnd> {
    const isLate = ({ beganAt }: Call): boolean => beganAt < this.#until;
    const mayBegin = async (): Promise<boolean> =>
      (await this.#nobodyWaits()) && (this.#deps.clock.now() < this.#until || [...this.#calls].some(isLate));
    await this.#goOn({ mayBegin });
    await this.#finish();
    if (this.#thrown !== undefined) throw this.#thrown.error;
    return {
      acknowledged: this.#acknowledgements.version,
      isOver: this.#isOver,
      hasMore: this.#later.length > 0,
      leftovers: this.#objects.leftovers,
      ...(this.#error && { error: this.#error }),
    };
  }

  async #goOn({ mayBegin, leftMs = () => Infinity, beside }: Stint): Promise<void> {
    for (;;) {
      const requested = this.#deps.lease.requested();
      this.#acknowledge();
      if (leftMs() <= 0) return;
      const pauseMs = this.mayGoOn && (await mayBegin()) ? this.#pauseMs(beside === undefined ? 0 : 1) : Infinity;
      if (pauseMs <= 0 && (await this.#next())) continue;
      if (this.#calls.size === 0 && (beside === undefined || !this.mayGoOn)) return;
      const lookMs = pauseMs > 0 ? pauseMs : this.#lookMs(requested !== undefined);
      await this.#rest(Math.min(leftMs(), lookMs), [beside, pauseMs > 0 ? undefined : requested]);
    }
  }

  /** A reading that is due shows nothing that was only left for later. */
  async #finish(): Promise<void> {
    const { clock, readBackDueAt } = this.#deps;
    const staysAsItIs = this.#failed || this.#isOver || clock.now() < readBackDueAt;
    const changes = staysAsItIs ? [] : this.#objects.takeLeftovers().flatMap((leftover) => leftover.changes);
    if (changes.length > 0) this.#call(changes, aboutObjects([]));
    await Promise.all([...this.#calls].map(({ ended }) => ended));
    await this.#acknowledgements.settled();
    this.#acknowledge();
    await this.#acknowledgements.settled();
  }

  async #nobodyWaits(): Promise<boolean> {
    return !(await this.#deps.lease.othersWait());
  }

  get #failed(): boolean {
    return this.#error !== undefined || this.#thrown !== undefined;
  }

  /** @param leaves calls that are left to others */
  #pauseMs(leaves: number): number {
    const limit = Math.max(1, Math.min(this.#pace.limit, this.#most - leaves));
    const { beganAt, carried } = this.#last;
    const sinceStartMs = this.#deps.clock.now() - beganAt;
    return waitMs({ ...this.#pace, limit }, { inFlight: this.#calls.size, sinceStartMs, carried });
  }

  /** Until a call or one of these has ended, or the next call may begin, or there may be news to begin it with. */
  async #rest(mostMs: number, others: readonly (Promise<unknown> | undefined)[]): Promise<void> {
    const over = new AbortController();
    const events = [...[...this.#calls].map(({ ended }) => ended), ...others.filter((one) => one !== undefined)];
    if (mostMs < Infinity) events.push(this.#deps.clock.sleep(mostMs, over.signal));
    await Promise.race(events);
    // A reason of its own saves the trace of the stack that is taken for an error.
    over.abort('over');
  }

  #lookMs(isTold: boolean): number {
    return isTold ? mostLookMs : Math.min(Math.max(this.#pace.usualMs / 4, leastLookMs), mostLookMs);
  }

  /** @returns is there anything new, or was a call begun? */
  async #next(): Promise<boolean> {
    const isNew = await this.#look();
    if (this.#isOver) return false;
    return this.#begin() || (isNew ? this.mayGoOn : this.#tidy());
  }

  /** Takes what was published since, if it may be sent. @returns was there anything? */
  async #look(): Promise<boolean> {
    const { store, point } = this.#deps;
    // A store that does not answer is asked again.
    const news = await store.changesSince(point, this.#news.version).catch(() => undefined);
    if (news === undefined) return false;
    this.#isOver ||= !this.#isOurs(news);
    if (!this.#isOver) this.#take(news);
    return true;
  }

  /** Only members have changed, and no more of them leave than may without a look at the whole. */
  #isOurs(news: MemberChanges): boolean {
    return news.membersOnly && news.synced && news.point.spec.mode === 'Enforce' && !this.unexplained.add(news);
  }

  /** Begins a call with what waits. @returns was there anything to begin? */
  #begin(): boolean {
    const { now } = besideInFlight(
      this.#grants ? this.#later : part(this.#later, narrows).now,
      this.#underWay(() => true),
    );
    const unmade = membersIn(part(now, (change) => !this.#objects.isReady(change)).now);
    // Nobody leaves what denies before what is to deny instead has the object.
    const mayGo = (change: MemberChange): boolean => narrows(change) || !unmade.has(change.address);
    const ready = this.#mayChangeGroups
      ? part(now, (change) => this.#objects.isReady(change) && mayGo(change)).now
      : [];
    const [member] = this.#hasRoomBeside ? unmade : [];
    // One at a time, they take turns: whoever goes would otherwise keep out all who come.
    const makes = member !== undefined && (ready.length === 0 || (this.#pace.limit === 1 && this.#last.isOfGroups));
    return makes ? this.#make(member, now) : ready.length > 0 && this.#send(ready);
  }

  #take(news: MemberChanges): void {
    this.#later = withoutEarlier([...this.#later, { after: this.#news.version, groups: news.groups }]);
    this.#news = news;
    this.#objects.keepFor(this.#later);
  }

  get #mayChangeGroups(): boolean {
    return !this.#objects.areMadeAhead || ![...this.#calls].some(({ isOfGroups }) => isOfGroups);
  }

  /** One place is left for a call that shuts somebody out. */
  get #hasRoomBeside(): boolean {
    if (!this.#objects.areMadeAhead) return this.#calls.size === 0;
    return [...this.#calls].filter(({ isOfGroups }) => !isOfGroups).length < Math.max(1, this.#pace.limit - 1);
  }

  #underWay(which: (call: Call) => boolean): ReadonlySet<string> {
    return new Set([...this.#calls].filter(which).flatMap(({ members }) => [...members]));
  }

  /** @returns was there anything to send? */
  #send(ready: readonly Waiting[]): boolean {
    const changes = this.#changesOf(ready);
    if (changes === undefined || changes.length === 0) return false;
    this.#call(changes, { members: membersIn(ready), from: ready[0]?.after ?? Infinity, isOfGroups: true });
    return true;
  }

  /** Takes these out of what waits; undefined: they have to take the full path. */
  #changesOf(ready: readonly Waiting[]): readonly Change[] | undefined {
    const groups = together(ready);
    const lowered = lowerDeltas(groups, this.#deps.target);
    const isMembersOnly = lowered?.every(({ op }) => op === 'members') === true;
    if (lowered === undefined || (this.#most > 1 && !this.#objects.areMadeAhead && !isMembersOnly)) {
      this.#isOver = true;
      return undefined;
    }
    const going = new Set(
      groups.flatMap(({ id, added, removed }) => [...added, ...removed].map((who) => `${id} ${who}`)),
    );
    if (!isMembersOnly) this.#objects.left(groups, this.#later, this.#news);
    this.#later = part(this.#later, ({ address }, group) => !going.has(`${group} ${address}`)).now;
    return lowered.filter(({ op }) => op !== 'delete' && (op !== 'create' || !this.#objects.areMadeAhead));
  }

  /** Makes the object of one who is to join; until then, all that is about it waits. @returns was there anything to send? */
  #make(member: string, now: readonly Waiting[]): boolean {
    const changes = this.#objects.make(member, now);
    if (changes.length > 0) this.#call(changes, aboutObjects([member]));
    return true;
  }

  /** Who is to be shut out does not wait until all are in who are being let in. */
  async #overtake(): Promise<readonly Change[]> {
    const { target, onRecord } = this.#deps;
    if (!(await this.#look()) || this.#isOver) return [];
    const { now } = besideInFlight(
      this.#later,
      this.#underWay(({ isOfGroups }) => !isOfGroups),
    );
    const changes = this.#changesOf(part(now, (change) => narrows(change) && this.#objects.isReady(change)).now) ?? [];
    if (changes.length === 0) return [];
    const result = await onRecord(this.#news, () => applyBatches(changes, target));
    this.#acknowledgements.ended(result);
    const error = result.error ?? result.quarantined[0]?.error;
    if (error !== undefined) throw error;
    return changes;
  }

  /** Nobody waits: what nothing uses any more is taken away, a little at a time. */
  #tidy(): boolean {
    const leftover = this.#hasRoomBeside ? this.#objects.takeLeftover(this.#underWay(() => true)) : undefined;
    if (leftover === undefined) return false;
    this.#call(leftover.changes, aboutObjects([leftover.member]), leftover.news);
    return true;
  }

  #call(changes: readonly Change[], about: About, news = this.#news): void {
    const beganAt = this.#deps.clock.now();
    this.#last = { beganAt, carried: about.members.size, isOfGroups: about.isOfGroups };
    const call: Call = { ...about, changes, beganAt, ended: Promise.resolve() };
    this.#calls.add(call);
    for (const change of changes) this.#moved?.push(change);
    const mayOvertake = about.isOfGroups && (this.#most === 1 || this.#objects.areMadeAhead);
    const overtake = mayOvertake && { overtake: () => this.#overtake() };
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
      // A call of several requests, one after the other, tells what one takes; one of which nothing was sent tells nothing.
      const took = (clock.now() - began) / Math.max(1, result.nativeCalls);
      if (result.error?.errorClass === 'throttled') this.#pace = afterRefusal(this.#pace);
      else if (result.outcomes.some(isSent)) this.#pace = afterCall(this.#pace, took, this.#most);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }

  #acknowledge(): void {
    if (!this.#failed) this.#acknowledgements.reached(this.reach);
  }
}

/** No version counts on what no group holds. */
function aboutObjects(members: readonly string[]): About {
  return { members: new Set(members), from: Infinity, isOfGroups: false };
}

function isSent(outcome: Outcome): boolean {
  return outcome.result !== 'done' || outcome.unneeded !== true;
}

/** Between two looks into the store: often where nobody tells when there is news, seldom where that may be missed. */
const [leastLookMs, mostLookMs] = [5, 50];

/** A device that deals with several calls at once has done what it has answered. */
function unexpected({ pending, waiting }: ApplyResult): AdapterError | undefined {
  if (pending.length + waiting === 0) return undefined;
  return new AdapterError('conflict', 'The device has not finished the last change; it is read to see the result.');
}
