import { formatCidr, parseCidr, prefixOf, supernet } from '../../../net/cidr.ts';
import { wildcardsAbove } from '../../../net/name.ts';
import { append } from '../../model/grouped.ts';
import { anchorsOf } from '../../select/requirements.ts';
import type { Subject } from '../../select/subject.ts';
import type { Destination } from '../../model/desired.ts';
import type { Match } from './match.ts';

interface Entry<R extends Match> {
  readonly match: R;
  readonly order: number;
}

/** Does nothing of `inner` remain after `outer`? */
type Covers<R, I> = (outer: R, inner: I) => boolean;

const none: readonly never[] = [];

/** Up to so many matches it is faster to ask one by one. */
const fewMatches = 8;

/**
 * Finds the first of many matches that covers another without asking them all: whatever covers a match also covers
 * the first name or network of its destination, and asks for no label or ServiceAccount that its subject does not.
 */
export class ShadowIndex<R extends Match> {
  readonly #few: R[] = [];
  /** All of them, once they are many: nearly every namespace has few. */
  #many: ManyMatches<R> | undefined;

  /** Matches are asked in the order in which they were added. */
  add(match: R): void {
    if (this.#many) this.#many.add(match);
    else if (this.#few.push(match) > fewMatches) this.#many = new ManyMatches(this.#few);
  }

  /** The first match that `covers` says yes to; it is asked about few. */
  first<I extends Match>(inner: I, covers: Covers<R, I>): R | undefined {
    if (this.#many) return this.#many.first(inner, covers);
    for (const outer of this.#few) if (covers(outer, inner)) return outer;
    return undefined;
  }
}

/** What may cover a match to one destination. */
interface Above<R extends Match> {
  /** The names and networks that contain the first one of the destination. */
  readonly atoms: readonly string[];
  /** The lists of `#ofAnyPod` under these. */
  readonly ofAnyPod: readonly (readonly Entry<R>[])[];
}

class ManyMatches<R extends Match> {
  /** Matches whose subjects ask for no label or ServiceAccount, by a name or network. */
  readonly #ofAnyPod = new Map<string, Entry<R>[]>();
  /** The others by what the subject asks for, then by a name or network. */
  readonly #anchored = new Map<string, Map<string, Entry<R>[]>>();
  readonly #prefixes: { readonly 4: number[]; readonly 6: number[] } = { 4: [], 6: [] };
  /** By each destination that was asked about, until another match is added: many rules share a destination. */
  #above = new WeakMap<Destination, Above<R>>();
  #size = 0;

  constructor(matches: readonly R[]) {
    for (const match of matches) this.add(match);
  }

  add(match: R): void {
    const entry = { match, order: this.#size++ };
    const atoms = this.#atomsOf(match);
    this.#above = new WeakMap();
    const anchors = anchorsOfSubject(match.subject);
    if (!anchors) for (const atom of atoms) append(this.#ofAnyPod, atom, entry);
    for (const anchor of anchors ?? none) {
      const anchored = this.#anchored.get(anchor) ?? new Map<string, Entry<R>[]>();
      this.#anchored.set(anchor, anchored);
      for (const atom of atoms) append(anchored, atom, entry);
    }
  }

  first<I extends Match>(inner: I, covers: Covers<R, I>): R | undefined {
    const { atoms, ofAnyPod } = this.#aboveOf(inner.destination);
    let best: Entry<R> | undefined;
    for (const entries of ofAnyPod) best = firstOf(entries, inner, covers, best);
    if (this.#anchored.size === 0) return best?.match;
    for (const anchor of anchorsAbove(inner.subject)) {
      const anchored = this.#anchored.get(anchor);
      if (!anchored) continue;
      for (const atom of atoms) best = firstOf(anchored.get(atom) ?? none, inner, covers, best);
    }
    return best?.match;
  }

  #aboveOf(destination: Destination): Above<R> {
    const known = this.#above.get(destination);
    if (known) return known;
    const atoms = this.#atomsAbove(destination);
    const ofAnyPod = atoms.map((atom) => this.#ofAnyPod.get(atom)).filter((entries) => entries !== undefined);
    const above = { atoms, ofAnyPod };
    this.#above.set(destination, above);
    return above;
  }

  #atomsOf({ destination }: Match): readonly string[] {
    if (destination.any) return ['any'];
    for (const network of destination.networks) {
      const known = this.#prefixes[network.includes(':') ? 6 : 4];
      if (!known.includes(prefixOf(network))) known.push(prefixOf(network));
    }
    return [...destination.names, ...destination.networks];
  }

  #atomsAbove({ names, networks }: Destination): readonly string[] {
    const [name, network] = [names[0], networks[0]];
    if (name !== undefined) return ['any', name, ...wildcardsAbove(name)];
    if (network === undefined) return ['any'];
    const prefix = prefixOf(network);
    const shorter = this.#prefixes[network.includes(':') ? 6 : 4].filter((known) => known < prefix);
    const cidr = shorter.length > 0 && parseCidr(network);
    return ['any', network, ...(cidr ? shorter.map((known) => formatCidr(supernet(cidr, known))) : [])];
  }
}

/** The first of entries in order that covers a match, or `best` if that comes before it. */
function firstOf<R extends Match, I extends Match>(
  entries: readonly Entry<R>[],
  inner: I,
  covers: Covers<R, I>,
  best: Entry<R> | undefined,
): Entry<R> | undefined {
  for (const entry of entries) {
    if (best && entry.order >= best.order) return best;
    if (covers(entry.match, inner)) return entry;
  }
  return best;
}

function anchorsOfSubject({ serviceAccounts, pods }: Subject): readonly string[] | undefined {
  return serviceAccounts ?? anchorsOf(pods);
}

/** Every anchor under which a subject may be listed that this one implies: for each requirement one value is enough. */
function anchorsAbove({ serviceAccounts, pods }: Subject): readonly string[] {
  const labels = pods.filter(({ absent, complement }) => !absent && !complement);
  return [...(serviceAccounts?.slice(0, 1) ?? []), ...labels.map(({ key, values }) => `${key}=${values[0] ?? ''}`)];
}
