import { mappedPrefix, parseAddress, width, type Address } from './address.ts';
import { formatCidr, strictCidr, type Cidr } from './cidr.ts';

/** Consecutive addresses, both ends included, at their places on one line: IPv6 first, IPv4 after a gap. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/** Where IPv4 begins. The gap below keeps ranges of the two families apart. */
const ipv4 = 1n << 129n;

/**
 * A set of addresses, as disjoint ranges in ascending order. Building one from n networks costs n log n; with another
 * set of m ranges every question costs at most (n + m) log n, and far less where one of the two is small.
 */
export class NetworkSet {
  readonly #ranges: readonly Range[];

  private constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
  }

  /** Throws a RangeError on a text that `parseCidr` refuses. */
  static of(networks: readonly string[]): NetworkSet {
    return new NetworkSet(merged(networks.map((text) => rangeOf(strictCidr(text)))));
  }

  /** The fewest networks that hold these addresses: canonical, disjoint, sorted as text. */
  networks(): readonly string[] {
    return this.#ranges.flatMap(cidrsOf).filter(isWritable).map(formatCidr).sort();
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Is an address in both? */
  meets(other: NetworkSet): boolean {
    const [few, many] = this.#ranges.length < other.#ranges.length ? [this, other] : [other, this];
    return few.#ranges.some((range) => many.#within(range).length > 0);
  }

  /** Is every address of the other set in this one? */
  covers(other: NetworkSet): boolean {
    return other.#ranges.every((range) => this.#holds(range));
  }

  /** Is this address, or every address of this network, in the set? Throws a RangeError on a text that is neither. */
  contains(text: string): boolean {
    const address = parseAddress(text);
    if (!address) return this.#holds(rangeOf(strictCidr(text)));
    const place = placeOf(address);
    return this.#holds({ first: place, last: place });
  }

  /** The addresses in both. */
  intersect(other: NetworkSet): NetworkSet {
    const [few, many] = this.#ranges.length < other.#ranges.length ? [this, other] : [other, this];
    return new NetworkSet(few.#ranges.flatMap((range) => many.#within(range)));
  }

  /** The addresses of this set that are not in the other one. */
  without(other: NetworkSet): NetworkSet {
    return new NetworkSet(
      this.#ranges.flatMap((range) => {
        const rest: Range[] = [];
        let next = range.first;
        for (const { first, last } of other.#within(range)) {
          if (next < first) rest.push({ first: next, last: first - 1n });
          next = last + 1n;
        }
        return next <= range.last ? [...rest, { first: next, last: range.last }] : rest;
      }),
    );
  }

  #holds({ first, last }: Range): boolean {
    const range = this.#ranges[this.#reaching(first)];
    return range !== undefined && range.first <= first && last <= range.last;
  }

  /** What of this set lies in a range. */
  #within({ first, last }: Range): readonly Range[] {
    const found: Range[] = [];
    for (let at = this.#reaching(first); ; at += 1) {
      const range = this.#ranges[at];
      if (range === undefined || range.first > last) return found;
      found.push({ first: max(first, range.first), last: min(last, range.last) });
    }
  }

  /** Index of the first range that ends at this place or after it. */
  #reaching(place: bigint): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range !== undefined && range.last < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Networks as `NetworkSet.networks` gives them. Throws a RangeError on a text that `parseCidr` refuses. */
export function aggregate(networks: readonly string[]): readonly string[] {
  return networks.length < 2
    ? networks.map((text) => formatCidr(strictCidr(text)))
    : NetworkSet.of(networks).networks();
}

/** From one address to another of its family, both included, as networks; none where the second comes before the first. */
export function networksBetween(start: Address, end: Address): readonly string[] {
  if (start.family !== end.family || start.value > end.value) return [];
  const base = start.family === 4 ? ipv4 : 0n;
  return cidrsOf({ first: base + start.value, last: base + end.value }).map(formatCidr);
}

function placeOf({ family, value }: Address): bigint {
  return family === 4 ? ipv4 + value : value;
}

function rangeOf(network: Cidr): Range {
  const first = placeOf(network);
  return { first, last: first + (1n << BigInt(width[network.family] - network.prefix)) - 1n };
}

function merged(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const previous = result.at(-1);
    if (previous === undefined || previous.last + 1n < range.first) result.push(range);
    else result[result.length - 1] = { first: previous.first, last: max(previous.last, range.last) };
  }
  return result;
}

/** The fewest networks that together are the range: each as large as its first address and the end allow. */
function cidrsOf({ first, last }: Range): readonly Cidr[] {
  const family = first >= ipv4 ? 4 : 6;
  const base = family === 4 ? ipv4 : 0n;
  const cidrs: Cidr[] = [];
  for (let next = first - base; next <= last - base;) {
    let bits = 0;
    while (bits < width[family] && fits(next, bits + 1, last - base)) bits += 1;
    cidrs.push({ family, value: next, prefix: width[family] - bits });
    next += 1n << BigInt(bits);
  }
  return cidrs;
}

/** What remains of a large network may be the IPv4-mapped addresses, which `parseAddress` refuses: they are left out. */
function isWritable({ family, value }: Cidr): boolean {
  return family === 4 || value >> 32n !== mappedPrefix;
}

/** Does a network of so many host bits begin here, and end in time? */
function fits(first: bigint, bits: number, last: bigint): boolean {
  const size = 1n << BigInt(bits);
  return (first & (size - 1n)) === 0n && first + size - 1n <= last;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
