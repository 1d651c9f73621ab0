import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../adapter/adapter.ts';

/** The real clock. A sleep that is aborted ends early and says nothing. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, signal && { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
