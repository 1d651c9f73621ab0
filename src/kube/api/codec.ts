import { ApiError, errorOfAnswer } from './errors.ts';

/** An API object as far as following it needs to know; the rest is for whoever makes a view of it. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface ListPage {
  readonly items: readonly ApiObject[];
  /** `resourceVersion` of the list: what a watch continues from. */
  readonly version: string;
  /** The token for the page after this one; undefined on the last. */
  readonly next: string | undefined;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject; readonly version: string }
  /** `initialEnd`: every object that was there at the start of the watch has been sent. */
  | { readonly type: 'BOOKMARK'; readonly version: string; readonly initialEnd: boolean }
  | { readonly type: 'ERROR'; readonly error: ApiError };

/** What may have come instead of any of these. */
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

/** @throws {ApiError} `Unreadable` for anything that is not a list. */
export function decodeList(value: unknown): ListPage {
  const list = value as Raw | null;
  const items = list?.items ?? [];
  if (!Array.isArray(items)) throw unreadable('a list whose items are none');
  const next = list?.metadata?.continue;
  return {
    items: items.map((item) => asObject(item as Raw | null)),
    version: versionOf(list),
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

/** @throws {ApiError} `Unreadable` for anything that is not an event. */
export function decodeEvent(line: string): WatchEvent {
  const event = parse(line);
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
      return { type, error: errorOfAnswer('watch', status, JSON.stringify(object ?? {}), undefined) };
    }
    default:
      throw unreadable('what is no event of a watch');
  }
}

function parse(line: string): Raw | null {
  try {
    return JSON.parse(line) as Raw | null;
  } catch {
    throw unreadable('a line that is not JSON');
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
