import type { Change, Place } from '../model/plan.ts';
import { keyOf, type Resource } from '../model/resource.ts';

/*
 * The order of a first-match table, brought from what is there to what is wanted without a moment that permits more.
 *
 * What such a table permits is the union, over its accepting rules, of what each matches less what the denying rules
 * above it match. So everything hangs on one relation: which denying rules stand above an accepting one. Raising
 * denying rules only narrows (`raiseDenies`). Once every accepting rule has above it all denying rules that belong
 * there, any rearrangement that keeps it so permits nothing but flows of the new state (`arrange`).
 */

type Placing<R extends Resource> = Extract<Change<R>, { op: 'create' | 'move' }>;

export interface Arrangement<R extends Resource> {
  /** Phase `grow`: denying rules created, or raised. */
  readonly raised: readonly Placing<R>[];
  /** Phase `wire`: everything else into its place. */
  readonly arranged: readonly Placing<R>[];
}

/**
 * Changes that bring one ordered table from `current` to `target`.
 *
 * @param current ours in the table, first match first, without the accepting rules that phase `revoke` deletes
 * @param target ours as they should be, first match first
 */
export function arrangeTable<R extends Resource>(current: readonly R[], target: readonly R[]): Arrangement<R> {
  const list = current.map(keyOf);
  const wanted = new Map(target.map((rule, index) => [keyOf(rule), { rule, index }]));
  const actual = new Map(current.map((rule) => [keyOf(rule), rule]));
  const raised = raiseDenies(list, wanted, actual);
  return { raised, arranged: arrange(list, target, actual, new Set(raised.map((change) => keyOf(change.key)))) };
}

interface Wanted<R> {
  readonly rule: R;
  readonly index: number;
}

/** Puts every wanted denying rule above all accepting rules that are there and belong below it. Edits `list`. */
function raiseDenies<R extends Resource>(
  list: string[],
  wanted: ReadonlyMap<string, Wanted<R>>,
  actual: ReadonlyMap<string, R>,
): Placing<R>[] {
  const changes: Placing<R>[] = [];
  const reach = new Reach(list, wanted, actual);
  for (const [key, { rule, index }] of wanted) {
    if (rule.effect !== 'Deny') continue;
    const ceiling = reach.firstAcceptAfter(index);
    const present = actual.has(key);
    if (present && (ceiling === undefined || list.indexOf(key) < list.indexOf(ceiling))) continue;
    if (present) list.splice(list.indexOf(key), 1);
    const at = ceiling === undefined ? list.length : list.indexOf(ceiling);
    list.splice(at, 0, key);
    changes.push(placing(rule, present, placeAt(list, at), 'grow'));
  }
  return changes;
}

/** For a rank in the wanted order: the accepting rule highest up in the current list among those ranked below it. */
class Reach<R extends Resource> {
  readonly #highest: readonly { readonly index: number; readonly key: string }[];

  constructor(list: readonly string[], wanted: ReadonlyMap<string, Wanted<R>>, actual: ReadonlyMap<string, R>) {
    // Walking down the list, an accepting rule matters only if it ranks lower than all that stand above it.
    const highest: { index: number; key: string }[] = [];
    let lowest = -1;
    for (const key of list) {
      const target = wanted.get(key);
      if (target === undefined || actual.get(key)?.effect !== 'Accept' || target.index <= lowest) continue;
      lowest = target.index;
      highest.push({ index: target.index, key });
    }
    this.#highest = highest;
  }

  firstAcceptAfter(index: number): string | undefined {
    let low = 0;
    let high = this.#highest.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#highest[middle]?.index ?? 0) > index) high = middle;
      else low = middle + 1;
    }
    return this.#highest[low]?.key;
  }
}

/** Brings `list` into the wanted order, with the fewest moves if they are safe in a row, one by one from the top if not. */
function arrange<R extends Resource>(
  list: readonly string[],
  target: readonly R[],
  actual: ReadonlyMap<string, R>,
  placed: ReadonlySet<string>,
): Placing<R>[] {
  const present = new Set([...actual.keys(), ...placed]);
  const rank = new Map(target.map((rule, index) => [keyOf(rule), index]));
  const keys = target.map(keyOf);
  const detached = new Set([...actual].flatMap(([key, rule]) => (rule.detached === true ? [key] : [])));
  const settled = longestIncreasing(list.flatMap((key) => (detached.has(key) ? [] : (rank.get(key) ?? []))));
  const stays = new Set(keys.filter((_, index) => settled.has(index)));
  const known = { rank, present, detached };
  return walk(list, target, known, stays) ?? walk(list, target, known, new Set()) ?? [];
}

interface Known {
  readonly rank: ReadonlyMap<string, number>;
  readonly present: ReadonlySet<string>;
  readonly detached: ReadonlySet<string>;
}

/**
 * Places every rule of `target` that does not stay, from the top, so that whatever belongs above a rule already stands
 * there. Undefined if a denying rule would on its way down uncover an accepting one that has not been placed yet; that
 * cannot happen when nothing stays.
 */
function walk<R extends Resource>(
  list: readonly string[],
  target: readonly R[],
  { rank, present, detached }: Known,
  stays: ReadonlySet<string>,
): Placing<R>[] | undefined {
  const order = [...list];
  const effects = new Map(target.map((rule) => [keyOf(rule), rule.effect]));
  const changes: Placing<R>[] = [];
  let at = -1;
  for (const [index, rule] of target.entries()) {
    const key = keyOf(rule);
    if (stays.has(key) || (order[at + 1] === key && !detached.has(key))) {
      at = order.indexOf(key, at + 1);
      continue;
    }
    const from = present.has(key) ? order.indexOf(key) : -1;
    if (from > at) order.splice(from, 1);
    else if (from >= 0) {
      const passed = order.slice(from + 1, at + 1);
      const exposes = (other: string): boolean => effects.get(other) === 'Accept' && (rank.get(other) ?? -1) > index;
      if (rule.effect === 'Deny' && passed.some(exposes)) return undefined;
      order.splice(from, 1);
      at -= 1;
    }
    order.splice(at + 1, 0, key);
    changes.push(placing(rule, from >= 0, placeAt(order, at + 1), 'wire'));
    at += 1;
  }
  return changes;
}

function placeAt(list: readonly string[], at: number): Place {
  const before = list[at - 1];
  return { after: before === undefined ? null : before.slice(before.indexOf('\u0000') + 1) };
}

function placing<R extends Resource>(rule: R, present: boolean, place: Place, phase: 'grow' | 'wire'): Placing<R> {
  const key = { kind: rule.kind, name: rule.name };
  return present ? { op: 'move', phase, key, after: rule, place } : { op: 'create', phase, key, after: rule, place };
}

/** The values of one longest increasing subsequence, in O(n log n). */
function longestIncreasing(values: readonly number[]): Set<number> {
  const tails: number[] = [];
  const previous: number[] = [];
  for (const [index, value] of values.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = index;
  }
  const chosen = new Set<number>();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at] ?? -1) chosen.add(values[at] ?? 0);
  return chosen;
}
