import { performance } from 'node:perf_hooks';

const size = 1_000;
const factor = 16;
/** Between linear and quadratic. */
const most = 80;
const attempts = 4;

/**
 * Does work take time in proportion to its input? On 16 times as much of the same it takes 16 times as long where it is
 * linear, and 256 times as long where it is quadratic. Other work on the machine makes it look slower, never faster, so
 * that one good measurement is enough.
 *
 * @param work what is done with so many repetitions of something
 */
export function isLinear(work: (repetitions: number) => unknown): boolean {
  return Array.from({ length: attempts }).some(() => growth(work) <= most);
}

function growth(work: (repetitions: number) => unknown): number {
  const small = fastest(() => work(size));
  const large = fastest(() => work(size * factor));
  // Below this a clock cannot tell.
  return large / Math.max(small, 0.2);
}

function fastest(work: () => unknown): number {
  const times = Array.from({ length: 3 }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return Math.min(...times);
}
