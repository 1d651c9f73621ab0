/*
 * Protocol Buffers as servers write them (https://protobuf.dev/programming-guides/encoding): a reader that takes the
 * fields of its table and skips all others without decoding them. It trusts nothing: a length or number that leads out of
 * the message, a group, or a known field of another type is an error.
 */

/** These bytes are not the expected message. */
export class UnreadableProtobuf extends Error {
  override readonly name = 'UnreadableProtobuf';
}

/** How one field of a message is taken into what is read of the message. */
export interface Part<T> {
  readonly name: string;
  readonly type: WireType;
  /** Takes a value that ends at `end`, and leaves the position there. */
  readonly take: (into: T, wire: ProtobufReader, end: number) => void;
}

/** By field number. */
export type PartsOf<T> = readonly (Part<T> | undefined)[];

/** How one field of a message becomes a property. Of several occurrences the last counts, except with `many`. */
export interface Field {
  readonly name: string;
  readonly type: WireType;
  /** Reads a value that ends at `end`; undefined: as if the field were absent. */
  readonly read: (wire: ProtobufReader, end: number) => unknown;
  /** Repeated: an array of values, or with `map` an object of pairs. */
  readonly many?: 'list' | 'map';
}

/** A message that is read as an object of its fields. */
export type Message = Record<string, unknown>;
export type MessageType = PartsOf<Message>;

type WireType = 0 | 2;
const varint = 0;
const sized = 2;

/** A position in a buffer. */
export class ProtobufReader {
  readonly bytes: Buffer;
  at: number;
  /** Of the varint that was last read, the signed halves of 32 bits: to return both would make an object for each. */
  #low = 0;
  #high = 0;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Takes the varint at this position into its halves. */
  #varint(end: number): void {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw unreadable('a truncated number');
      const byte = this.bytes[this.at++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) [low, high] = [low | (bits << 28), bits >>> 4];
      else high |= bits << (shift - 32);
      if (byte >= 0x80) continue;
      this.#low = low;
      this.#high = high;
      return;
    }
    throw unreadable('a number of more than ten bytes');
  }

  /** int32 or int64, as precise as a double. */
  integer(end: number): number {
    const first = this.at < end ? (this.bytes[this.at] ?? 0x80) : 0x80;
    if (first < 0x80) {
      this.at += 1;
      return first;
    }
    this.#varint(end);
    return this.#high * 2 ** 32 + (this.#low >>> 0);
  }

  /** The text from this position to `end`. */
  text(end: number): string {
    const start = this.at;
    this.at = end;
    return this.bytes.toString('utf8', start, end);
  }

  /** A tag or a length, both of which are below 2^31. */
  small(end: number): number {
    const { bytes, at } = this;
    const first = bytes[at] ?? 0;
    if (at < end && first < 0x80) {
      this.at = at + 1;
      return first;
    }
    const second = bytes[at + 1] ?? 0;
    if (at + 1 < end && second < 0x80) {
      this.at = at + 2;
      return (second << 7) | (first & 0x7f);
    }
    this.#varint(end);
    if (this.#low < 0 || this.#high !== 0) throw unreadable('a length above 2^31');
    return this.#low;
  }

  /** Where the length-delimited value at this position ends. */
  sizedEnd(end: number): number {
    const length = this.small(end);
    if (length > end - this.at) throw unreadable('a length that leads out of its message');
    return this.at + length;
  }

  skip(type: number, end: number): void {
    if (type === sized) this.at = this.sizedEnd(end);
    else if (type === varint) this.#varint(end);
    else if (type === 1 || type === 5) this.at += type === 1 ? 8 : 4;
    else throw unreadable(`a value of the unknown type ${type}`);
    if (this.at > end) throw unreadable('a truncated value');
  }
}

/** Reads an object that ends at `end`. @throws {UnreadableProtobuf} */
export type ObjectReader = (wire: ProtobufReader, end: number) => unknown;

export function readerOf(fields: MessageType): ObjectReader {
  return (wire, end) => readMessage(fields, wire, end);
}

