import type { AdapterError } from '../../adapter/errors.ts';
import type { Change } from '../../core/model/plan.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import type { MemberChanges } from '../../store/desired-store.ts';
import type { CallPace } from './call-pace.ts';
import type { Leftover } from './member-objects.ts';
import { NextCall, type NextCallDeps } from './next-call.ts';
import { OpenCalls, type CallContent, type OpenCallsDeps } from './open-calls.ts';

export interface CallsInFlightDeps extends Omit<OpenCallsDeps, 'store'>, NextCallDeps {
  readonly store: OpenCallsDeps['store'] & NextCallDeps['store'];
  /** Tells when there may be news, and whether others wait. */
  readonly lease: Pick<WorkLease, 'requested' | 'othersWait'>;
  /** Nothing is begun from then on, unless the reading has to wait for a call that began before. */
  readonly readBackDueAt: number;
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

/** Until when calls are sent. */
interface SendingLimits {
  /** May the next call begin, as far as this goes? */
  readonly mayBegin: () => boolean | Promise<boolean>;
  /** How long it may last yet, in milliseconds, whatever is in flight then; absent: however long. */
  readonly leftMs?: () => number;
  /** What it does not end before; absent: it ends as soon as there is nothing to send. */
  readonly beside?: Promise<unknown>;
}

/**
 * Changes of members, sent as they are published, in several calls at once that begin evenly apart: `NextCall` says what
 * goes into a call, `OpenCalls` when it may begin and what became of it. What does not commute, or a call that failed, ends
 * it: what is in flight is waited for, and the rest takes the full path.
 */
export class CallsInFlight {
  readonly #deps: CallsInFlightDeps;
  readonly #calls: OpenCalls;
  readonly #next: NextCall;
  /** Nothing is begun from then on, unless a call that began before has not ended. */
  #until: number;

  /** @param first what may be sent: all that was not acknowledged */
  constructor(deps: CallsInFlightDeps, first: MemberChanges) {
    this.#deps = deps;
    this.#until = deps.readBackDueAt;
    this.#calls = new OpenCalls(deps);
    this.#next = new NextCall(deps, this.#calls, first);
    this.#begin(this.#next.take());
  }

  /** The device is at this version: as far as every call that is open, or has to wait, leaves it. */
  get reach(): number {
    return Math.min(this.begun, this.#calls.from);
  }

  /** Everything up to this version is on the device or in flight to it. */
  get begun(): number {
    return this.#next.begun;
  }

  get pace(): CallPace {
    return this.#calls.pace;
  }

  /** What was in flight since the device is read beside: of that a reading proves nothing. */
  get moved(): readonly Change[] {
    return this.#calls.moved;
  }

  /** For who goes on once these have ended: what was not sent, and removals that nothing explains. */
  get left(): NextCall['left'] & Pick<NextCall, 'unexplained'> {
    return { ...this.#next.left, unexplained: this.#next.unexplained };
  }

  /** May members still be let in? */
  get grants(): boolean {
    return this.#next.grants && this.mayGoOn;
  }

  /** From here on calls that begin only withdraw. */
  stopGrants(): void {
    this.#next.grants = false;
  }

  /** Nothing has come that does not commute, and nothing failed. */
  get mayGoOn(): boolean {
    return !this.#next.isOver && !this.#calls.failed;
  }

  /**
   * Goes on until nothing is in flight and there is no news, or the device is due to be read.
   *
   * @returns is it to be read beside what is in flight?
   */
  async untilDue(): Promise<boolean> {
    const leftMs = (): number => this.#until - this.#deps.clock.elapsed();
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
    this.#calls.noteMoved();
    await this.#goOn({ mayBegin: () => true, leftMs: () => (isRead ? 0 : Infinity), beside });
    this.#until = this.#deps.clock.elapsed();
  }

  /** Goes on until nothing is in flight and there is no news. @throws whatever a call was aborted with */
  async end(): Promise<FlightEnd> {
    const { clock, readBackDueAt } = this.#deps;
    const mayBegin = async (): Promise<boolean> =>
      (await this.#nobodyWaits()) && (clock.elapsed() < this.#until || this.#calls.hasFromBefore(this.#until));
    await this.#goOn({ mayBegin });
    // A reading that is due shows nothing that was only left for later.
    if (this.mayGoOn && clock.elapsed() >= readBackDueAt) this.#begin(this.#next.takeLeftovers());
    await this.#calls.settled(() => this.reach);
    const { error, acknowledged } = this.#calls;
    const { isOver, leftovers, left } = this.#next;
    return { acknowledged, isOver, hasMore: left.unsent !== undefined, leftovers, ...(error && { error }) };
  }

  /** The main flow: begins a call whenever one may begin and there is something to send, and rests in between. */
  async #goOn({ mayBegin, leftMs = () => Infinity, beside }: SendingLimits): Promise<void> {
    for (;;) {
      const requested = this.#deps.lease.requested();
      this.#calls.reached(this.reach);
      if (leftMs() <= 0) return;
      const pauseMs = this.mayGoOn && (await mayBegin()) ? this.#calls.pauseMs(beside === undefined ? 0 : 1) : Infinity;
      if (pauseMs <= 0 && (await this.#lookAndBegin())) continue;
      if (this.#calls.count() === 0 && (beside === undefined || !this.mayGoOn)) return;
      const lookMs = pauseMs > 0 ? pauseMs : this.#lookMs(requested !== undefined);
      await this.#rest(Math.min(leftMs(), lookMs), [beside, pauseMs > 0 ? undefined : requested]);
    }
  }

  /** @returns is there anything new, or was a call begun? */
  async #lookAndBegin(): Promise<boolean> {
    const isNew = await this.#next.look();
    if (this.#next.isOver) return false;
    if (this.#begin(this.#next.take())) return true;
    return isNew ? this.mayGoOn : this.#begin(this.#next.takeLeftover());
  }

  /** @returns was there anything to do? */
  #begin(content: CallContent | undefined): boolean {
    if (content === undefined) return false;
    const mayOvertake = content.isOfGroups && this.#next.mayOvertake;
    if (content.changes.length > 0) this.#calls.begin(content, mayOvertake ? () => this.#overtake() : undefined);
    return true;
  }

  async #overtake(): Promise<readonly Change[]> {
    const urgent = await this.#next.takeUrgent();
    if (urgent !== undefined) await this.#calls.within(urgent);
    return urgent?.changes ?? [];
  }

  async #nobodyWaits(): Promise<boolean> {
    return !(await this.#deps.lease.othersWait());
  }

  /** Until a call or one of these has ended, or the next call may begin, or there may be news to begin it with. */
  async #rest(mostMs: number, others: readonly (Promise<unknown> | undefined)[]): Promise<void> {
    const over = new AbortController();
    const events = [...this.#calls.ends, ...others.filter((one) => one !== undefined)];
    if (mostMs < Infinity) events.push(this.#deps.clock.sleep(mostMs, over.signal));
    await Promise.race(events);
    // A reason of its own saves the trace of the stack that is taken for an error.
    over.abort('over');
  }

  #lookMs(isTold: boolean): number {
    return isTold ? mostLookMs : Math.min(Math.max(this.#calls.pace.usualMs / 4, leastLookMs), mostLookMs);
  }
}

/** Between two looks into the store: often where nobody tells when there is news, seldom where that may be missed. */
const [leastLookMs, mostLookMs] = [5, 50];
