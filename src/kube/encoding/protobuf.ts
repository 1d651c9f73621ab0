import { ApiError } from '../api-error.ts';
import {
  ProtobufReader,
  readInto,
  readMessage,
  sizedPart,
  table,
  unreadable,
  UnreadableProtobuf,
  type MessageType,
} from '../../../kit/protobuf/reader.ts';
import { bookmarkMessage, listMessage, statusMessage } from './api-messages.ts';

/*
 * The API's protobuf encoding: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding. The result has
 * the form of the JSON answer, with few of its fields.
 */

export const protobufType = 'application/vnd.kubernetes.protobuf';

/** The reason of every error that means: these bytes are not the expected message. */
export const unreadableProtobuf = 'UnreadableProtobuf';

const magic = Buffer.from('k8s\0', 'latin1');

/** Whether this is an object in protobuf; JSON never begins with these bytes. */
export function isProtobuf(body: Buffer): boolean {
  return body.subarray(0, magic.length).equals(magic);
}

/** @throws {ApiError} `UnreadableProtobuf` */
export function protobufList(body: Buffer, item: MessageType): unknown {
  return asApiError(() => unwrapped(body, listMessage(item), { start: 0, end: body.length }));
}

/** A `Status`, or `{}` if it is not one. */
export function protobufStatus(body: Buffer): unknown {
  try {
    return unwrapped(body, statusMessage, { start: 0, end: body.length });
  } catch {
    return {};
  }
}

/** @throws {ApiError} `UnreadableProtobuf` */
export function protobufEvent(frame: Buffer, item: MessageType): unknown {
  return asApiError(() => {
    const event = readInto(watchEvent, { type: '', start: 0, end: 0 }, new ProtobufReader(frame), frame.length);
    const message = event.type === 'ERROR' ? statusMessage : event.type === 'BOOKMARK' ? bookmarkMessage : item;
    return { type: event.type, object: unwrapped(frame, message, event) };
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
function unwrapped(bytes: Buffer, message: MessageType, { start, end }: Span): unknown {
  if (end - start < magic.length || magic.compare(bytes, start, start + magic.length) !== 0)
    throw unreadable('an object without the prefix of one');
  const wire = new ProtobufReader(bytes, start + magic.length);
  const object = readInto(unknownObject, { start: 0, end: 0 }, wire, end);
  wire.at = object.start;
  return readMessage(message, wire, object.end);
}
