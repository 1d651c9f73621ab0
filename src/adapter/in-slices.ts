/** Milliseconds that a long computation may take before others get their turn. */
const sliceMs = 10;

/** On the global timer, which tests run by hand. */
const letOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs a computation that yields now and then, and lets the rest of the process have its turn in between. */
export async function inSlices<T>(steps: Generator<void, T>): Promise<T> {
  for (let since = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - since < sliceMs) continue;
    await letOthers();
    since = performance.now();
  }
}
