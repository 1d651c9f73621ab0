/** Priorities between these, both included, and not those that others have. */
export interface PriorityRange {
  readonly first: number;
  readonly last: number;
  readonly taken: ReadonlySet<number>;
}

/** Between neighbours, where there is room. */
const step = 100;

/**
 * Priorities for rules in their order. Who has one keeps it, where the order lets them and there is room between; otherwise all get new
 * ones.
 *
 * @param current what each has now; undefined: none
 * @returns undefined where there are fewer priorities than rules
 */
export function priorities(
  current: readonly (number | undefined)[],
  range: PriorityRange,
): readonly number[] | undefined {
  return (
    placed(kept(current, range), range) ??
    placed(
      current.map(() => undefined),
      range,
    )
  );
}

/** Of those that have one, in their order, all that come after those before them. */
function kept(
  current: readonly (number | undefined)[],
  { first, last }: PriorityRange,
): readonly (number | undefined)[] {
  let highest = first - 1;
  return current.map((priority) => {
    if (priority === undefined || priority <= highest || priority > last) return undefined;
    highest = priority;
    return priority;
  });
}

function placed(wanted: readonly (number | undefined)[], range: PriorityRange): readonly number[] | undefined {
  const result: number[] = [];
  for (let at = 0; at < wanted.length;) {
    const own = wanted[at];
    if (own !== undefined) {
      result.push(own);
      at += 1;
      continue;
    }
    const next = wanted.findIndex((priority, index) => index >= at && priority !== undefined);
    const end = next < 0 ? wanted.length : next;
    const gap = { after: result.at(-1) ?? range.first - 1, before: wanted[end] ?? range.last + 1 };
    const found = between(gap, end - at, range.taken);
    if (found === undefined) return undefined;
    for (const priority of found) result.push(priority);
    at = end;
  }
  return result;
}

function between(
  { after, before }: { readonly after: number; readonly before: number },
  count: number,
  taken: ReadonlySet<number>,
): readonly number[] | undefined {
  const distance = Math.max(1, Math.min(step, Math.floor((before - after) / (count + 1))));
  const found: number[] = [];
  let priority = after + distance;
  for (; found.length < count && priority < before; priority += taken.has(priority) ? 1 : distance)
    if (!taken.has(priority)) found.push(priority);
  return found.length === count ? found : undefined;
}
