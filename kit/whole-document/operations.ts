import type { Clock, Outcome } from '../../src/adapter/adapter.ts';
import { asAdapterError, type AdapterError, type ErrorClass } from '../../src/adapter/errors.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { ResourceKey } from '../../src/core/model/resource.ts';

/*
 * Operations that a device accepts at once and finishes later. The caller waits a second or two for them; one that takes longer
 * is reported as pending, and polled later by its handle.
 */

/** A change that the device has accepted, with the data to poll it: JSON, because it goes into the handle. */
export interface AcceptedChange {
  readonly key: ResourceKey;
}

/** The state of one accepted change. */
export interface ChangeState<A extends AcceptedChange> {
  readonly key: ResourceKey;
  /** In the device's own words. */
  readonly state: string;
  /** Present while the device still works on it. */
  readonly waitsAs?: A;
  /** Present when the operation failed. */
  readonly error?: AdapterError;
}

/** Reads the states of these changes in as few requests as possible. @throws AdapterError when it does not answer */
export type ReadStates<A extends AcceptedChange> = (awaited: readonly A[]) => Promise<readonly ChangeState<A>[]>;

export interface Patience {
  readonly polls: number;
  readonly delayMs: number;
  /** Delay after which pending changes are polled again. */
  readonly pollAfterMs: number;
}

/** Pending outcomes for changes that have not been polled yet: a later call may already show that they are done. */
export function accepted(awaited: readonly AcceptedChange[], pollAfterMs: number): readonly Outcome[] {
  const pending = { handle: JSON.stringify(awaited), pollAfterMs, deviceSays: 'accepted' };
  return awaited.map(({ key }) => ({ key, result: 'pending', ...pending }));
}

/** Polls once. @returns an outcome for each change, with a new handle for those still pending */
export async function pollOnce<A extends AcceptedChange>(
  awaited: readonly A[],
  look: ReadStates<A>,
  { pollAfterMs }: Pick<Patience, 'pollAfterMs'>,
): Promise<readonly Outcome[]> {
  if (awaited.length === 0) return [];
  const looked = await look(awaited);
  const handle = JSON.stringify(looked.flatMap(({ waitsAs }) => waitsAs ?? []));
  return looked.map(({ key, state, waitsAs, error }): Outcome => {
    if (waitsAs !== undefined) return { key, result: 'pending', handle, pollAfterMs, deviceSays: state };
    return error === undefined ? { key, result: 'done' } : { key, result: 'error', error };
  });
}

/** Polls until nothing is pending, at most `polls` times. */
export async function waitFor<A extends AcceptedChange>(
  awaited: readonly A[],
  look: ReadStates<A>,
  { clock, ...patience }: Patience & { readonly clock: Clock },
): Promise<readonly Outcome[]> {
  for (let poll = 1; ; poll += 1) {
    const outcomes = await pollOnce(awaited, look, patience);
    if (poll >= patience.polls || outcomes.every(({ result }) => result !== 'pending')) return outcomes;
    await clock.sleep(patience.delayMs);
  }
}

/** What was sent of several changes. */
export interface Sent<A extends AcceptedChange> {
  readonly awaited: readonly A[];
  /** By place. */
  readonly refused: ReadonlyMap<number, Outcome>;
}

const refusals: readonly ErrorClass[] = ['invalid', 'quota', 'in-use'];

/**
 * Sends each change by itself: one that is refused keeps no other from being sent.
 *
 * @param send returns what is to be waited for; undefined: it is done
 * @throws AdapterError what is no refusal; what follows was not sent
 */
export async function eachByItself<A extends AcceptedChange>(
  changes: readonly Change[],
  send: (change: Change) => Promise<A | undefined>,
): Promise<Sent<A>> {
  const awaited: A[] = [];
  const refused = new Map<number, Outcome>();
  for (const [at, change] of changes.entries()) {
    try {
      const one = await send(change);
      if (one !== undefined) awaited.push(one);
    } catch (error) {
      const failure = asAdapterError(error);
      if (!refusals.includes(failure.errorClass)) throw error;
      refused.set(at, { key: change.key, result: 'error', error: failure });
    }
  }
  return { awaited, refused };
}

/** @param ended what became of those that were waited for */
export function outcomesOf(
  changes: readonly Change[],
  { refused }: Pick<Sent<AcceptedChange>, 'refused'>,
  ended: readonly Outcome[],
): readonly Outcome[] {
  const byName = new Map(ended.map((outcome) => [outcome.key.name, outcome]));
  return changes.map(({ key }, at): Outcome => refused.get(at) ?? byName.get(key.name) ?? { key, result: 'done' });
}
