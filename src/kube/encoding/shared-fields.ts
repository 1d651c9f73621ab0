import {
  integer,
  message,
  nonEmpty,
  readMessage,
  sizedPart,
  unreadable,
  type Field,
  type Message,
  type Part,
  type ProtobufReader,
} from '../../../kit/protobuf/reader.ts';
import { TextPairs, type SharedTexts } from './shared-texts.ts';

/** The instants that a Date can express, in seconds. */
const maxSeconds = 8.64e12;

/** Whether a value is read, asked at its beginning. */
export type Wanted = (wire: ProtobufReader, end: number) => boolean;

/** An entry of `map<string, string>`. */
export function pairs(name: string, texts: SharedTexts, wanted: Wanted): Part<Message> {
  return sizedPart(name, (into, wire, end) => {
    if (!wanted(wire, end)) {
      wire.at = end;
      return;
    }
    const known = into[name];
    const read = known instanceof TextPairs ? known : new TextPairs();
    into[name] = read;
    texts.readPair(read, wire, end);
  });
}

/** Text of which many objects have the same; left out when it is empty. */
export function shared(name: string, texts: SharedTexts): Field {
  return { ...nonEmpty(name), read: (wire, end) => (wire.at === end ? undefined : texts.read(wire, end)) };
}

/** `Time`: seconds = 1, in JSON RFC 3339 in UTC; an empty message is no time. */
export function time(name: string, texts: SharedTexts): Field {
  return {
    ...nonEmpty(name),
    read: (wire, end) => {
      if (wire.at === end) return undefined;
      const { seconds = 0 } = readMessage(timestamp, wire, end) as { readonly seconds?: number };
      if (!isInstant(seconds)) throw unreadable(`a ${name} outside the range of times`);
      return texts.time(seconds);
    },
  };
}

const timestamp = message({ 1: integer('seconds') });

/** Can a Date express it, in seconds since the epoch? */
export function isInstant(seconds: number): boolean {
  return Math.abs(seconds) <= maxSeconds;
}

/** Skips messages that are not wanted. */
export function ifWanted(wanted: Wanted, field: Field): Field {
  return {
    ...field,
    read: (wire, end) => {
      if (wanted(wire, end)) return field.read(wire, end);
      wire.at = end;
      return undefined;
    },
  };
}

/** Whether the first field, the text in field 1, is as long as the sample, or there is none. */
export function firstTextIsAsLongAs(sample: string): Wanted {
  const length = Buffer.byteLength(sample);
  return ({ bytes, at }, end) => at === end || (bytes[at] === firstText && bytes[at + 1] === length);
}

/** Whether the first field, a text in field 1, begins with one of these, which are shorter than 128 bytes. */
export function startsWithOneOf(beginnings: readonly string[]): Wanted {
  const wanted = beginnings.map((text) => Buffer.from(text));
  return ({ bytes, at }, end) => {
    const start = at + ((bytes[at + 1] ?? 0) < 128 ? 2 : 3);
    for (const text of wanted) if (start + text.length <= end && isAt(bytes, start, text)) return true;
    return false;
  };
}

/** Byte by byte: nearly none has the first one already, and to compare at once is a call out of the engine. */
function isAt(bytes: Buffer, start: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** The tag of a text in field 1. */
const firstText = (1 << 3) | 2;
