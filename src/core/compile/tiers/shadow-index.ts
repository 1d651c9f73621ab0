import { formatCidr, parseCidr, supernet } from '../../../net/cidr.ts';
import { wildcardsAbove } from '../../../net/name.ts';
import { anchorsOf } from '../../select/requirements.ts';
import type { Subject } from '../../select/subject.ts';
import type { Match } from './match.ts';

interface Entry<R extends Match> {
  readonly match: R;
  readonly order: number;
}

/**
 * Finds the first of many matches that covers another without asking them all: whatever covers a match also covers
 * the first name or network of its destination, and asks for no label or ServiceAccount that its subject does not.
 */
export class ShadowIndex<R extends Match> {
  readonly #entries = new Map<string, Entry<R>[]>();
  readonly #prefixes: { readonly 4: number[]; readonly 6: number[] } = { 4: [], 6: [] };
  #size = 0;

  /** Matches are asked in the order in which they were added. */
  add(match: R): void {
    const entry = { match, order: this.#size++ };
    for (const anchor of anchorsOfSubject(match.subject) ?? ['']) {
      for (const atom of this.#atomsOf(match)) {
        const key = `${anchor} ${atom}`;
        const entries = this.#entries.get(key);
        if (entries) entries.push(entry);
        else this.#entries.set(key, [entry]);
      }
    }
  }

  /** The first match that `covers` says yes to; it is asked about few. */
  first(inner: Match, covers: (outer: R) => boolean): R | undefined {
    if (this.#size === 0) return undefined;
    let best: Entry<R> | undefined;
    const atoms = this.#atomsAbove(inner);
    for (const anchor of anchorsAbove(inner.subject)) {
      for (const atom of atoms) {
        for (const entry of this.#entries.get(`${anchor} ${atom}`) ?? []) {
          if (best && entry.order >= best.order) break;
          if (covers(entry.match)) best = entry;
        }
      }
    }
    return best?.match;
  }

  #atomsOf({ destination }: Match): readonly string[] {
    if (destination.any) return ['any'];
    for (const network of destination.networks) {
      const known = this.#prefixes[network.includes(':') ? 6 : 4];
      if (!known.includes(prefixOf(network))) known.push(prefixOf(network));
    }
    return [...destination.names, ...destination.networks];
  }

  #atomsAbove({ destination: { names, networks } }: Match): readonly string[] {
    const [name, network] = [names[0], networks[0]];
    if (name !== undefined) return ['any', name, ...wildcardsAbove(name)];
    if (network === undefined) return ['any'];
    const prefix = prefixOf(network);
    const shorter = this.#prefixes[network.includes(':') ? 6 : 4].filter((known) => known < prefix);
    const cidr = shorter.length > 0 && parseCidr(network);
    return ['any', network, ...(cidr ? shorter.map((known) => formatCidr(supernet(cidr, known))) : [])];
  }
}

function prefixOf(network: string): number {
  return Number(network.slice(network.indexOf('/') + 1));
}

function anchorsOfSubject({ serviceAccounts, pods }: Subject): readonly string[] | undefined {
  return serviceAccounts ?? anchorsOf(pods);
}

/** Every anchor under which a subject may be listed that this one implies: for each requirement one value is enough. */
function anchorsAbove({ serviceAccounts, pods }: Subject): readonly string[] {
  const labels = pods.filter(({ absent, complement }) => !absent && !complement);
  return ['', ...(serviceAccounts?.slice(0, 1) ?? []), ...labels.map(({ key, values }) => `${key}=${values[0] ?? ''}`)];
}
