import type { Clock } from '../../adapter/adapter.ts';
import { asAdapterError, type AdapterError } from '../../adapter/errors.ts';
import { startedAt, type PendingOperation } from '../../core/model/pending.ts';
import type { Change } from '../../core/model/plan.ts';
import type { PlanProgress } from '../../core/plan/in-flight/overtaken.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import type { DesiredStore, MemberChanges } from '../../store/desired-store.ts';
import { applyBatches, nothingApplied, type ApplyResult, type BatchTarget, type Overtook } from './apply-batches.ts';
import { replanned, type ConcurrentUpdates } from './concurrent-updates.ts';
import { pollOperations } from './poll-operations.ts';
import { lowerDeltas } from './sync-delta.ts';
import { Unconfirmed, type Submitted } from './unconfirmed.ts';
import { UnsentMembers, type UnsentFrom } from './unsent-members.ts';

export interface MemberUpdatesDeps extends UnsentFrom {
  readonly point: string;
  readonly store: Pick<DesiredStore, 'changesSince' | 'acknowledge'>;
  readonly clock: Clock;
  readonly target: BatchTarget;
  /** What the device is at work on since before. */
  readonly pending?: readonly PendingOperation[];
  /** What was submitted at this version, and is `pending`. */
  readonly submitted?: Submitted;
  /** May members change while the device is read? Absent: no. */
  readonly whileReading?: boolean;
  /** Tells when there may be news while the device is read; absent: it is looked for from time to time. */
  readonly lease?: Pick<WorkLease, 'requested'>;
  /** When the read-back that is going on was due. */
  readonly readBackDueAt?: number | undefined;
  /** Sends, so that the audit record knows why. */
  readonly onRecord: <T>(changes: MemberChanges, send: () => Promise<T>) => Promise<T>;
  /** Told of what brings the device to a newer version, before that counts as done. */
  readonly report: (version: number, result: ApplyResult) => unknown;
}

/**
 * The member updates of one handling of a point. Where the device is known to be at the version before and nothing is
 * pending, this is the fast path: everything is sent in the order of the phases, reported and acknowledged. Elsewhere
 * only what the state of the device permits is sent, under the same guard; it is not acknowledged, so that the next full
 * sync looks at it again.
 */
export class MemberUpdates implements ConcurrentUpdates {
  readonly #deps: MemberUpdatesDeps;
  readonly #unsent: UnsentMembers;
  #dealt = 0;
  /** What was published and may be so now, whether there was something to send for it or not. */
  readonly #moved: Change[] = [];
  readonly #inFlight: Change[] = [];
  #pending: readonly PendingOperation[];
  readonly #unconfirmed = new Unconfirmed();
  readonly #sent: ApplyResult[] = [];
  #failure: AdapterError | undefined;
  #acknowledged: number | undefined;

  constructor(deps: MemberUpdatesDeps) {
    this.#deps = deps;
    this.#unsent = new UnsentMembers(deps);
    this.#pending = deps.pending ?? [];
    if (deps.submitted !== undefined) this.#unconfirmed.add(deps.submitted, this.#pending);
  }

  get acknowledged(): number | undefined {
    return this.#acknowledged;
  }

  get used(): boolean {
    return this.#inFlight.length > 0;
  }

  get unreported(): readonly ApplyResult[] {
    return this.#sent;
  }

  get pending(): readonly PendingOperation[] {
    return this.#pending;
  }

  get reach(): number {
    return this.#unsent.reach;
  }

