import type { PendingOperation } from '../../core/model/pending.ts';
import type { Change } from '../../core/model/plan.ts';
import type { PlanProgress } from '../../core/plan/in-flight/overtaken.ts';
import type { ApplyResult, Overtook } from './apply-batches.ts';
import type { CallsInFlight, FlightEnd } from './calls-in-flight.ts';
import { replanned, type ConcurrentUpdates } from './concurrent-updates.ts';
import type { MemberUpdates } from './member-updates.ts';

/**
 * The member updates of a read-back: the calls that were in flight when it was due go on, and so do those that begin.
 * Once something stands in the way they are waited for, and from then on updates only withdraw.
 */
export class UpdatesInFlight implements ConcurrentUpdates {
  /** What a reading proves that begins now, but for what may have moved. */
  readonly proven: number;
  /** Everything up to this version was begun before that: of it only what may have moved is no difference. */
  readonly begun: number;
  readonly #calls: CallsInFlight;
  readonly #withdrawalsAfter: (calls: CallsInFlight) => MemberUpdates;
  #end: FlightEnd | undefined;
  #withdrawals: MemberUpdates | undefined;

  /**
   * @param acknowledged the version that the device was at before the calls
   * @param withdrawalsAfter sends what only withdraws of what these calls have left
   */
  constructor(calls: CallsInFlight, acknowledged: number, withdrawalsAfter: (calls: CallsInFlight) => MemberUpdates) {
    this.#calls = calls;
    this.#withdrawalsAfter = withdrawalsAfter;
    this.proven = Math.max(acknowledged, calls.reach);
    this.begun = calls.begun;
  }

  get grants(): boolean {
    return this.#calls.grants;
  }

  get rulesChanged(): boolean {
    return this.#withdrawals?.rulesChanged === true;
  }

  get pending(): readonly PendingOperation[] {
    return this.#withdrawals?.pending ?? [];
  }

  get acknowledged(): number | undefined {
    return this.#end?.acknowledged;
  }

  /** Of what the calls have not looked at, a plan does nothing about members that may have moved. */
  get reach(): number {
    return this.#calls.reach;
  }

  get used(): boolean {
    return this.#calls.moved.length > 0 || this.#withdrawals?.used === true;
  }

  get unreported(): readonly ApplyResult[] {
    return this.#withdrawals?.unreported ?? [];
  }

  stopGrants(): void {
    this.#calls.stopGrants();
  }

  async whileReading<T>(read: () => Promise<T>): Promise<{ readonly answer: T; readonly inFlight: readonly Change[] }> {
    if (!this.grants) return (await this.#onlyWithdrawals()).whileReading(read);
    const reading = read();
    await this.#calls.beside(reading);
    if (this.#calls.mayGoOn) return { answer: await reading, inFlight: this.#calls.moved };
    const withdrawals = await this.#onlyWithdrawals().catch(async (error: unknown) => {
      await reading.catch(() => undefined);
      throw error;
    });
    const { answer, inFlight } = await withdrawals.whileReading(() => reading);
    return { answer, inFlight: [...this.#calls.moved, ...inFlight] };
  }

  async overtake(progress: PlanProgress): Promise<readonly Change[]> {
    const isFirst = this.#withdrawals === undefined;
    const withdrawals = await this.#onlyWithdrawals();
    const moved = await withdrawals.overtake(progress);
    return isFirst ? [...this.#calls.moved, ...moved] : moved;
  }

  async overtakeWhile<T>(progress: PlanProgress, call: () => Promise<T>): Promise<Overtook<T>> {
    return (await this.#onlyWithdrawals()).overtakeWhile(progress, call);
  }

  async end(): Promise<void> {
    this.#end ??= await this.#calls.end();
    if (this.#end.error !== undefined) throw replanned(this.#end.error);
  }

  /** @throws AdapterError when a call failed */
  async #onlyWithdrawals(): Promise<MemberUpdates> {
    this.stopGrants();
    await this.end();
    return (this.#withdrawals ??= this.#withdrawalsAfter(this.#calls));
  }
}
