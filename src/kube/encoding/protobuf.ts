import { bookmarkMessage, listMessage, statusMessage, unknownMessage, watchEventMessage } from './api-messages.ts';
import {
  readMessage,
  unreadable,
  ProtobufReader,
  UnreadableProtobuf,
  type MessageType,
} from '../../../kit/protobuf/reader.ts';
import { ApiError } from '../api-error.ts';

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
  return asApiError(() => unwrapped(body, listMessage(item)));
}

/** A `Status`, or `{}` if it is not one. */
export function protobufStatus(body: Buffer): unknown {
  try {
    return unwrapped(body, statusMessage);
  } catch {
    return {};
  }
}

/** @throws {ApiError} `UnreadableProtobuf` */
export function protobufEvent(frame: Buffer, item: MessageType): unknown {
  return asApiError(() => {
    const { type, object } = readMessage(watchEventMessage, new ProtobufReader(frame), frame.length) as {
      readonly type?: string;
      readonly object?: { readonly raw?: Buffer };
    };
    const message = type === 'ERROR' ? statusMessage : type === 'BOOKMARK' ? bookmarkMessage : item;
    return { type, object: unwrapped(object?.raw ?? Buffer.alloc(0), message) };
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

function unwrapped(body: Buffer, message: MessageType): unknown {
  if (!isProtobuf(body)) throw unreadable('an object without the prefix of one');
  const unknown = readMessage(unknownMessage, new ProtobufReader(body, magic.length), body.length);
  const raw = (unknown['raw'] as Buffer | undefined) ?? Buffer.alloc(0);
  return readMessage(message, new ProtobufReader(raw), raw.length);
}
