import { hasEnded } from '../../core/model/pods.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';

type Known = NonNullable<ObjectChange['object']>;

/** The cluster as the compiler was given it, to start again from. The objects are the ones that the compiler holds, not copies. */
export class KnownObjects {
  readonly #objects = new Map<ObjectChange['kind'], Map<string, Known>>();
  /** Policies that exist and could not be read, by key. */
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

  /** All objects, for a compiler that starts empty. */
  changes(): readonly ObjectChange[] {
    const objects = [...this.#objects].flatMap(([kind, known]) =>
      [...known].map(([key, object]) => ({ kind, key, object }) as ObjectChange),
    );
    return [...objects, ...this.#unreadable.values()];
  }
}
