import type { Clock } from '../../adapter/adapter.ts';
import { asApiError, type ApiError } from '../api-error.ts';
import type { Lease, LeaseSpec, LeaseStore } from './lease.ts';

/** One term as the leader. */
export interface Term {
  /** Fencing token: greater in every later term of any controller. A store refuses a writer whose token is below one it has seen. */
  readonly token: number;
  /** Aborts when the term ends. */
  readonly signal: AbortSignal;
}

export interface ElectionDeps {
  readonly store: Pick<LeaseStore, 'read' | 'write'>;
  /** Names this process only, not an earlier one of the same pod. */
  readonly identity: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onStartedLeading: (term: Term) => void;
  /** Called after the term's signal has aborted. On shutdown the lease is released once this has resolved. */
  readonly onStoppedLeading: () => void | Promise<void>;
  readonly report: (message: string) => void;
  readonly timing?: ElectionTiming;
}

/** Milliseconds. `renewDeadlineMs` is below `leaseMs`, so that a leader stops before another starts. */
export interface ElectionTiming {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

const defaultTiming: ElectionTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/**
 * Takes part in the election of one leader. Times written by others are never compared with our clock: a lease has
 * expired when we have seen it unchanged for its whole duration.
 */
export class LeaderElection {
  readonly #deps: ElectionDeps;
  readonly #timing: ElectionTiming;
  #lease: Lease | undefined;
  #seenAt = 0;
  #highestToken = 0;
  /** When the request that last renewed our lease was sent; undefined: we do not lead. */
  #renewedAt: number | undefined;
  #acquired = '';
  #resigns = '';
  #term: AbortController | undefined;

  constructor(deps: ElectionDeps) {
    this.#deps = deps;
    this.#timing = deps.timing ?? defaultTiming;
  }

  /** True only while no other controller can lead. Check it right before each write. */
  get leading(): boolean {
    const { renewDeadlineMs } = this.#timing;
    return this.#renewedAt !== undefined && this.#deps.clock.elapsed() - this.#renewedAt < renewDeadlineMs;
  }

  /** The last known holder; empty if there is none. */
  get leader(): string {
    return this.#lease?.spec.holderIdentity ?? '';
  }

  /** Gives up the term, so that another process may lead, and takes part again when a lease would have run out. */
  resign(reason: string): void {
    if (this.#term !== undefined) this.#resigns = reason;
  }

  /** Resolves after the signal has aborted and the lease, if ours, is released; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    while (!signal.aborted) {
      if (this.#resigns !== '') {
        await this.#release(this.#resigns);
        this.#resigns = '';
        await clock.sleep(this.#timing.leaseMs, signal);
        continue;
      }
      await this.#attempt();
      if (this.#renewedAt !== undefined && !this.leading) await this.#stop('the lease could not be renewed in time');
      await clock.sleep(this.#timing.retryMs * (this.#term ? 1 : 1 + random() * 0.2), signal);
    }
    await this.#release('shutting down');
  }

  async #attempt(): Promise<void> {
    try {
      const lease = await this.#deps.store.read(this.#timeoutMs());
      this.#observe(lease);
      if (this.#term !== undefined && this.leader !== this.#deps.identity)
        await this.#stop('another controller holds the lease');
      if (this.#mayTake()) await this.#take(lease);
    } catch (error) {
      const problem: ApiError = asApiError(error);
      // Another controller wrote first; the next attempt reads it.
      if (problem.status !== 409) this.#deps.report(`leader election: ${problem.message}`);
    }
  }

  #observe(lease: Lease | undefined): void {
    if (lease?.version !== this.#lease?.version) this.#seenAt = this.#deps.clock.elapsed();
    this.#lease = lease;
    this.#highestToken = Math.max(this.#highestToken, lease?.spec.leaseTransitions ?? 0);
  }

  #mayTake(): boolean {
    const { holderIdentity = '', leaseDurationSeconds = 0 } = this.#lease?.spec ?? {};
    if (holderIdentity === '' || holderIdentity === this.#deps.identity) return true;
    return this.#deps.clock.elapsed() - this.#seenAt > leaseDurationSeconds * 1_000;
  }

  async #take(lease: Lease | undefined): Promise<void> {
    const sentAt = this.#deps.clock.elapsed();
    const now = this.#microTime();
    const renews = this.#term !== undefined && this.#renewedAt !== undefined;
    // A new term has a new token, even if no other controller led in between.
    const token = renews ? this.#highestToken : Math.max(this.#highestToken + 1, this.#leastToken());
    if (!renews) this.#acquired = now;
    const spec = this.#spec(this.#deps.identity, now, token);
    this.#observe(await this.#deps.store.write(spec, lease, this.#timeoutMs()));
    this.#renewedAt = sentAt;
    if (!renews && this.leading) this.#start(token);
  }

  /** A lease that was deleted, or restored from a backup, must not repeat old tokens: none is below the minutes since the epoch. */
  #leastToken(): number {
    return Math.floor(this.#deps.clock.now() / 60_000);
  }

  #start(token: number): void {
    this.#term = new AbortController();
    this.#deps.onStartedLeading({ token, signal: this.#term.signal });
  }

  async #stop(reason: string): Promise<void> {
    if (this.#term === undefined) return;
    this.#renewedAt = undefined;
    this.#term.abort();
    this.#term = undefined;
    this.#deps.report(`leader election: no longer leading, ${reason}`);
    await this.#deps.onStoppedLeading();
  }

  /** Lets the next leader start at once instead of waiting for the lease to expire. */
  async #release(reason: string): Promise<void> {
    const held = this.#term !== undefined;
    await this.#stop(reason);
    if (!held || this.#lease?.spec.holderIdentity !== this.#deps.identity) return;
    try {
      const spec = { ...this.#spec('', this.#microTime(), this.#lease.spec.leaseTransitions), leaseDurationSeconds: 1 };
      await this.#deps.store.write(spec, this.#lease, this.#timing.retryMs);
    } catch (error) {
      this.#deps.report(
        `leader election: the lease could not be released and will expire: ${asApiError(error).message}`,
      );
    }
  }

  #spec(holderIdentity: string, renewTime: string, leaseTransitions: number): LeaseSpec {
    const leaseDurationSeconds = Math.ceil(this.#timing.leaseMs / 1_000);
    return { holderIdentity, leaseDurationSeconds, acquireTime: this.#acquired, renewTime, leaseTransitions };
  }

  /** A request may not outlast the time in which its answer is useful. */
  #timeoutMs(): number {
    const { renewDeadlineMs, retryMs } = this.#timing;
    const left =
      this.#renewedAt === undefined ? Infinity : renewDeadlineMs - (this.#deps.clock.elapsed() - this.#renewedAt);
    return Math.max(Math.min(left, renewDeadlineMs / 2), Math.min(retryMs, 1_000));
  }

  #microTime(): string {
    return new Date(this.#deps.clock.now()).toISOString().replace('Z', '000Z');
  }
}