/** @throws {UnreadableProtobuf} */
export function readMessage(fields: MessageType, wire: ProtobufReader, end: number): Message {
  return readInto(fields, {}, wire, end);
}

/** @throws {UnreadableProtobuf} */
export function readInto<T>(parts: PartsOf<T>, into: T, wire: ProtobufReader, end: number): T {
  while (wire.at < end) {
    const tag = wire.small(end);
    const part = parts[tag >>> 3];
    if (part === undefined) {
      wire.skip(tag & 7, end);
      continue;
    }
    if ((tag & 7) !== part.type) throw unreadable(`a ${part.name} of another type`);
    part.take(into, wire, part.type === sized ? wire.sizedEnd(end) : end);
  }
  return into;
}

function put(message: Message, { name, many }: Field, value: unknown): void {
  if (value === undefined) return;
  if (many === undefined) message[name] = value;
  else if (many === 'list') {
    const known = message[name] as unknown[] | undefined;
    if (known === undefined) message[name] = [value];
    else known.push(value);
  } else {
    const { key = '', value: held = '' } = value as { readonly key?: string; readonly value?: string };
    setEntry((message[name] ??= {}) as Record<string, string>, key, held);
  }
}

export function setEntry(map: Record<string, string>, key: string, value: string): void {
  if (key !== '__proto__') map[key] = value;
  // A label may have this name; an assignment would set the prototype instead.
  else Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Text that the JSON form has even when it is empty. */
export const text = (name: string): Field => ({
  name,
  type: sized,
  read: (wire, end) => wire.text(end),
});

/** Text that the JSON form leaves out when it is empty, although protobuf does not. */
export const nonEmpty = (name: string): Field => ({
  name,
  type: sized,
  read: (wire, end) => (wire.at === end ? undefined : wire.text(end)),
});

export const flag = (name: string): Field => ({
  name,
  type: varint,
  read: (wire, end) => wire.integer(end) !== 0,
});

export const integer = (name: string): Field => ({
  name,
  type: varint,
  read: (wire, end) => wire.integer(end),
});

export const nested = (name: string, fields: MessageType): Field => ({
  name,
  type: sized,
  read: (wire, end) => readMessage(fields, wire, end),
});

export const list = (field: Field): Field => ({ ...field, many: 'list' });

/** `map<string, string>`: entries of a key (1) and a value (2). */
export const textMap = (name: string): Field => ({
  ...nested(name, message({ 1: text('key'), 2: text('value') })),
  many: 'map',
});

/** The table of a message that is read as an object of its fields. */
export function message(fields: Readonly<Record<number, Field | Part<Message>>>): MessageType {
  const parts = Object.entries(fields).map(([number, field]) => [number, 'take' in field ? field : taken(field)]);
  return table(Object.fromEntries(parts) as Readonly<Record<number, Part<Message>>>);
}

function taken(field: Field): Part<Message> {
  const { name, type, read } = field;
  return { name, type, take: (into, wire, end) => put(into, field, read(wire, end)) };
}

/** Parts by their field numbers. */
export function table<T>(parts: Readonly<Record<number, Part<T>>>): PartsOf<T> {
  const byNumber: (Part<T> | undefined)[] = [];
  for (const [number, part] of Object.entries(parts)) byNumber[Number(number)] = part;
  return Array.from(byNumber);
}

/** A text or a message that is taken in. */
export const sizedPart = <T>(name: string, take: Part<T>['take']): Part<T> => ({ name, type: sized, take });

/** A number that is taken in. */
export const integerPart = <T>(name: string, put: (into: T, value: number) => void): Part<T> => ({
  name,
  type: varint,
  take: (into, wire, end) => put(into, wire.integer(end)),
});

/** A yes or no that is taken in. */
export const flagPart = <T>(name: string, put: (into: T, value: boolean) => void): Part<T> =>
  integerPart(name, (into, value) => put(into, value !== 0));

export function unreadable(what: string): UnreadableProtobuf {
  return new UnreadableProtobuf(`protobuf with ${what}`);
}
