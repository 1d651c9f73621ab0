import { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { parseRange, rangeText, within, type Range } from '../../../../kit/simulator/traffic/addresses.ts';
import { formatAddress, type Address } from '../../../../src/net/address.ts';

interface Update {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Something was cut off. */
  readonly overflowed: boolean;
}

/** What the address feeds of one VDOM hold: their entries, in the order in which they came. */
export class Feeds {
  #entries = new Tables<Range>();
  /** Those that are more than one address: the others are found by name. */
  #networks = new Tables<Range>();
  #updates = new Map<string, Update>();

  fork(): Feeds {
    const fork = new Feeds();
    fork.#entries = this.#entries.fork();
    fork.#networks = this.#networks.fork();
    fork.#updates = new Map(this.#updates);
    return fork;
  }

  names(): readonly string[] {
    return [...this.#updates.keys()];
  }

  size(name: string): number {
    return this.#entries.rows(name).size;
  }

  entries(name: string): readonly string[] {
    return [...this.#entries.rows(name).keys()];
  }

  /** Undefined for a feed that was never filled. */
  lastUpdate(name: string): Update | undefined {
    return this.#updates.get(name);
  }

  /**
   * @param capacity what comes after so many entries is cut off
   * @returns the texts that are no address, prefix or range
   */
  write(
    name: string,
    command: 'snapshot' | 'add' | 'remove',
    texts: readonly string[],
    { at, capacity }: { readonly at: number; readonly capacity: number },
  ): readonly string[] {
    if (command === 'snapshot') for (const entry of this.entries(name)) this.#remove(name, entry);
    const invalid = texts.filter((text) => {
      const range = parseRange(text);
      if (range === undefined) return true;
      const entry =
        range.first === range.last || text.includes('/') ? rangeText(range, 'prefix') : rangeText(range, 'ends');
      if (command === 'remove') this.#remove(name, entry);
      else this.#put(name, entry, range);
      return false;
    });
    const overflowed = this.size(name) > capacity;
    if (overflowed) for (const entry of this.entries(name).slice(capacity)) this.#remove(name, entry);
    this.#updates.set(name, { at, overflowed });
    return invalid;
  }

  drop(name: string): void {
    for (const entry of this.entries(name)) this.#remove(name, entry);
    this.#updates.delete(name);
  }

  holds(name: string, ip: Address): boolean {
    if (this.#entries.has(name, formatAddress(ip))) return true;
    for (const range of this.#networks.rows(name).values()) if (within(ip, range)) return true;
    return false;
  }

  #put(name: string, entry: string, range: Range): void {
    this.#entries.put(name, entry, range);
    if (range.first !== range.last) this.#networks.put(name, entry, range);
  }

  #remove(name: string, entry: string): void {
    this.#entries.remove(name, entry);
    this.#networks.remove(name, entry);
  }
}
