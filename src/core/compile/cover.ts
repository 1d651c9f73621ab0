import { parseCidr, type Cidr } from '../net/cidr.ts';
import { width } from '../net/address.ts';
import { wildcardsAbove } from '../net/name.ts';
import { anchorsOf } from '../select/requirements.ts';
import type { Subject } from '../select/subject.ts';
import type { Region } from './region.ts';

interface Entry<R extends Region> {
  readonly region: R;
  readonly order: number;
}

/**
 * Finds the first of many regions that covers another without asking them all: whatever covers a region also covers
 * the first name or network of its destination, and asks for no label or ServiceAccount that its subject does not.
 */
export class CoverIndex<R extends Region> {
  readonly #entries = new Map<string, Entry<R>[]>();
  readonly #prefixes = { 4: new Set<number>(), 6: new Set<number>() };
  #size = 0;

  /** Regions are asked in the order in which they were added. */
  add(region: R): void {
    const entry = { region, order: this.#size++ };
    for (const anchor of anchorsOfSubject(region.subject) ?? ['']) {
      for (const atom of this.#atomsOf(region)) {
        const key = `${anchor} ${atom}`;
        const entries = this.#entries.get(key);
        if (entries) entries.push(entry);
        else this.#entries.set(key, [entry]);
      }
    }
  }

  /** The first region that `covers` says yes to; it is asked about few. */
  first(inner: Region, covers: (outer: R) => boolean): R | undefined {
    if (this.#size === 0) return undefined;
    let best: Entry<R> | undefined;
    const atoms = this.#atomsAbove(inner);
    for (const anchor of anchorsAbove(inner.subject)) {
      for (const atom of atoms) {
        for (const entry of this.#entries.get(`${anchor} ${atom}`) ?? []) {
          if (best && entry.order >= best.order) break;
          if (covers(entry.region)) best = entry;
        }
      }
    }
    return best?.region;
  }

  #atomsOf({ destination }: Region): string[] {
    if (destination.any) return ['any'];
    return [...destination.names, ...destination.networks.map((network) => this.#keyOf(network))];
  }

  #keyOf(network: string): string {
    const cidr = parseCidr(network);
    if (!cidr) return network;
    this.#prefixes[cidr.family].add(cidr.prefix);
    return keyOfCidr(cidr, cidr.prefix);
  }

  #atomsAbove({ destination }: Region): readonly string[] {
    const [name] = destination.names;
    if (name !== undefined) return ['any', name, ...wildcardsAbove(name)];
    const cidr = parseCidr(destination.networks[0] ?? '');
    if (!cidr) return ['any'];
    const shorter = [...this.#prefixes[cidr.family]].filter((prefix) => prefix <= cidr.prefix);
    return ['any', ...shorter.map((prefix) => keyOfCidr(cidr, prefix))];
  }
}

function keyOfCidr(cidr: Cidr, prefix: number): string {
  return `${cidr.family}/${prefix}/${cidr.value >> BigInt(width[cidr.family] - prefix)}`;
}

function anchorsOfSubject({ serviceAccounts, pods }: Subject): readonly string[] | undefined {
  return serviceAccounts ?? anchorsOf(pods);
}

/** Every anchor under which a subject may be listed that this one implies: for each requirement one value is enough. */
function anchorsAbove({ serviceAccounts, pods }: Subject): readonly string[] {
  const labels = pods.filter(({ absent, complement }) => !absent && !complement);
  return ['', ...(serviceAccounts?.slice(0, 1) ?? []), ...labels.map(({ key, values }) => `${key}=${values[0] ?? ''}`)];
}
