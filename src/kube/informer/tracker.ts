import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Problem } from '../../api/problem.ts';
import { collectionPath } from '../client/paths.ts';
import type { ApiObject } from '../encoding/decode.ts';
import type { ObjectReader } from '../../../kit/protobuf/reader.ts';
import type { CustomType } from './kind-removal.ts';
import { VersionIndex } from './version-index.ts';

/** A kind that is watched in every namespace. */
export interface WatchedKind<T = unknown> extends CustomType {
  readonly kind: string;
  /** Reduces an object to the fields that matter. */
  readonly transform: (object: ApiObject) => Transformed<T>;
  /** Reads an object of the kind out of protobuf; absent: JSON only. */
  readonly protobuf?: ObjectReader;
  /** As people call it, `egressgatewaypolicies.projectcalico.org`, where two groups have the same plural; absent: the plural. */
  readonly resource?: string;
  /** Before the key of each object: several resources are of one kind to the compiler. */
  readonly keyPrefix?: string;
  /** A cluster without it lacks nothing, nor does one in which it may not be read, as long as none was seen. */
  readonly optional?: true;
}

/** An object with problems exists but is ignored. */
export type Transformed<T> = { readonly object: T } | { readonly problems: readonly Problem[] };

/** One object as it is now; `object` is undefined when it is gone or ignored. */
export interface ObjectUpdate<T = unknown> {
  readonly kind: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly object: T | undefined;
  /** `watch`: the event was seen. `relist`: inferred from a list, so that a removal is only an absence. */
  readonly cause: 'watch' | 'relist';
  /** Why an object that exists is ignored. */
  readonly problems: readonly Problem[];
  /** Of an object that exists. */
  readonly raw?: ApiObject;
}

export interface TrackerDeps<T> {
  readonly deliver: (update: ObjectUpdate<T>) => void;
  /** Told of what should not happen and stops nothing. */
  readonly report: (message: string) => void;
}

/** Milliseconds for which objects are handled before other work of the process gets its turn: one may be read at once, or checked for long. */
const turnMs = 5;
const absent = { problems: [] };

/** Turns lists and events of one kind into updates: each change of an object once, by key and uid. */
export class Tracker<T> {
  readonly path: string;
  readonly #kind: WatchedKind<T>;
  readonly #deps: TrackerDeps<T>;
  readonly #index = new VersionIndex();
  #turnBegan = performance.now();

  constructor(kind: WatchedKind<T>, deps: TrackerDeps<T>) {
    this.path = collectionPath(kind);
    this.#kind = kind;
    this.#deps = deps;
  }

  get unlisted(): number {
    return this.#index.unlisted;
  }

  get size(): number {
    return this.#index.size;
  }

  beginList(): void {
    this.#index.beginList();
  }

  /** An object that exists. Await the promise if there is one: other work gets its turn. */
  upsert(object: ApiObject, cause: ObjectUpdate['cause']): Promise<void> | undefined {
    const key = keyOf(object);
    const { uid = '', resourceVersion: version = '' } = object.metadata;
    const sighting = this.#index.observe(key, uid, version);
    // Another object of the same name proves that the first has ended, wherever it was seen.
    if (sighting === 'replaced') this.#deliver(key, absent, 'watch');
    if (sighting !== 'same') this.#deliver(key, this.#transform(key, object), cause, object);
    return this.#yieldTurn();
  }

  /** An object that was seen to end. Await as for `upsert`. */
  remove(object: ApiObject): Promise<void> | undefined {
    const key = keyOf(object);
    if (this.#index.remove(key, object.metadata.uid ?? '')) this.#deliver(key, absent, 'watch');
    return this.#yieldTurn();
  }

  /** Removes every object that the current list did not show. */
  async removeUnlisted(): Promise<void> {
    for (const key of this.#index.removeUnlisted()) {
      this.#deliver(key, absent, 'relist');
      await this.#yieldTurn();
    }
  }

  #transform(key: string, object: ApiObject): Transformed<T> {
    try {
      return this.#kind.transform(object);
    } catch (error) {
      this.#report(`${this.#kind.kind} ${key} cannot be read and is ignored`, error);
      return absent;
    }
  }

  #deliver(key: string, read: Transformed<T>, cause: ObjectUpdate['cause'], raw?: ApiObject): void {
    const { kind, keyPrefix = '' } = this.#kind;
    const [object, problems] = 'object' in read ? [read.object, []] : [undefined, read.problems];
    try {
      this.#deps.deliver({ kind, key: `${keyPrefix}${key}`, object, cause, problems, ...(raw && { raw }) });
    } catch (error) {
      this.#report(`${kind} ${key} could not be taken in`, error);
    }
  }

  #report(what: string, error: unknown): void {
    this.#deps.report(`${what}: ${error instanceof Error ? error.message : 'unknown error'}`);
  }

  #yieldTurn(): Promise<void> | undefined {
    if (performance.now() - this.#turnBegan < turnMs) return undefined;
    return nextTurn().then(() => void (this.#turnBegan = performance.now()));
  }
}

/** Joined, because a text made by `+` keeps its parts in memory. */
function keyOf({ metadata: { namespace = '', name } }: ApiObject): string {
  return namespace === '' ? name : [namespace, name].join('/');
}
