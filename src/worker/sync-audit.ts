import type { Change } from '../core/model/plan.ts';
import type { News, Whole, Work } from '../store/desired-store.ts';

/** The audit record, as far as a worker knows of it. */
export interface SyncAudit {
  /** Is there a write of which nobody knows what became of it? Then the device is to be read before anything else. */
  isUnclear(point: string): Promise<boolean>;
  /** What is sent from here on brings these deltas. */
  delta(work: Work): void;
  /** What is sent while this runs brings this news. */
  passing<T>(news: News, send: () => Promise<T>): Promise<T>;
  /** What is sent from here on brings the whole. */
  whole(whole: Whole): Promise<void>;
  /** @param remaining how what was read differs from what is desired; undefined: it was not read completely */
  read(point: string, objects: number, remaining: readonly Change[] | undefined): Promise<void>;
}

export const noAudit: SyncAudit = {
  isUnclear: () => Promise.resolve(false),
  delta: () => undefined,
  passing: (_news, send) => send(),
  whole: () => Promise.resolve(),
  read: () => Promise.resolve(),
};
