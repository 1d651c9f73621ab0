import type { ObjectChange } from '../../core/model/snapshot.ts';

/** Changes that wait to be handed on: the last state of each object, and before it the end of its predecessor. */
export class ChangeQueue {
  readonly #waiting = new Map<string, readonly ObjectChange[]>();

  add(change: ObjectChange): void {
    const id = `${change.kind} ${change.key}`;
    const waiting = this.#waiting.get(id);
    this.#waiting.set(id, waiting === undefined ? [change] : superseded(waiting, change));
  }

  /** Removes and returns about `max` changes, of the objects that have waited longest. */
  take(max: number): readonly ObjectChange[] {
    const taken: ObjectChange[] = [];
    for (const [id, changes] of this.#waiting) {
      if (taken.length >= max) break;
      for (const change of changes) taken.push(change);
      this.#waiting.delete(id);
    }
    return taken;
  }

  /** Puts back changes that could not be handed on; what has come in since is newer. */
  restore(changes: readonly ObjectChange[]): void {
    const newer = this.take(Infinity);
    for (const change of [...changes, ...newer]) this.add(change);
  }

  get empty(): boolean {
    return this.#waiting.size === 0;
  }
}

/** The end of one object and the start of the next are both kept; everything else is superseded. */
function superseded([first, ...rest]: readonly ObjectChange[], change: ObjectChange): readonly ObjectChange[] {
  if (first !== undefined && first.object === undefined && change.object !== undefined) return [first, change];
  const endsSuccessor = rest.length > 0 && change.object === undefined;
  return [endsSuccessor && first !== undefined ? first : change];
}
