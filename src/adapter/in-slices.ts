import type { Steps } from '../core/model/steps.ts';

/** Milliseconds that a long computation may take before others get their turn. */
const sliceMs = 5;

/** Of the same process, between steps that take long. On the global timer, which tests run by hand. */
export const letOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs a computation that yields now and then, and lets the rest of the process have its turn in between.
 *
 * @param between what is more urgent than the next slice
 */
export async function inSlices<T>(steps: Steps<T>, between?: () => Promise<unknown>): Promise<T> {
  for (let since = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - since < sliceMs) continue;
    await letOthers();
    await between?.();
    since = performance.now();
  }
}