  /** What was published up to this version has been looked at, and nothing of it waits. */
  get seen(): number {
    return Math.min(this.#unsent.seen, this.reach);
  }

  /** Something waits because a request holds no more. */
  get hasMore(): boolean {
    return this.#unsent.hasMore;
  }

  /** How often there was something to deal with. */
  get dealt(): number {
    return this.#dealt;
  }

  get grants(): boolean {
    return this.#unsent.grants;
  }

  get rulesChanged(): boolean {
    return this.#unsent.rulesChanged;
  }

  stopGrants(): void {
    this.#unsent.stopGrants();
  }

  /** Whatever it begins it waits for. */
  end(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends when both have ended: nothing is written to the device after this. */
  async whileReading<T>(read: () => Promise<T>): Promise<{ readonly answer: T; readonly inFlight: readonly Change[] }> {
    if (this.#deps.whileReading !== true) return { answer: await read(), inFlight: [] };
    const before = this.#inFlight.length;
    const answer = await this.#sendingBeside(read);
    if (this.#failure !== undefined) throw replanned(this.#failure);
    return { answer, inFlight: this.#inFlight.slice(before) };
  }

  async overtake(progress: PlanProgress): Promise<readonly Change[]> {
    this.stopGrants();
    const before = this.#moved.length;
    const failure = await this.send(progress);
    if (failure !== undefined) throw replanned(failure);
    return this.#moved.slice(before);
  }

  async overtakeWhile<T>(progress: PlanProgress, call: () => Promise<T>): Promise<Overtook<T>> {
    this.stopGrants();
    const before = this.#moved.length;
    const answer = await this.#sendingBeside(call, progress);
    const error = this.#failure && replanned(this.#failure);
    return { answer, moved: this.#moved.slice(before), ...(error && { error }) };
  }

  /**
   * Sends what has been published since and may be sent now, as much as one request holds: what was published last waits
   * behind it, but for who is to be shut out.
   *
   * @returns what went wrong; then nothing more is to be sent before the device was read
   */
  async send(progress?: PlanProgress): Promise<AdapterError | undefined> {
    const { store, point, target } = this.#deps;
    // A store that does not answer is asked again.
    const published = await store.changesSince(point, this.#unsent.seen).catch(() => undefined);
    if (published !== undefined) this.#unsent.add(published);
    else if (!this.hasMore) return undefined;
    this.#dealt += 1;
    try {
      const news = this.#unsent.take(target.context.capabilities.membersPerRequest);
      if (news !== undefined) await this.#apply(news, progress);
    } catch (error) {
      this.#failure = asAdapterError(error);
    }
    return this.#failure;
  }

  /**
   * Asks after what was submitted and is due. What has ended, and all before it, is reported and acknowledged.
   *
   * @returns what went wrong; then the device is to be read
   */
  async confirm(longestMs: number): Promise<AdapterError | undefined> {
    const { target, clock } = this.#deps;
    const polled = await pollOperations(this.#pending, target.session, { now: () => clock.now(), longestMs });
    this.#pending = polled.operations;
    this.#failure ??= polled.error ?? polled.refused[0]?.error;
    if (this.#failure !== undefined) return this.#failure;
    for (const { version, result } of this.#unconfirmed.takeEnded(this.#pending))
      await this.#acknowledge(version, result);
    return undefined;
  }

  /** Ends when both have ended. */
  async #sendingBeside<T>(call: () => Promise<T>, progress?: PlanProgress): Promise<T> {
    const end = new AbortController();
    const sending = this.#sendUntil(end.signal, progress);
    try {
      return await call();
    } finally {
      end.abort();
      await sending;
    }
  }

  async #sendUntil(end: AbortSignal, progress?: PlanProgress): Promise<void> {
    const { clock, lease } = this.#deps;
    const began = clock.elapsed();
    while (!end.aborted) {
      const requested = lease?.requested();
      const before = this.#inFlight.length;
      if ((await this.send(progress)) !== undefined) return;
      // What was published while something was sent has waited for long enough.
      if (this.#inFlight.length === before) await this.#rest(pauseMs(clock.elapsed() - began), end, requested);
    }
  }

  /** Until the end, there may be news, or it is time to look. */
  async #rest(ms: number, end: AbortSignal, requested: Promise<void> | undefined): Promise<void> {
    if (end.aborted) return;
    const over = new AbortController();
    const giveUp = (): void => over.abort();
    void requested?.then(giveUp);
    end.addEventListener('abort', giveUp, { once: true });
    await this.#deps.clock.sleep(ms, over.signal);
    end.removeEventListener('abort', giveUp);
  }

  async #apply(news: MemberChanges, progress?: PlanProgress): Promise<void> {
    const { target, onRecord } = this.#deps;
    const moved = lowerDeltas(news.groups, target);
    if (moved === undefined || moved.some(({ op }) => op !== 'members')) {
      this.stopGrants();
      return;
    }
    const changes = this.#begun(moved, progress);
    const inFlight = [...this.#pending.flatMap((operation) => operation.changes), ...(progress?.inFlight ?? [])];
    const sent =
      changes.length === 0
        ? nothingApplied
        : await onRecord(news, () => applyBatches(changes, { ...target, inFlight }));
    const { result, isWhole: isSent } = withoutAbsent(sent);
    this.#pending = [...this.#pending, ...startedAt(this.#deps.clock.now(), result.pending)];
    this.#failure = result.error ?? result.quarantined[0]?.error;
    if (!isSent) this.stopGrants();
    const isWhole = this.grants && this.#failure === undefined;
    const version = this.seen;
    if (isWhole && this.#pending.length === 0) await this.#acknowledge(version, result);
    else if (isWhole && target.submits === true) this.#unconfirmed.add({ version, result }, this.#pending);
    else this.#sent.push(result);
  }

  /** @returns those that are sent next: from here on nobody knows on which side of them a reading is */
  #begun(moved: readonly Change[], progress?: PlanProgress): readonly Change[] {
    const changes = progress === undefined ? moved : moved.filter(({ key }) => progress.isThere(key));
    for (const change of moved) this.#moved.push(change);
    for (const change of changes) this.#inFlight.push(change);
    return changes;
  }

  async #acknowledge(version: number, result: ApplyResult): Promise<void> {
    const { report, store, point, readBackDueAt } = this.#deps;
    if (result.outcomes.length > 0) await report(version, result);
    await store.acknowledge(point, version, readBackDueAt);
    this.#acknowledged = version;
  }
}

/**
 * Groups that are not on the device, as one for which there was no room: nothing was done, and what is read shows as much.
 * A tenant's pods in such a group are no reason to give up the reading.
 */
function withoutAbsent({ error, ...sent }: ApplyResult): { readonly result: ApplyResult; readonly isWhole: boolean } {
  const isAbsent = error?.errorClass === 'not-found';
  const quarantined = sent.quarantined.filter((refused) => refused.error.errorClass !== 'not-found');
  const isWhole = !isAbsent && sent.waiting === 0 && quarantined.length === sent.quarantined.length;
  return { result: { ...sent, quarantined, ...(error !== undefined && !isAbsent && { error }) }, isWhole };
}

/** Between two looks into the store: little where reading is quick, and never much of what reading takes anyway. */
function pauseMs(readingForMs: number): number {
  return Math.min(100, 5 + readingForMs / 50);
}
