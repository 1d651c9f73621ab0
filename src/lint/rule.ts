import type { LintCode } from '../api/problem-codes.ts';
import type { Problem } from '../api/problem.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import type { EgressAddress } from '../verify/egress-addresses/egress-address.ts';
import type { Remaining } from '../verify/values/time.ts';

export interface LintInput {
  readonly snapshot: Snapshot;
  readonly remaining: Remaining;
  /** Seconds until a change is usually live, by kind of adapter; empty: not known. */
  readonly settleSeconds: ReadonlyMap<string, number>;
  /** Where points write to, by their name, where their config says it: equal texts are one place. */
  readonly places: ReadonlyMap<string, string>;
  /** What the Secrets of points must have, by the point's name; absent: nothing is needed, or not known. */
  readonly secretKeys: ReadonlyMap<string, readonly string[]>;
  /** Objects with which pods leave under other addresses than their own. */
  readonly egressAddresses: readonly EgressAddress[];
}

export type Finding = Pick<Problem, 'subject' | 'field' | 'message'>;

/** A check of the intent, in addition to those of the compiler. */
export interface LintRule {
  /** Stable, since scripts filter by it. */
  readonly id: LintCode;
  readonly severity: Problem['severity'];
  readonly check: (input: LintInput) => readonly Finding[];
}
