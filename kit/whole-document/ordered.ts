import { AdapterError } from '../../src/adapter/errors.ts';
import type { Change } from '../../src/core/model/plan.ts';

/* Rules that a device holds as the text of documents: what a plan does to single rules, done to the list of them. */

/** A rule as it stands in a document. */
export interface Written {
  readonly name: string;
}

/**
 * The list after these changes, in their order. What is created or moved goes right behind the named one, or to the head.
 *
 * @throws AdapterError `not-found` when one of them is about a rule that is not there
 */
export function changedList<W extends Written>(
  list: readonly W[],
  changes: readonly Change[],
  written: (after: NonNullable<Change['after']>) => W,
): readonly W[] {
  return changes.reduce((rules, change) => changed(rules, change, written), list);
}

function changed<W extends Written>(
  list: readonly W[],
  change: Change,
  written: (after: NonNullable<Change['after']>) => W,
): readonly W[] {
  const at = list.findIndex(({ name }) => name === change.key.name);
  const found = list[at];
  const rest = found === undefined ? list : list.toSpliced(at, 1);
  switch (change.op) {
    case 'create':
      return placed(rest, written(change.after), change.place?.after ?? null);
    case 'delete':
      return rest;
    case 'update':
      if (found === undefined) throw missing(change.key.name);
      return list.with(at, written(change.after));
    case 'move':
      if (found === undefined) throw missing(change.key.name);
      return placed(rest, found, change.place.after);
    case 'members':
      throw new AdapterError('unsupported', `Rule ${change.key.name} has no members of its own.`);
  }
}

function placed<W extends Written>(list: readonly W[], rule: W, after: string | null): readonly W[] {
  if (after === null) return [rule, ...list];
  const at = list.findIndex(({ name }) => name === after);
  if (at < 0) throw missing(after);
  return list.toSpliced(at + 1, 0, rule);
}

function missing(name: string): AdapterError {
  return new AdapterError('not-found', `Rule ${name} is not there.`);
}
