import type { Adapter, Batch, LowerContext, Outcome, Session } from '../adapter/adapter.ts';
import { AdapterError, errorPolicy } from '../adapter/errors.ts';
import type { Change } from '../core/model/plan.ts';
import { keyOf, type Resource, type ResourceKey } from '../core/model/resource.ts';
import { LeftOut } from '../core/plan/left-out.ts';
import { asAdapterError } from './failure.ts';

interface Carrier<C, R extends Resource> {
  readonly adapter: Adapter<C, R>;
  readonly session: Session<R>;
  readonly context: LowerContext<C>;
  readonly signal: AbortSignal;
  /** Asked before each write; throws when the point is no longer ours to write to. */
  readonly confirm?: () => Promise<void>;
}

export interface CarriedOut {
  readonly outcomes: readonly Outcome[];
  readonly setAside: readonly { readonly key: ResourceKey; readonly error: AdapterError }[];
  readonly nativeCalls: number;
  /** What stopped it: retry, replan or hold, as its class says. */
  readonly error?: AdapterError;
}

/**
 * Sends changes batch by batch, in order. A change that the device refuses is set aside together with what depends on
 * it, and the rest goes on; a batch that fails as a whole is halved until the offender stands alone. Anything else that
 * goes wrong ends the run: what we know about the device is no longer sure.
 */
export async function carryOut<C, R extends Resource>(
  changes: readonly Change<R>[],
  carrier: Carrier<C, R>,
): Promise<CarriedOut> {
  const run = new Run(carrier);
  for (const batch of carrier.adapter.batch(changes, carrier.context)) {
    if (!(await run.batch(batch))) break;
  }
  return run.result();
}

class Run<C, R extends Resource> {
  readonly #carrier: Carrier<C, R>;
  readonly #outcomes: Outcome[] = [];
  readonly #setAside = new Map<string, { readonly key: ResourceKey; readonly error: AdapterError }>();
  #nativeCalls = 0;
  readonly #leftOut = new LeftOut<R>();
  #error: AdapterError | undefined;

  constructor(carrier: Carrier<C, R>) {
    this.#carrier = carrier;
  }

  result(): CarriedOut {
    const setAside = [...this.#setAside.values()];
    const error = this.#error;
    return { outcomes: this.#outcomes, setAside, nativeCalls: this.#nativeCalls, ...(error && { error }) };
  }

  /** False when the run is over. */
  async batch(batch: Batch<R>): Promise<boolean> {
    const feasible = batch.changes.flatMap((change) => this.#feasible(change));
    if (feasible.length === 0) return true;
    if (batch.changes.some((change, at) => change !== feasible[at])) return this.#anew(feasible);
    this.#carrier.signal.throwIfAborted();
    await this.#carrier.confirm?.();
    this.#nativeCalls += batch.nativeCalls;
    const outcomes = await this.#send(batch);
    const refused = outcomes.filter((outcome) => outcome.result === 'error');
    const fatal = refused.find(({ error }) => !quarantined(error));
    if (batch.atomic && refused.length > 0 && fatal === undefined && batch.changes.length > 1)
      return this.#halve(batch);
    this.#outcomes.push(...outcomes);
    for (const [at, change] of batch.changes.entries()) {
      const outcome = outcomes[at];
      if (outcome?.result === 'error' && quarantined(outcome.error)) this.#putAside(change, outcome.error);
    }
    this.#error = fatal?.error ?? stillRunning(outcomes);
    return this.#error === undefined;
  }

  async #send(batch: Batch<R>): Promise<readonly Outcome[]> {
    try {
      return await this.#carrier.session.send(batch, this.#carrier.signal);
    } catch (error) {
      const failure = asAdapterError(error);
      return batch.changes.map(({ key }) => ({ key, result: 'error', error: failure }));
    }
  }

  async #halve({ changes }: Batch<R>): Promise<boolean> {
    const middle = changes.length >> 1;
    return (await this.#anew(changes.slice(0, middle))) && (await this.#anew(changes.slice(middle)));
  }

  async #anew(changes: readonly Change<R>[]): Promise<boolean> {
    for (const batch of this.#carrier.adapter.batch(changes, this.#carrier.context)) {
      if (!(await this.batch(batch))) return false;
    }
    return true;
  }

  /** The change as it can be carried out, if nothing that it has to wait for was refused. */
  #feasible(change: Change<R>): Change<R>[] {
    const obstacle = this.#leftOut.obstacle(change);
    if (obstacle === undefined) return [this.#leftOut.anchored(change)];
    const cause = this.#setAside.get(keyOf(obstacle))?.error;
    const { kind, name } = change.key;
    const message = `${kind} ${name} waits for another change that was refused: ${cause?.message ?? obstacle.name}`;
    this.#putAside(change, new AdapterError(cause?.errorClass ?? 'invalid', message));
    return [];
  }

  #putAside(change: Change<R>, error: AdapterError): void {
    const { key } = change;
    this.#leftOut.add(change);
    if (!this.#setAside.has(keyOf(key))) this.#setAside.set(keyOf(key), { key, error });
  }
}

function quarantined({ errorClass }: AdapterError): boolean {
  return errorPolicy[errorClass].then === 'quarantine';
}

/** A native operation that has not ended: nothing may build on it yet, and nobody waits for it here. */
function stillRunning(outcomes: readonly Outcome[]): AdapterError | undefined {
  const pending = outcomes.filter((outcome) => outcome.result === 'pending');
  if (pending.length === 0) return undefined;
  const retryAfterMs = Math.max(...pending.map(({ pollAfterMs }) => pollAfterMs));
  return new AdapterError('busy', `The device is still at work on ${pending.length} changes.`, { retryAfterMs });
}
