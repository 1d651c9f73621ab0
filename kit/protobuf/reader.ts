/*
 * Protocol Buffers as servers write them (https://protobuf.dev/programming-guides/encoding): a reader that takes the
 * fields of its table and skips all others without decoding them. It trusts nothing: a length or number that leads out of
 * the message, a group, or a known field of another type is an error.
 */

/** These bytes are not the expected message. */
export class UnreadableProtobuf extends Error {
  override readonly name = 'UnreadableProtobuf';
}

/** How one field of a message becomes a property. Of several occurrences the last counts, except with `many`. */
export interface Field {
  readonly name: string;
  readonly type: WireType;
  /** Reads a value that ends at `end`; undefined: as if the field were absent. */
  readonly read: (wire: ProtobufReader, end: number) => unknown;
  /** Repeated: an array of values, or with `map` an object of pairs. */
  readonly many?: 'list' | 'map';
}

/** By field number. */
export type MessageType = readonly (Field | undefined)[];

type WireType = 0 | 2;
const varint = 0;
const sized = 2;

/** A position in a buffer. */
export class ProtobufReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The varint at this position, as two signed halves of 32 bits. */
  halves(end: number): readonly [low: number, high: number] {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw unreadable('a truncated number');
      const byte = this.bytes[this.at++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) [low, high] = [low | (bits << 28), bits >>> 4];
      else high |= bits << (shift - 32);
      if (byte < 0x80) return [low, high];
    }
    throw unreadable('a number of more than ten bytes');
  }

  /** A tag or a length, both of which are below 2^31. */
  small(end: number): number {
    const first = this.at < end ? (this.bytes[this.at] ?? 0x80) : 0x80;
    if (first < 0x80) {
      this.at += 1;
      return first;
    }
    const [low, high] = this.halves(end);
    if (low < 0 || high !== 0) throw unreadable('a length above 2^31');
    return low;
  }

  /** Where the length-delimited value at this position ends. */
  sizedEnd(end: number): number {
    const length = this.small(end);
    if (length > end - this.at) throw unreadable('a length that leads out of its message');
    return this.at + length;
  }

  skip(type: number, end: number): void {
    if (type === sized) this.at = this.sizedEnd(end);
    else if (type === varint) this.halves(end);
    else if (type === 1 || type === 5) this.at += type === 1 ? 8 : 4;
    else throw unreadable(`a value of the unknown type ${type}`);
    if (this.at > end) throw unreadable('a truncated value');
  }
}

/** @throws {UnreadableProtobuf} */
export function readMessage(fields: MessageType, wire: ProtobufReader, end: number): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  while (wire.at < end) {
    const tag = wire.small(end);
    const field = fields[tag >>> 3];
    if (field === undefined) {
      wire.skip(tag & 7, end);
      continue;
    }
    if ((tag & 7) !== field.type) throw unreadable(`a ${field.name} of another type`);
    const valueEnd = field.type === sized ? wire.sizedEnd(end) : end;
    put(message, field, field.read(wire, valueEnd));
  }
  return message;
}

function put(message: Record<string, unknown>, { name, many }: Field, value: unknown): void {
  if (value === undefined) return;
  if (many === undefined) message[name] = value;
  else if (many === 'list') {
    const known = message[name] as unknown[] | undefined;
    if (known === undefined) message[name] = [value];
    else known.push(value);
  } else {
    const { key = '', value: held = '' } = value as { readonly key?: string; readonly value?: string };
    const pairs = (message[name] ??= {}) as Record<string, string>;
    if (key !== '__proto__') pairs[key] = held;
    // A label may have this name; an assignment would set the prototype instead.
    else Object.defineProperty(pairs, key, { value: held, enumerable: true, writable: true, configurable: true });
  }
}

/** Text that the JSON form has even when it is empty. */
export const text = (name: string): Field => ({
  name,
  type: sized,
  read: (wire, end) => readText(wire, end),
});

/** Text that the JSON form leaves out when it is empty, although protobuf does not. */
export const nonEmpty = (name: string): Field => ({
  name,
  type: sized,
  read: (wire, end) => (wire.at === end ? undefined : readText(wire, end)),
});

export const flag = (name: string): Field => ({
  name,
  type: varint,
  read: (wire, end) => wire.halves(end).some((half) => half !== 0),
});

/** int32 or int64, as precise as a double. */
export const integer = (name: string): Field => ({
  name,
  type: varint,
  read: (wire, end) => {
    const [low, high] = wire.halves(end);
    return (high | 0) * 2 ** 32 + (low >>> 0);
  },
});

/** The bytes, sharing the memory of the message. */
export const bytes = (name: string): Field => ({
  name,
  type: sized,
  read: (wire, end) => {
    const part = wire.bytes.subarray(wire.at, end);
    wire.at = end;
    return part;
  },
});

export const nested = (name: string, fields: MessageType): Field => ({
  name,
  type: sized,
  read: (wire, end) => readMessage(fields, wire, end),
});

export const list = (field: Field): Field => ({ ...field, many: 'list' });

/** Skips messages whose first field, the text in field 1, is not as long as the sample. */
export const ifFirstTextIsAsLongAs = (sample: string, field: Field): Field => {
  const [tag, length] = [(1 << 3) | sized, Buffer.byteLength(sample)];
  return {
    ...field,
    read: (wire, end) => {
      const { bytes: all, at } = wire;
      if (at === end || (all[at] === tag && all[at + 1] === length)) return field.read(wire, end);
      wire.at = end;
      return undefined;
    },
  };
};

/** Skips messages whose first field, a text in field 1, begins with none of these; they are shorter than 128 bytes. */
export const ifFirstTextStartsWith = (beginnings: readonly string[], field: Field): Field => {
  const wanted = beginnings.map((text) => Buffer.from(text));
  return {
    ...field,
    read: (wire, end) => {
      const { bytes: all, at } = wire;
      const start = at + ((all[at + 1] ?? 0) < 128 ? 2 : 3);
      if (wanted.some((text) => all.compare(text, 0, text.length, start, start + text.length) === 0)) {
        return field.read(wire, end);
      }
      wire.at = end;
      return undefined;
    },
  };
};

/** `map<string, string>`: entries of a key (1) and a value (2). */
export const textMap = (name: string): Field => ({
  ...nested(name, message({ 1: text('key'), 2: text('value') })),
  many: 'map',
});

/** The table of a message by field number. */
export function message(fields: Readonly<Record<number, Field>>): MessageType {
  const table: (Field | undefined)[] = [];
  for (const [number, field] of Object.entries(fields)) table[Number(number)] = field;
  return Array.from(table);
}

export function unreadable(what: string): UnreadableProtobuf {
  return new UnreadableProtobuf(`protobuf with ${what}`);
}

function readText(wire: ProtobufReader, end: number): string {
  const start = wire.at;
  wire.at = end;
  return wire.bytes.toString('utf8', start, end);
}
