import type { Outcome } from '../../src/adapter/adapter.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { Change } from '../../src/core/model/plan.ts';

export type ChangeOf<Op extends Change['op']> = Extract<Change, { readonly op: Op }>;

/** What makes changes of one kind of object, by operation; an operation that the kind does not know is left out. */
export type Operations<W> = {
  readonly [Op in Change['op']]?: (work: W, change: ChangeOf<Op>) => Promise<unknown>;
};

/** What makes changes on a device. */
export interface Dispatch<W> {
  /** By kind, and for all other kinds. */
  readonly kinds: Readonly<Record<string, Operations<W>>>;
  readonly others: Operations<W>;
  /** Is there nothing to send, because it is so already, or something else needs what is to go? Asked right before. */
  readonly isUnneeded?: (work: W, change: Change) => boolean;
}

/**
 * Makes changes one after the other, and stops at the first that fails.
 *
 * @throws AdapterError what went wrong
 */
export async function makeChanges<W>(
  work: W,
  changes: readonly Change[],
  { kinds, others, isUnneeded }: Dispatch<W>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const change of changes) {
    const { key, op } = change;
    if (isUnneeded?.(work, change) === true) {
      outcomes.push({ key, result: 'done', unneeded: true });
      continue;
    }
    const make = (kinds[key.kind] ?? others)[op] as ((work: W, change: Change) => Promise<unknown>) | undefined;
    if (make === undefined) {
      throw new AdapterError('unsupported', `${key.kind} ${key.name}: there is no change ${op} for it.`);
    }
    await make(work, change);
    outcomes.push({ key, result: 'done' });
  }
  return outcomes;
}
