const tickMs = 5;

export interface Lag {
  readonly p99: number;
  readonly max: number;
}

/**
 * How long the event loop lets others wait, in milliseconds. A pause of a second is not one late tick but the two hundred
 * that it swallowed, each as late as it would have been: otherwise the longer the pauses, the fewer of them would count.
 */
export function watchLag(): { stop(): Lag } {
  const late: number[] = [];
  let due = performance.now() + tickMs;
  const timer = setInterval(() => {
    const now = performance.now();
    for (let wait = Math.max(0, now - due); ; wait -= tickMs) {
      late.push(Math.max(0, wait));
      if (wait <= tickMs) break;
    }
    due = now + tickMs;
  }, tickMs);
  return {
    stop: () => {
      clearInterval(timer);
      late.sort((a, b) => a - b);
      return { p99: late[Math.floor(late.length * 0.99)] ?? 0, max: late.at(-1) ?? 0 };
    },
  };
}
