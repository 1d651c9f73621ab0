import { setImmediate as otherWork } from 'node:timers/promises';
import type { Problem } from '../../core/model/problem.ts';
import type { ApiObject } from '../encoding/decode.ts';
import { VersionIndex } from './version-index.ts';
import { collectionPath, type ApiType } from '../client/paths.ts';
import type { MessageType } from '../encoding/protobuf-reader.ts';

/** What is followed, and the small view that is kept of each object. */
export interface WatchedKind<T = unknown> extends ApiType {
  readonly kind: string;
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly transform: (object: ApiObject) => Transformed<T>;
  /** How it is written in protobuf, where it can be read as that. */
  readonly message?: MessageType;
}

/** An object with problems is there, but counts for nothing. */
export type Transformed<T> = { readonly object: T } | { readonly problems: readonly Problem[] };

/** One object as it is now; gone, or counting for nothing, when `object` is undefined. */
export interface ObjectUpdate<T = unknown> {
  readonly kind: string;
  readonly key: string;
  readonly object: T | undefined;
  /** `watch`: this was seen to happen. `relist`: inferred from a list, so that a removal is a mere absence. */
  readonly cause: 'watch' | 'relist';
  /** Why an object that is there counts for nothing. */
  readonly problems: readonly Problem[];
}

export interface TrackerDeps<T> {
  readonly deliver: (observation: ObjectUpdate<T>) => void;
  /** Something that ought not to happen and stops nothing. */
  readonly report: (message: string) => void;
}

/** So many objects are taken in before others get their turn. */
const turn = 100;
const gone = { problems: [] };

/** Turns what the server shows of a resource into observations, each once, by key and identity. */
export class Tracker<T> {
  readonly path: string;
  readonly #followed: WatchedKind<T>;
  readonly #deps: TrackerDeps<T>;
  readonly #known = new VersionIndex();
  #taken = 0;

  constructor(followed: WatchedKind<T>, deps: TrackerDeps<T>) {
    this.path = collectionPath(followed, followed.namespace);
    this.#followed = followed;
    this.#deps = deps;
  }

  get unlisted(): number {
    return this.#known.unlisted;
  }

  get size(): number {
    return this.#known.size;
  }

  beginList(): void {
    this.#known.beginList();
  }

  /** An object that is there. To be awaited if it returns a promise: it is the turn of others. */
  upsert(object: ApiObject, cause: ObjectUpdate['cause']): Promise<void> | undefined {
    const key = keyOf(object);
    const { uid = '', resourceVersion: version = '' } = object.metadata;
    const verdict = this.#known.observe(key, uid, version);
    // Another object of the same name is proof that the first has ended, wherever it was seen.
    if (verdict === 'replaced') this.#deliver(key, gone, 'watch');
    if (verdict !== 'same') this.#deliver(key, this.#view(key, object), cause);
    return this.#rest();
  }

  /** An object that was seen to end. As with `take`. */
  remove(object: ApiObject): Promise<void> | undefined {
    const key = keyOf(object);
    if (this.#known.remove(key, object.metadata.uid ?? '')) this.#deliver(key, gone, 'watch');
    return this.#rest();
  }

  /** Everything that the round did not show. */
  async removeUnlisted(): Promise<void> {
    for (const key of this.#known.removeUnlisted()) {
      this.#deliver(key, gone, 'relist');
      await this.#rest();
    }
  }

  #view(key: string, object: ApiObject): Transformed<T> {
    try {
      return this.#followed.transform(object);
    } catch (error) {
      this.#report(`${this.#followed.kind} ${key} cannot be read and counts for nothing`, error);
      return gone;
    }
  }

  #deliver(key: string, view: Transformed<T>, cause: ObjectUpdate['cause']): void {
    const { kind } = this.#followed;
    const [object, problems] = 'object' in view ? [view.object, []] : [undefined, view.problems];
    try {
      this.#deps.deliver({ kind, key, object, cause, problems });
    } catch (error) {
      this.#report(`${kind} ${key} could not be taken in`, error);
    }
  }

  #report(what: string, error: unknown): void {
    this.#deps.report(`${what}: ${error instanceof Error ? error.message : 'unknown error'}`);
  }

  #rest(): Promise<void> | undefined {
    this.#taken += 1;
    return this.#taken % turn === 0 ? otherWork() : undefined;
  }
}

/** Joined, because a text that was added together keeps its parts in memory. */
function keyOf({ metadata: { namespace = '', name } }: ApiObject): string {
  return namespace === '' ? name : [namespace, name].join('/');
}
