import type { Problem } from '../core/model/problem.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import type { Remaining } from '../verify/values/time.ts';

export interface LintInput {
  readonly snapshot: Snapshot;
  readonly remaining: Remaining;
  /** What a change usually takes until it is in force, in seconds, by kind of adapter; empty: nobody knows. */
  readonly settleSeconds: ReadonlyMap<string, number>;
}

export type Finding = Pick<Problem, 'subject' | 'field' | 'message'>;

/** One thing to look for, beside what the compiler finds by itself. */
export interface LintRule {
  /** Stable: scripts suppress and count by it. */
  readonly id: string;
  readonly severity: Problem['severity'];
  readonly check: (input: LintInput) => readonly Finding[];
}
