import type { Batch, Live, Observed, Outcome, RuleHit, Session } from '../adapter/adapter.ts';
import type { Change } from '../core/model/plan.ts';
import type { Capabilities } from '../adapter/capabilities.ts';
import { AdapterError } from '../adapter/errors.ts';
import type { PointRecord } from './point-record.ts';

/**
 * A session that records each write before it sends it, and the outcome afterwards. Reading the device settles writes
 * whose outcome was unknown.
 */
export class AuditedSession implements Session {
  readonly #session: Session;
  readonly #record: PointRecord;
  readonly evidence?: () => Promise<readonly RuleHit[]>;
  readonly submit?: Session['send'];
  readonly retire?: NonNullable<Session['retire']>;

  constructor(session: Session, record: PointRecord) {
    this.#session = session;
    this.#record = record;
    if (session.evidence !== undefined) this.evidence = session.evidence.bind(session);
    const submit = session.submit?.bind(session);
    const retire = session.retire?.bind(session);
    if (retire !== undefined) this.retire = (change, signal) => this.#retired(change, () => retire(change, signal));
    if (submit !== undefined) this.submit = (batch, signal) => this.#recorded(batch, () => submit(batch, signal));
  }

  async #retired(change: Change, retire: () => Promise<Outcome>): Promise<Outcome> {
    const [outcome] = await this.#recorded({ changes: [change] }, async () => [await retire()]);
    return (
      outcome ?? {
        key: change.key,
        result: 'error',
        error: new AdapterError('transient', 'the session returned no outcome for this change'),
      }
    );
  }

  send(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return this.#recorded(batch, () => this.#session.send(batch, signal));
  }

  async #recorded(batch: Pick<Batch, 'changes'>, send: () => Promise<readonly Outcome[]>): Promise<readonly Outcome[]> {
    let begun;
    try {
      begun = await this.#record.begin(batch.changes);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return batch.changes.map(({ key }) => ({ key, result: 'error', error }));
    }
    return withRecords(await this.#record.sent(begun, send), begun);
  }

  async observe(): Promise<Observed> {
    const unsettled = await this.#record.beforeReading();
    const observed = await this.#session.observe();
    await this.#record.settle(unsettled, observed);
    return observed;
  }

  probe(): Promise<Capabilities> {
    return this.#session.probe();
  }

  /** Closes the records that `send` left open, also where another process sent them. */
  async poll(handle: string): Promise<readonly Outcome[]> {
    const [, numbers = '', own = handle] = /^([\d,]+):(.*)$/s.exec(handle) ?? [];
    const outcomes = await this.#session.poll(own);
    await this.#record.closePolled(numbers.split(',').map(Number), outcomes);
    return outcomes.map((outcome) =>
      outcome.result === 'pending' ? { ...outcome, handle: `${numbers}:${outcome.handle}` } : outcome,
    );
  }

  othersWrote(): void {
    this.#session.othersWrote?.();
  }

  live(): Promise<Live> {
    return this.#session.live();
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** Puts the numbers of the records that began an operation before its handle: `17,18:HANDLE`. */
function withRecords(outcomes: readonly Outcome[], begun: readonly number[]): readonly Outcome[] {
  const numbersOf = (handle: string): readonly number[] =>
    begun.filter((_, index) => {
      const outcome = outcomes[index];
      return outcome?.result === 'pending' && outcome.handle === handle;
    });
  return outcomes.map((outcome) =>
    outcome.result === 'pending'
      ? { ...outcome, handle: `${numbersOf(outcome.handle).join(',')}:${outcome.handle}` }
      : outcome,
  );
}
