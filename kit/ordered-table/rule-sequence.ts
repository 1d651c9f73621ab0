import { AdapterError } from '../../src/adapter/errors.ts';
import type { Place } from '../../src/core/model/plan.ts';

/*
 * Tables of rules that we share with others: ours stand together in one block, and where it begins is configured. Rules
 * of others are never moved.
 */

/** Where our block begins: before every rule of others, after all, or beside one of theirs. */
export type Anchor = 'top' | 'bottom' | { readonly above: string } | { readonly below: string };

/** A rule of the table, ours or not. */
export interface SeenRule {
  /** By which the device moves it. */
  readonly id: string;
  readonly name: string;
  readonly ours: boolean;
  readonly enabled: boolean;
  /** Of others: stops what it matches. */
  readonly denies: boolean;
}

/** A place as devices say it: before or after the rule of that id. */
export type NativePlace = { readonly before: string } | { readonly after: string };

/** What stands in our block without being ours. */
export interface Intrusion {
  /** Rules of others, by which our block is divided. */
  readonly intruders: readonly SeenRule[];
  /** Ids of ours that are to be put back in front of them. */
  readonly detached: ReadonlySet<string>;
}

/** The whole table in its order, first match first, as it was last read and as it was changed since. */
export class RuleSequence {
  #rules: readonly SeenRule[];

  constructor(rules: readonly SeenRule[] = []) {
    this.#rules = rules;
  }

  get all(): readonly SeenRule[] {
    return this.#rules;
  }

  /** Ours by its name, or any by `#id`, for one without a usable name. */
  find(name: string): SeenRule | undefined {
    return this.#rules.find((rule) => (name.startsWith('#') ? `#${rule.id}` : rule.ours && rule.name) === name);
  }

  /** In its place, or last if it is new. */
  put(rule: SeenRule): void {
    const at = this.#rules.findIndex(({ id }) => id === rule.id);
    this.#rules = at < 0 ? [...this.#rules, rule] : this.#rules.with(at, rule);
  }

  drop(id: string): void {
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
  }

  move(id: string, place: NativePlace): void {
    const moved = this.#rules.find((rule) => rule.id === id);
    if (moved === undefined) return;
    this.drop(id);
    const beside = this.#rules.findIndex((rule) => rule.id === ('before' in place ? place.before : place.after));
    this.#rules = this.#rules.toSpliced('before' in place ? beside : beside + 1, 0, moved);
  }

  /**
   * Where a rule of ours is to be moved. The head of our block is before the first of ours; a block that does not exist
   * yet begins at the anchor.
   *
   * @returns undefined when there is nothing to stand before or behind
   * @throws AdapterError `not-found` when the rule that it goes after is not there, `invalid` when the anchor is not
   */
  placeOf(id: string, place: Place, anchor: Anchor): NativePlace | undefined {
    if (place.after === null) return this.#head(id, anchor);
    const found = this.find(place.after);
    if (found === undefined) throw new AdapterError('not-found', `Rule ${place.after} is not there.`);
    return { after: found.id };
  }

  #head(id: string, anchor: Anchor): NativePlace | undefined {
    const others = this.#rules.filter((rule) => rule.id !== id);
    const first = others.find(isOurs);
    if (first !== undefined) return { before: first.id };
    if (anchor === 'top') return others[0] && { before: others[0].id };
    if (anchor === 'bottom') return others.at(-1) && { after: others.at(-1)?.id ?? '' };
    const name = 'above' in anchor ? anchor.above : anchor.below;
    const found = others.find((rule) => !rule.ours && rule.name === name);
    if (found === undefined) {
      const message = `There is no policy ${name}, which config.anchor names; create it, or choose another anchor.`;
      throw new AdapterError('invalid', message);
    }
    return 'above' in anchor ? { before: found.id } : { after: found.id };
  }

  /**
   * Rules of others between ours. One that accepts decides before those of ours that stand below, and can undo a Deny:
   * ours then go back in front of it. One that denies only stops more, and may have been put there in haste for a reason:
   * nothing of ours is raised above it. The block begins with the first of ours, or with the first below the anchor.
   */
  intrusion(anchor: Anchor): Intrusion {
    const named = typeof anchor === 'object' && 'below' in anchor ? anchor.below : undefined;
    const anchored = this.#rules.findIndex(({ ours, name }) => !ours && name === named);
    const below = this.#rules.slice(anchored + 1);
    const block = below.slice(below.findIndex(isOurs), below.findLastIndex(isOurs) + 1);
    const intruders = block.filter(({ ours, enabled }) => !ours && enabled);
    const firstDenies = intruders.find(({ denies }) => denies);
    const upTo = firstDenies === undefined ? block.length : block.indexOf(firstDenies);
    const from = intruders[0] === undefined ? block.length : block.indexOf(intruders[0]);
    const detached = block.slice(from, upTo).filter(isOurs);
    return { intruders, detached: new Set(detached.map(({ id }) => id)) };
  }
}

function isOurs({ ours, enabled }: SeenRule): boolean {
  return ours && enabled;
}
