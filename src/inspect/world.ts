import type { Clock } from '../adapter/adapter.ts';

/** What is outside of Postern, for commands that only read clusters, files and devices. */
export interface World {
  readonly readStdin: () => Promise<Uint8Array>;
  readonly environment: {
    /** Which cluster this is, in the mark of every object on a device. */
    readonly cluster: string | undefined;
    /** Postern's own, where its Secrets are. */
    readonly namespace: string;
  };
  readonly clock: Clock;
  /** Aborted when the person or the system asks to end. */
  readonly signal: AbortSignal;
  /** Told what is being waited for, as often as it changes; absent: not shown. */
  readonly progress?: Progress;
}

/** @param doing `reading edge`, for a person who waits */
export type Progress = (doing: string) => void;
