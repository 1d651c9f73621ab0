import { ApiError, errorOfStatus } from '../api-error.ts';
import { FrameSplitter, isFramed } from './frame-splitter.ts';
import { LineSplitter, type Piece, type Splitter } from './line-splitter.ts';
import type { ObjectReader } from '../../../kit/protobuf/reader.ts';
import { isProtobuf, protobufEvent, protobufList } from './protobuf.ts';

/** An API object, with the fields typed that watching needs. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface ListPage {
  readonly items: readonly ApiObject[];
  /** `resourceVersion` of the list, from which a watch continues. */
  readonly version: string;
  /** Token of the next page; undefined on the last. */
  readonly next: string | undefined;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject; readonly version: string }
  /** `initialEnd`: every object that existed when the watch began has been sent. */
  | { readonly type: 'BOOKMARK'; readonly version: string; readonly initialEnd: boolean }
  | { readonly type: 'ERROR'; readonly error: ApiError };

/** Whatever the server sent, unchecked. */
interface Raw {
  readonly type?: unknown;
  readonly object?: Raw | null;
  readonly code?: unknown;
  readonly items?: unknown;
  readonly metadata?: {
    readonly name?: unknown;
    readonly resourceVersion?: unknown;
    readonly continue?: unknown;
    readonly annotations?: Readonly<Record<string, unknown>> | null;
  } | null;
}

/**
 * @param item reads an item out of protobuf; absent: JSON only
 * @throws {ApiError} `Unreadable` or `UnreadableProtobuf` for anything that is not a list
 */
export function decodeList(body: Buffer, item?: ObjectReader): ListPage {
  const list = (
    item && isProtobuf(body) ? protobufList(body, item) : parse({ bytes: body, start: 0, end: body.length })
  ) as Raw | null;
  const items = list?.items ?? [];
  if (!Array.isArray(items)) throw unreadable('a list without the field items');
  const next = list?.metadata?.continue;
  return {
    items: items.map((object) => asObject(object as Raw | null)),
    version: versionOf(list),
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

/**
 * The events of a watch as its bytes arrive, those together that are there together: one line of JSON each, or frames of protobuf.
 * The first byte tells which.
 *
 * @param item reads an item out of protobuf; absent: JSON only
 * @throws {ApiError} `Unreadable` or `UnreadableProtobuf` for anything that is not an event
 */
export async function* decodeEvents(
  chunks: AsyncIterable<Buffer>,
  item?: ObjectReader,
): AsyncGenerator<Iterable<WatchEvent>> {
  let cutter: Splitter | undefined;
  let read: (piece: Piece) => unknown = parse;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (cutter === undefined && item !== undefined && isFramed(chunk)) {
      cutter = new FrameSplitter();
      read = (frame) => protobufEvent(frame, item);
    }
    cutter ??= new LineSplitter();
    yield eventsIn(cutter.push(chunk), read);
  }
}

function* eventsIn(pieces: Iterable<Piece>, read: (piece: Piece) => unknown): Generator<WatchEvent> {
  for (const piece of pieces) yield asEvent(read(piece) as Raw | null);
}

function asEvent(event: Raw | null): WatchEvent {
  const type = event?.type;
  const object = event?.object;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: asObject(object), version: versionOf(object) };
    case 'BOOKMARK': {
      const initialEnd = object?.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true';
      return { type, version: versionOf(object), initialEnd };
    }
    case 'ERROR': {
      const status = typeof object?.code === 'number' ? object.code : 500;
      return { type, error: errorOfStatus('watch', status, object) };
    }
    default:
      throw unreadable('what is no event of a watch');
  }
}

function parse({ bytes, start, end }: Piece): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end)) as unknown;
  } catch {
    throw unreadable('what is not JSON');
  }
}

function asObject(value: Raw | null | undefined): ApiObject {
  const name = value?.metadata?.name;
  if (typeof name !== 'string' || name === '') throw unreadable('an object without a name');
  return value as ApiObject;
}

function versionOf(value: Raw | null | undefined): string {
  const version = value?.metadata?.resourceVersion;
  if (typeof version !== 'string' || version === '') throw unreadable('something without a resourceVersion');
  return version;
}

const unreadable = (what: string): ApiError => new ApiError(200, 'Unreadable', `the API server sent ${what}`);
