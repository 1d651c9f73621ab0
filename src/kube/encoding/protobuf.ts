import { ApiError } from '../api-error.ts';
import {
  ProtobufReader,
  readerOf,
  readInto,
  sizedPart,
  table,
  unreadable,
  UnreadableProtobuf,
  type ObjectReader,
} from '../../../kit/protobuf/reader.ts';
import { bookmarkMessage, listMessage, statusMessage } from './api-messages.ts';
import type { Piece } from './line-splitter.ts';

/*
 * The API's protobuf encoding: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding. The result has
 * the form of the JSON answer, with few of its fields.
 */

export const protobufType = 'application/vnd.kubernetes.protobuf';

/** The reason of every error that means: these bytes are not the expected message. */
export const unreadableProtobuf = 'UnreadableProtobuf';

const readStatus = readerOf(statusMessage);
const readBookmark = readerOf(bookmarkMessage);

const magic = Buffer.from('k8s\0', 'latin1');

/** Whether this is an object in protobuf; JSON never begins with these bytes. */
export function isProtobuf(body: Buffer): boolean {
  return body.subarray(0, magic.length).equals(magic);
}

/** @throws {ApiError} `UnreadableProtobuf` */
export function protobufList(body: Buffer, item: ObjectReader): unknown {
  return asApiError(() =>
    unwrapped(new ProtobufReader(body), readerOf(listMessage(item)), { start: 0, end: body.length }),
  );
}

/** A `Status`, or `{}` if it is not one. */
export function protobufStatus(body: Buffer): unknown {
  try {
    return unwrapped(new ProtobufReader(body), readStatus, { start: 0, end: body.length });
  } catch {
    return {};
  }
}

/** @throws {ApiError} `UnreadableProtobuf` */
export function protobufEvent({ bytes, start, end }: Piece, item: ObjectReader): unknown {
  return asApiError(() => {
    const wire = new ProtobufReader(bytes, start);
    const event = readInto(watchEvent, { type: '', start: 0, end: 0 }, wire, end);
    const read = event.type === 'ERROR' ? readStatus : event.type === 'BOOKMARK' ? readBookmark : item;
    return { type: event.type, object: unwrapped(wire, read, event) };
  });
}

function asApiError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableProtobuf)
      throw new ApiError(200, unreadableProtobuf, `the API server sent ${error.message}`);
    throw error;
  }
}

/** Where a value is in the bytes that it is part of. */
interface Span {
  start: number;
  end: number;
}

/** `runtime.RawExtension` has its bytes in field 1, `runtime.Unknown` in field 2. */
const raw = sizedPart<Span>('raw', (span, wire, end) => {
  [span.start, span.end] = [wire.at, end];
  wire.at = end;
});
const rawExtension = table({ 1: raw });
const unknownObject = table({ 2: raw });

/** `metav1.WatchEvent`; its object is a `runtime.RawExtension`. */
const watchEvent = table<Span & { type: string }>({
  1: sizedPart('type', (event, wire, end) => void (event.type = wire.text(end))),
  2: sizedPart('object', (event, wire, end) => void readInto(rawExtension, event, wire, end)),
});

/** `runtime.Unknown`, which wraps every object after the four bytes `k8s\0`. */
function unwrapped(wire: ProtobufReader, read: ObjectReader, { start, end }: Span): unknown {
  if (end - start < magic.length || magic.compare(wire.bytes, start, start + magic.length) !== 0)
    throw unreadable('an object without the prefix of one');
  wire.at = start + magic.length;
  const object = readInto(unknownObject, { start: 0, end: 0 }, wire, end);
  wire.at = object.start;
  return read(wire, object.end);
}
