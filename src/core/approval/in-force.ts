import type { EgressApproval, EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import { compareText, type Problem } from '../../api/problem.ts';
import { parseInstant } from '../time/instant.ts';
import { beyond, type Excess } from './delegated.ts';
import { approvalProblem, notDelegated, reviewIsOver, standing } from './problems.ts';
import { validated, type Counting } from './valid.ts';

/** What people have said about one policy. */
export interface Governing {
  /** Those that concern its namespace. */
  readonly delegations: readonly EgressDelegation[];
  /** Those that name it. */
  readonly approvals: readonly EgressApproval[];
}

/** What counts of a policy. */
export interface InForce {
  /** The generation that counts: the one that stands there, or one that was approved before. */
  readonly policy: EgressPolicy;
  /** Indices of `spec.to` that contribute nothing. */
  readonly leftOut: ReadonlySet<number>;
  /** What it is in force by; undefined: what is delegated needs nobody's approval. */
  readonly approval: EgressApproval | undefined;
  readonly problems: readonly Problem[];
}

/** Has an RFC 3339 time come? */
export type HasPassed = (time: string) => boolean;

/**
 * Which generation of a policy is in force, and what of it. This is the one place that decides it:
 *
 *   the policy goes beyond no delegation     all of it
 *   this generation is approved              all of it but what is refused to everybody
 *   an earlier generation was approved       all of that one but what is refused to everybody
 *   none was                                 its entries that are delegated
 *
 * Where a delegation asks for it, nothing of it is once its date of review is past, unless it is a Deny.
 * The newest approval that counts replaces those of earlier generations for good: when its time is over, none comes back.
 */
export function inForce(policy: EgressPolicy, { delegations, approvals }: Governing, hasPassed: HasPassed): InForce {
  const counting = countingOf(policy, { delegations, approvals }, hasPassed);
  const withdraws = delegations.find(({ spec }) => spec.overdueReviews === 'Withdraw');
  if (withdraws === undefined || !isOverdue(counting.policy, hasPassed)) return counting;
  const problems = [...counting.problems, reviewIsOver(counting.policy, withdraws)];
  return { ...counting, leftOut: new Set(counting.policy.spec.to.keys()), problems };
}

/** A Deny stays: to withdraw it would permit more, and nobody has decided that. */
function isOverdue({ spec: { action, governance } }: EgressPolicy, hasPassed: HasPassed): boolean {
  return action !== 'Deny' && governance?.reviewBy !== undefined && hasPassed(governance.reviewBy);
}

function countingOf(policy: EgressPolicy, { delegations, approvals }: Governing, hasPassed: HasPassed): InForce {
  const excess = beyond(policy, delegations);
  if (excess.length === 0) return { policy, leftOut: nothing, approval: undefined, problems: [] };
  const { newest, refusals } = newestThatCounts(policy, { delegations, approvals });
  const isOver = newest !== undefined && hasPassed(newest.approval.spec.until ?? '');
  const denial = approvals.find((one) => denies(one, policy, policy.metadata.generation));
  const problems = [
    ...refusals,
    ...notDelegated(policy, excess),
    ...standing(policy, excess, { newest, isOver, denial }),
  ];
  if (newest === undefined || isOver)
    return { policy, leftOut: entriesOf(policy, excess), approval: undefined, problems };
  const { approved, approval } = newest;
  const refused = beyond(approved.policy, delegations).filter(isRefused);
  return { policy: approved.policy, leftOut: entriesOf(approved.policy, refused), approval, problems };
}

/** The newest generation that is approved; of several approvals the one that counts the longest. */
function newestThatCounts(
  policy: EgressPolicy,
  { delegations, approvals }: Governing,
): { readonly newest: Counting | undefined; readonly refusals: readonly Problem[] } {
  const refusals: Problem[] = [];
  for (const approval of approvals.filter(({ spec }) => spec.decision === 'Approved').toSorted(newestFirst)) {
    if (approvals.some((one) => denies(one, policy, approval.spec.policy.generation))) continue;
    const judged = validated(approval, policy, (approved) => termsOf(beyond(approved, delegations)));
    if ('approved' in judged) return { newest: { approval, approved: judged.approved }, refusals };
    refusals.push(approvalProblem(approval, judged.refusal));
  }
  return { newest: undefined, refusals };
}

/** Whoever else approves it. */
function denies({ spec }: EgressApproval, { metadata: { uid } }: EgressPolicy, generation: number): boolean {
  return spec.decision === 'Denied' && spec.policy.uid === uid && spec.policy.generation === generation;
}

function newestFirst(a: EgressApproval, b: EgressApproval): number {
  const until = ({ spec }: EgressApproval): number => parseInstant(spec.until ?? '') ?? 0;
  return (
    b.spec.policy.generation - a.spec.policy.generation ||
    until(b) - until(a) ||
    compareText(a.metadata.name, b.metadata.name)
  );
}

const nothing: ReadonlySet<number> = new Set();

function entriesOf({ spec }: EgressPolicy, excess: readonly Excess[]): ReadonlySet<number> {
  if (excess.some(({ entry }) => entry === undefined)) return new Set(spec.to.keys());
  return new Set(excess.flatMap(({ entry }) => entry ?? []));
}

function isRefused({ delegation }: Excess): boolean {
  return delegation.spec.beyond === 'Refuse';
}

function termsOf(excess: readonly Excess[]): NonNullable<EgressDelegation['spec']['approval']>[] {
  return excess.flatMap(({ delegation }) => delegation.spec.approval ?? []);
}
