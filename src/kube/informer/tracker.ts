import { setImmediate as otherWork } from 'node:timers/promises';
import type { Problem } from '../../core/model/problem.ts';
import type { ApiObject } from '../encoding/decode.ts';
import { Known } from './version-index.ts';
import { collectionPath, type ApiType } from '../client/paths.ts';
import type { Message } from '../encoding/protobuf-reader.ts';

/** What is followed, and the small view that is kept of each object. */
export interface Followed<T = unknown> extends ApiType {
  readonly kind: string;
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly view: (object: ApiObject) => View<T>;
  /** How it is written in protobuf, where it can be read as that. */
  readonly message?: Message;
}

/** An object with problems is there, but counts for nothing. */
export type View<T> = { readonly object: T } | { readonly problems: readonly Problem[] };

/** One object as it is now; gone, or counting for nothing, when `object` is undefined. */
export interface Observation<T = unknown> {
  readonly kind: string;
  readonly key: string;
  readonly object: T | undefined;
  /** `watch`: this was seen to happen. `relist`: inferred from a list, so that a removal is a mere absence. */
  readonly cause: 'watch' | 'relist';
  /** Why an object that is there counts for nothing. */
  readonly problems: readonly Problem[];
}

export interface MirrorDeps<T> {
  readonly deliver: (observation: Observation<T>) => void;
  /** Something that ought not to happen and stops nothing. */
  readonly report: (message: string) => void;
}

/** So many objects are taken in before others get their turn. */
const turn = 100;
const gone = { problems: [] };

/** Turns what the server shows of a resource into observations, each once, by key and identity. */
export class Mirror<T> {
  readonly path: string;
  readonly #followed: Followed<T>;
  readonly #deps: MirrorDeps<T>;
  readonly #known = new Known();
  #taken = 0;

  constructor(followed: Followed<T>, deps: MirrorDeps<T>) {
    this.path = collectionPath(followed, followed.namespace);
    this.#followed = followed;
    this.#deps = deps;
  }

  get unseen(): number {
    return this.#known.unseen;
  }

  get size(): number {
    return this.#known.size;
  }

  beginRound(): void {
    this.#known.beginRound();
  }

  /** An object that is there. To be awaited if it returns a promise: it is the turn of others. */
  take(object: ApiObject, cause: Observation['cause']): Promise<void> | undefined {
    const key = keyOf(object);
    const { uid = '', resourceVersion: version = '' } = object.metadata;
    const verdict = this.#known.see(key, uid, version);
    // Another object of the same name is proof that the first has ended, wherever it was seen.
    if (verdict === 'replaced') this.#deliver(key, gone, 'watch');
    if (verdict !== 'same') this.#deliver(key, this.#view(key, object), cause);
    return this.#rest();
  }

  /** An object that was seen to end. As with `take`. */
  drop(object: ApiObject): Promise<void> | undefined {
    const key = keyOf(object);
    if (this.#known.drop(key, object.metadata.uid ?? '')) this.#deliver(key, gone, 'watch');
    return this.#rest();
  }

  /** Everything that the round did not show. */
  async sweep(): Promise<void> {
    for (const key of this.#known.sweep()) {
      this.#deliver(key, gone, 'relist');
      await this.#rest();
    }
  }

  #view(key: string, object: ApiObject): View<T> {
    try {
      return this.#followed.view(object);
    } catch (error) {
      this.#report(`${this.#followed.kind} ${key} cannot be read and counts for nothing`, error);
      return gone;
    }
  }

  #deliver(key: string, view: View<T>, cause: Observation['cause']): void {
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
