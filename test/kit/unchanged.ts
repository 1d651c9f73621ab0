import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/** What was still on its way when work began is there at the second look. */
const mostTries = 4;

/** Does some work and finds the same before and after it. What the work changes, it changes each time. */
export async function expectUnchanged(read: () => Promise<unknown>, work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const before = await read();
    await work();
    const after = await read();
    if (isDeepStrictEqual(after, before)) return;
    if (tries === mostTries) expect(after).toEqual(before);
  }
}
