import { readFileSync } from 'node:fs';

const mib = 2 ** 20;

/** Bytes in use after a garbage collection; needs `--expose-gc`. */
export function retained(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function residentMib(): number {
  return process.memoryUsage().rss / mib;
}

/** The most that was ever resident, in MiB. A process on Linux is born with the peak of its parent, but not in this file. */
export function peakMib(): number {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return Number(peak) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
