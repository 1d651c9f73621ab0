/** A computation that yields every few milliseconds of work, so that who runs it may let others have their turn. */
export type Steps<T> = Generator<void, T, undefined>;

/** Runs all steps at once, without yielding. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
