import { Compiler } from '../core/compile/compiler.ts';
import { toChanges } from '../core/compile/changes.ts';
import { compareProblems, type Problem } from '../api/problem.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import type { Remaining } from '../verify/values/time.ts';
import { addressRules } from './rules/address-rules.ts';
import { attachmentRules } from './rules/attachment-rules.ts';
import { delegationRules } from './rules/delegation-rules.ts';
import { destinationRules } from './rules/destination-rules.ts';
import { enforcementRules } from './rules/enforcement-rules.ts';
import { governanceRules } from './rules/governance-rules.ts';
import type { LintInput, LintRule } from './rule.ts';
import { placeRules } from './rules/place-rules.ts';
import { usageRules } from './rules/usage-rules.ts';

/** The rules that run in addition to the checks of the compiler. */
export const lintRules: readonly LintRule[] = [
  ...destinationRules,
  ...governanceRules,
  ...delegationRules,
  ...usageRules,
  ...enforcementRules,
  ...addressRules,
  ...attachmentRules,
  ...placeRules,
];

/**
 * All problems of the intent: those of the compiler, which ignores what it cannot use, and those of the rules above.
 * Sorted, errors first.
 *
 * @param now RFC 3339
 * @param around what the cluster and the devices add: how long a change takes on a device, by kind of adapter,
 *   where each point writes to, what its Secret must have, and objects that give pods other addresses; absent: not checked
 */
export function lint(
  snapshot: Snapshot,
  now: string,
  remaining: Remaining,
  around: Partial<Pick<LintInput, 'settleSeconds' | 'places' | 'secretKeys' | 'egressAddresses'>> = {},
): readonly Problem[] {
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), now);
  const unknown = { settleSeconds: new Map(), places: new Map(), secretKeys: new Map(), egressAddresses: [] };
  const input = { ...unknown, ...around, snapshot, remaining };
  const own = lintRules.flatMap(({ id, severity, check }) =>
    check(input).map((finding) => ({ severity, code: id, ...finding })),
  );
  return [...compiler.problems(), ...own].sort(compareProblems);
}
