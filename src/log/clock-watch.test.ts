import { expect, it } from 'vitest';
import { watchClock } from './clock-watch.ts';

it('tells when the clock is set, once each time, and nothing of small corrections', async () => {
  const steps = [0, 4_000, 7_200_000, 7_200_000, 0, 500];
  const stop = new AbortController();
  const told: unknown[] = [];
  let [looks, elapsed] = [0, 0.25];
  const clock = {
    now: () => 1e12 + Math.round(elapsed) + (steps[looks] ?? 0),
    elapsed: () => elapsed,
    sleep: (ms: number) => {
      elapsed += ms;
      looks += 1;
      if (looks === steps.length - 1) stop.abort();
      return Promise.resolve();
    },
  };
  await watchClock(clock, { warn: (...line: unknown[]) => void told.push(line) }, stop.signal);
  expect(told).toEqual([
    [{ byMs: 7_200_000 }, 'the clock went forward'],
    [{ byMs: -7_200_000 }, 'the clock went back'],
  ]);
});
