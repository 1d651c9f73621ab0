import type { Steps } from '../core/model/steps.ts';

/** Milliseconds for which a long computation may block the event loop. */
const sliceMs = 5;

/** Lets the event loop run other work between long steps. Uses the global `setImmediate`, which tests replace. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs a computation in slices of a few milliseconds, and yields to the event loop between them.
 *
 * @param between urgent work to finish before the next slice
 */
export async function inSlices<T>(steps: Steps<T>, between?: () => Promise<unknown>): Promise<T> {
  for (let since = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - since < sliceMs) continue;
    await yieldToEventLoop();
    await between?.();
    since = performance.now();
  }
}
