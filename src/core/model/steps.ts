/** A computation that yields every few milliseconds of work, so that who runs it may let others have their turn. */
export type Steps<T> = Generator<void, T, undefined>;

/** Runs all steps at once, without yielding. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** As much work as makes a step: so many pods are taken in, or entries of policies resolved, in a tenth of a millisecond. */
const workOfStep = 16;

/** Ends a step only after several parts of a computation that has very many small ones: each step costs something itself. */
export class Pace {
  #done = 0;

  /**
   * Has enough been done since it last said so?
   *
   * @param work that was done since it was last asked, in such parts; Infinity: of any size
   */
  isDue(work: number): boolean {
    this.#done += work;
    if (this.#done < workOfStep) return false;
    this.#done = 0;
    return true;
  }
}
