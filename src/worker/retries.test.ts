import { expect, it } from 'vitest';
import { aPublication } from '../../test/kit/desired-store-contract.ts';
import { AdapterError, longestDelayMs } from '../adapter/errors.ts';
import { MemoryDesiredStore } from '../store/memory-store.ts';
import { Retries } from './retries.ts';

/** When the next try is after each of these failures, in milliseconds from it. */
async function delaysAfter(failuresAt: readonly number[]): Promise<readonly number[]> {
  let now = 0;
  const store = new MemoryDesiredStore({ elapsed: () => now });
  await store.publish(aPublication(['10.0.0.1']));
  const delays: number[] = [];
  const queue = {
    enqueue: (_: string, { delayMs = 0 } = {}) => {
      delays.push(delayMs);
      return Promise.resolve();
    },
  };
  const sessions = { forget: () => Promise.resolve(), secretChange: () => Promise.resolve() };
  const retries = new Retries({ store, queue, sessions, random: () => 1 });
  for (now of failuresAt) await retries.later('edge', new AdapterError('transient', 'No answer.'));
  return delays;
}

it('waits by how long a point has failed, from a second to five minutes', async () => {
  const delays = await delaysAfter([0, 1_000, 2_000, 4_000, 8_000, 16_000, 512_000]);
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, longestDelayMs]);
});

it('waits no longer because the cluster changed often meanwhile, each time with a try', async () => {
  const delays = await delaysAfter(Array.from({ length: 100 }, (_, index) => index * 20));
  expect(delays.at(-1)).toBe(3_960);
});
