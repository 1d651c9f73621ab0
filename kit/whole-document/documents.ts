import type { Written } from './ordered.ts';

/*
 * An ordered list of rules over several documents, each of which holds so much. The documents together are the list: the
 * first holds its beginning, and so on.
 */

export interface WrittenDocument<W extends Written> {
  readonly rules: readonly W[];
}

/** Takes one more rule into a document, if there is room for it. */
export type Fill<W> = (rule: W) => boolean;

/**
 * Divides a list into documents. A document that there is begins with the same rule as before, so that a change in one
 * leaves the others as they are; where that would take more than `most`, the list is divided again.
 *
 * @param empty an empty document, to be filled: a rule at a time, in their order, until one does not fit
 */
export function dividedList<W extends Written>(
  list: readonly W[],
  current: readonly WrittenDocument<W>[],
  { empty, most }: { readonly empty: () => Fill<W>; readonly most: number },
): readonly (readonly W[])[] {
  const beginnings = new Set(current.flatMap(({ rules: [first] }) => (first === undefined ? [] : [first.name])));
  const stable = divided(list, empty, beginnings);
  return stable.length <= most ? stable : divided(list, empty, new Set());
}

function divided<W extends Written>(
  list: readonly W[],
  empty: () => Fill<W>,
  beginnings: ReadonlySet<string>,
): readonly (readonly W[])[] {
  const documents: W[][] = [];
  let takes = empty();
  for (const rule of list) {
    const last = documents.at(-1);
    if (last !== undefined && !beginnings.has(rule.name) && takes(rule)) {
      last.push(rule);
      continue;
    }
    takes = empty();
    // A rule that is too large for any document stands alone: the device says so.
    takes(rule);
    documents.push([rule]);
  }
  return documents;
}

/** What has to be written so that the documents are as wanted. */
export type Rewriting<D, W> =
  /** One document gets another content; the others are as they are. */
  | { readonly way: 'in-place'; readonly document: D; readonly rules: readonly W[] }
  /** New documents beside the old ones, then the list of documents, which brings all to bear at one instant, then the old ones go. */
  | { readonly way: 'replace'; readonly wanted: readonly (D | readonly W[])[]; readonly leaving: readonly D[] }
  | { readonly way: 'none' };

/**
 * How to get from the documents that there are to the wanted ones without a moment in which only some of them are changed.
 *
 * @param isSame do these rules stand in that document as they are?
 * @param holds is there room in that document for these rules?
 */
export function rewriting<W extends Written, D extends WrittenDocument<W>>(
  current: readonly D[],
  wanted: readonly (readonly W[])[],
  { isSame, holds }: Record<'isSame' | 'holds', (document: D, rules: readonly W[]) => boolean>,
): Rewriting<D, W> {
  const free = new Set(current);
  const kept = wanted.map((rules) => {
    const found = [...free].find((document) => isSame(document, rules));
    if (found !== undefined) free.delete(found);
    return found ?? rules;
  });
  const changed = kept.flatMap((entry, at) => (isDocument<W, D>(entry) ? [] : [{ rules: entry, at }]));
  const places = kept.flatMap((entry) => (isDocument<W, D>(entry) ? [current.indexOf(entry)] : []));
  const keepsOrder = places.every((place, at) => place > (places[at - 1] ?? -1));
  if (changed.length === 0 && free.size === 0 && keepsOrder) return { way: 'none' };
  const [only] = changed;
  const [old] = free;
  if (
    changed.length === 1 &&
    free.size === 1 &&
    keepsOrder &&
    only &&
    old &&
    current.indexOf(old) === only.at &&
    holds(old, only.rules)
  ) {
    return { way: 'in-place', document: old, rules: only.rules };
  }
  return { way: 'replace', wanted: kept, leaving: [...free] };
}

export function isDocument<W extends Written, D extends WrittenDocument<W>>(entry: D | readonly W[]): entry is D {
  return !Array.isArray(entry);
}
