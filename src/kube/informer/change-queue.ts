import { hasEnded } from '../../core/model/pods.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';

/** Changes that wait to be handed on: the last state of each object, and before it the end of its predecessor. */
export class ChangeQueue {
  readonly #waiting = new Map<string, readonly ObjectChange[]>();
  /** Of pods that have ended. */
  readonly #ends = new Set<string>();

  add(change: ObjectChange): void {
    const id = `${change.kind} ${change.key}`;
    const waiting = this.#waiting.get(id);
    const now = waiting === undefined ? [change] : superseded(waiting, change);
    this.#waiting.set(id, now);
    if (endsPod(now[0])) this.#ends.add(id);
    else this.#ends.delete(id);
  }

  /**
   * Removes and returns about `max` changes: the ends of pods, which nothing may hold up and which open nothing, however
   * much was written before; then of the objects that have waited longest.
   */
  take(max: number): readonly ObjectChange[] {
    const taken = this.#takeEnds(max);
    for (const [id, changes] of this.#waiting) {
      if (taken.length >= max) break;
      for (const change of changes) taken.push(change);
      this.#waiting.delete(id);
    }
    return taken;
  }

  /** A successor of the same name keeps its place. */
  #takeEnds(max: number): ObjectChange[] {
    const taken: ObjectChange[] = [];
    for (const id of this.#ends) {
      if (taken.length >= max) break;
      const [end, ...rest] = this.#waiting.get(id) ?? [];
      if (end) taken.push(end);
      if (rest.length > 0) this.#waiting.set(id, rest);
      else this.#waiting.delete(id);
      this.#ends.delete(id);
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

function endsPod(change: ObjectChange | undefined): boolean {
  return change?.kind === 'Pod' && (change.object === undefined || hasEnded(change.object));
}
