import { hasEnded } from '../core/model/pods.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';

type Known = NonNullable<ObjectChange['object']>;

/** The cluster as it was told to the compiler, to begin anew with. The objects are those that the compiler keeps as well. */
export class KnownObjects {
  readonly #objects = new Map<ObjectChange['kind'], Map<string, Known>>();
  /** Policies that exist and that nobody could read, by key. */
  readonly #unreadable = new Map<string, ObjectChange>();

  take(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      const { kind, key, object, unreadable } = change;
      // Of these the compiler keeps nothing.
      if (kind === 'ServiceAccount') continue;
      const objects = this.#objects.get(kind) ?? new Map<string, Known>();
      this.#objects.set(kind, objects);
      if (object === undefined || (change.kind === 'Pod' && change.object && hasEnded(change.object)))
        objects.delete(key);
      else objects.set(key, object);
      if (unreadable) this.#unreadable.set(key, change);
      else if (kind === 'EgressPolicy') this.#unreadable.delete(key);
    }
  }

  has({ kind, key }: ObjectChange): boolean {
    return this.#objects.get(kind)?.has(key) ?? false;
  }

  keysOf(kind: ObjectChange['kind']): readonly string[] {
    return [...(this.#objects.get(kind)?.keys() ?? [])];
  }

  /** What somebody who knows nothing is to be told. */
  changes(): readonly ObjectChange[] {
    const objects = [...this.#objects].flatMap(([kind, known]) =>
      [...known].map(([key, object]) => ({ kind, key, object }) as ObjectChange),
    );
    return [...objects, ...this.#unreadable.values()];
  }
}
