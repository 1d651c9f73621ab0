/*
 * A set that changes by calls that take so many entries each, and that the device must never find empty.
 */

export interface EntriesCall {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export interface EntryLimits {
  /** Entries to add, and entries to remove, in one call. */
  readonly perCall: number;
  /** Stands in a set that would have no entries. */
  readonly filler: string;
}

/** The entries that stand for these members. */
export function entriesFor(members: Iterable<string>, { filler }: Pick<EntryLimits, 'filler'>): ReadonlySet<string> {
  const entries = new Set(members);
  return entries.size === 0 ? new Set([filler]) : entries;
}

/**
 * The calls from one set of entries to another. What belongs in both is never left out. Each call is carried out as a
 * whole; the filler comes with the first that leave, and goes with the first that come.
 */
export function callsBetween(
  current: ReadonlySet<string>,
  target: ReadonlySet<string>,
  { perCall, filler }: EntryLimits,
): readonly EntriesCall[] {
  const isFiller = (entry: string): boolean => entry === filler;
  const add = [...target].filter((entry) => !current.has(entry));
  const leaving = [...current].filter((entry) => !target.has(entry));
  const remove = [...leaving.filter(isFiller), ...leaving.filter((entry) => !isFiller(entry))];
  const calls = Math.max(Math.ceil(add.length / perCall), Math.ceil(remove.length / perCall));
  return Array.from({ length: calls }, (_, at) => {
    const part = (entries: readonly string[]): readonly string[] => entries.slice(at * perCall, (at + 1) * perCall);
    return { add: part(add), remove: part(remove) };
  });
}

/** How much a set should be able to hold: half as much again as it does, in steps that double. */
export function headRoom(entries: number, { least, most }: { readonly least: number; readonly most: number }): number {
  let size = least;
  while (size < entries * 1.5 && size < most) size *= 2;
  return Math.min(size, most);
}
