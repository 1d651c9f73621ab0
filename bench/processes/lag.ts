import { percentile } from '../row.ts';

const tickMs = 5;

/** Milliseconds. */
export interface Lag {
  readonly p99: number;
  readonly max: number;
  /** Without what others on the machine took of the time: no more of each pause than this process computed in it. */
  readonly ownP99: number;
  readonly ownMax: number;
}

/**
 * How long the event loop lets others wait. A pause of a second is not one late tick but the two hundred that it
 * swallowed, each as late as it would have been: otherwise the longer the pauses, the fewer of them would count.
 */
export function watchLag(): { stop(): Lag } {
  const late: number[] = [];
  const own: number[] = [];
  let due = performance.now() + tickMs;
  let cpu = process.cpuUsage();
  const timer = setInterval(() => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    const wait = Math.max(0, now - due);
    late.push(...waits(wait));
    own.push(...waits(Math.min(wait, (user + system) / 1e3)));
    due = now + tickMs;
    cpu = process.cpuUsage();
  }, tickMs);
  return {
    stop: () => {
      clearInterval(timer);
      return {
        p99: percentile(late, 99),
        max: percentile(late, 100),
        ownP99: percentile(own, 99),
        ownMax: percentile(own, 100),
      };
    },
  };
}

/** What each tick during a pause would have waited. */
function waits(pause: number): number[] {
  return Array.from({ length: Math.max(1, Math.ceil(pause / tickMs)) }, (_, i) => pause - i * tickMs);
}
