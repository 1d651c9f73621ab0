import { ipv4Text, ipv6Text, parseRange, within, type Ip, type IpRange } from './addresses.ts';

/** The entries of one address feed, in the order in which they came. */
export class Feed {
  readonly #entries: Map<string, IpRange>;
  /** Those that are more than one address: the others are found by name. */
  readonly #ranges: Map<string, IpRange>;
  /** Milliseconds since the epoch; 0: never. */
  updatedAt: number;
  /** Something was cut off when it was last written. */
  overflowed = false;

  constructor(source?: Feed) {
    this.#entries = new Map(source === undefined ? [] : source.#entries);
    this.#ranges = new Map(source === undefined ? [] : source.#ranges);
    this.updatedAt = source?.updatedAt ?? 0;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** @returns false when the text is not an address, a prefix or a range. */
  add(text: string): boolean {
    const range = parseRange(text);
    if (range === undefined) return false;
    const key = canonicalEntry(text, range);
    this.#entries.set(key, range);
    if (range.first !== range.last) this.#ranges.set(key, range);
    return true;
  }

  remove(text: string): boolean {
    const range = parseRange(text);
    if (range === undefined) return false;
    const key = canonicalEntry(text, range);
    this.#entries.delete(key);
    this.#ranges.delete(key);
    return true;
  }

  /** Forgets what came after the first `count` entries. */
  truncate(count: number): void {
    this.overflowed = this.size > count;
    if (!this.overflowed) return;
    for (const key of this.entries().slice(count)) {
      this.#entries.delete(key);
      this.#ranges.delete(key);
    }
  }

  holds(ip: Ip): boolean {
    if (this.#entries.has(addressText(ip))) return true;
    for (const range of this.#ranges.values()) if (within(ip, range)) return true;
    return false;
  }
}

function canonicalEntry(text: string, range: IpRange): string {
  if (range.first === range.last) return addressText({ family: range.family, value: range.first });
  const length = text.includes('/') ? `/${text.split('/')[1] ?? ''}` : undefined;
  const first = addressText({ family: range.family, value: range.first });
  return length === undefined
    ? `${first}-${addressText({ family: range.family, value: range.last })}`
    : `${first}${length}`;
}

function addressText(ip: Ip): string {
  return ip.family === 4 ? ipv4Text(ip.value) : ipv6Text(ip.value);
}
