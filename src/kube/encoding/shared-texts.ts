import type { Labels } from '../../core/model/snapshot.ts';
import { readInto, setEntry, sizedPart, table, type ProtobufReader } from '../../../kit/protobuf/reader.ts';

/** Beyond this many values all are forgotten; later objects then share among themselves only. */
const maxValues = 100_000;

/** FNV-1a, 32 bits, over UTF-16. What has the digest of something else is merely not shared. */
const emptyDigest = 0x811c9dc5;
const endOfText = 0x10000;
const withUnit = (digest: number, unit: number): number => Math.imul(digest ^ unit, 0x01000193);

/**
 * One copy of each text, and of each map of texts, that many objects have in common: replicas share labels, account, node and
 * owner. In protobuf a text is found by its bytes, so that nothing of one that is known is decoded or made again.
 */
export class SharedTexts {
  readonly #texts = new Map<number, string>();
  readonly #times = new Map<number, string>();
  readonly #labels = new Map<number, Labels>();
  readonly #entry = table<TextPairs>({
    1: sizedPart('key', (pairs, wire, end) => void (pairs.key = this.read(wire, end))),
    2: sizedPart('value', (pairs, wire, end) => void (pairs.value = this.read(wire, end))),
  });

  text(text: string): string {
    const digest = withText(emptyDigest, text);
    const known = this.#texts.get(digest);
    return known === text ? known : keep(this.#texts, digest, text);
  }

  labels(labels: Labels): Labels {
    const pairs = new TextPairs();
    for (const [key, value] of Object.entries(labels)) pairs.add(key, this.text(value));
    return this.labelsOf(pairs);
  }

  /** The text in the bytes from this position to `end`. */
  read(wire: ProtobufReader, end: number): string {
    const { bytes, at } = wire;
    let digest = emptyDigest;
    for (let i = at; i < end; i += 1) digest = withUnit(digest, bytes[i] ?? 0);
    const known = this.#texts.get(digest);
    if (known === undefined || !isWritten(known, bytes, at, end)) return keep(this.#texts, digest, wire.text(end));
    wire.at = end;
    return known;
  }

  /** An entry of a map of texts. */
  readPair(pairs: TextPairs, wire: ProtobufReader, end: number): void {
    pairs.key = '';
    pairs.value = '';
    readInto(this.#entry, pairs, wire, end);
    pairs.add(pairs.key, pairs.value);
  }

  labelsOf(pairs: TextPairs): Labels {
    const known = this.#labels.get(pairs.digest);
    if (known !== undefined && isMadeOf(known, pairs)) return known;
    return keep(this.#labels, pairs.digest, mapOf(pairs));
  }

  /** RFC 3339 in UTC, of seconds since the epoch that a Date can express. */
  time(seconds: number): string {
    const known = this.#times.get(seconds);
    return known ?? keep(this.#times, seconds, `${new Date(seconds * 1_000).toISOString().slice(0, -5)}Z`);
  }
}

/** The entries of a map of texts as they come: keys and values in turn. */
export class TextPairs {
  /** Those of earlier maps may follow: see `size`. */
  readonly texts: string[] = [];
  /** How many texts there are. */
  size = 0;
  digest = emptyDigest;
  /** Of the entry that is being read. */
  key = '';
  value = '';

  clear(): void {
    this.size = 0;
    this.digest = emptyDigest;
  }

  add(key: string, value: string): void {
    this.texts[this.size] = key;
    this.texts[this.size + 1] = value;
    this.size += 2;
    this.digest = withUnit(withText(withUnit(withText(this.digest, key), endOfText), value), endOfText);
  }
}

function keep<T>(known: Map<number, T>, digest: number, value: T): T {
  if (known.size >= maxValues) known.clear();
  known.set(digest, value);
  return value;
}

function withText(begun: number, text: string): number {
  let digest = begun;
  for (let i = 0; i < text.length; i += 1) digest = withUnit(digest, text.charCodeAt(i));
  return digest;
}

/** Whether these bytes are this text. Never so of a text that is not ASCII, which is then decoded each time. */
function isWritten(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f || unit !== bytes[start + i]) return false;
  }
  return true;
}

function mapOf({ texts, size }: TextPairs): Labels {
  const map: Record<string, string> = {};
  for (let i = 0; i < size; i += 2) setEntry(map, texts[i] ?? '', texts[i + 1] ?? '');
  return map;
}

/** In this order: maps that differ in their order alone are rare. */
function isMadeOf(known: Labels, { texts, size }: TextPairs): boolean {
  let i = 0;
  for (const key in known) {
    if (texts[i] !== key || texts[i + 1] !== known[key]) return false;
    i += 2;
  }
  return i === size;
}
