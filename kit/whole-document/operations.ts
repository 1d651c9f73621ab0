import type { Clock, Outcome } from '../../src/adapter/adapter.ts';
import { asAdapterError, type AdapterError, type ErrorClass } from '../../src/adapter/errors.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { ResourceKey } from '../../src/core/model/resource.ts';

/*
 * What a device accepts at once and carries out a little later. So long as that is a matter of a second or two it is waited
 * for; what takes longer is left pending, and whoever has the handle asks after it.
 */

/** A change that was accepted, with what it takes to ask after it: JSON, for it goes into the handle. */
export interface Awaited {
  readonly key: ResourceKey;
}

/** What the device says of one. */
export interface Looked<A extends Awaited> {
  readonly key: ResourceKey;
  /** The device's word for it. */
  readonly state: string;
  /** It is at work on it still. */
  readonly waitsAs?: A;
  /** It gave it up. */
  readonly error?: AdapterError;
}

/** Asks the device after these, with as few requests as it takes. @throws AdapterError when it does not answer */
export type Look<A extends Awaited> = (awaited: readonly A[]) => Promise<readonly Looked<A>[]>;

export interface Patience {
  readonly polls: number;
  readonly delayMs: number;
  /** When what is still pending then is to be asked after. */
  readonly pollAfterMs: number;
}

/** Nothing is asked yet: a call that follows may prove it. */
export function accepted(awaited: readonly Awaited[], pollAfterMs: number): readonly Outcome[] {
  const pending = { handle: JSON.stringify(awaited), pollAfterMs, deviceSays: 'accepted' };
  return awaited.map(({ key }) => ({ key, result: 'pending', ...pending }));
}

/** Asks once. @returns what became of each, and a new handle for those that are pending still */
export async function lookAfter<A extends Awaited>(
  awaited: readonly A[],
  look: Look<A>,
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

/** Asks a few times, until nothing is pending any more. */
export async function waitFor<A extends Awaited>(
  awaited: readonly A[],
  look: Look<A>,
  { clock, ...patience }: Patience & { readonly clock: Clock },
): Promise<readonly Outcome[]> {
  for (let poll = 1; ; poll += 1) {
    const outcomes = await lookAfter(awaited, look, patience);
    if (poll >= patience.polls || outcomes.every(({ result }) => result !== 'pending')) return outcomes;
    await clock.sleep(patience.delayMs);
  }
}

/** What was sent of several changes. */
export interface Sent<A extends Awaited> {
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
export async function eachByItself<A extends Awaited>(
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
  { refused }: Pick<Sent<Awaited>, 'refused'>,
  ended: readonly Outcome[],
): readonly Outcome[] {
  const byName = new Map(ended.map((outcome) => [outcome.key.name, outcome]));
  return changes.map(({ key }, at): Outcome => refused.get(at) ?? byName.get(key.name) ?? { key, result: 'done' });
}
