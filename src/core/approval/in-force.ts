import type { EgressApproval, EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import { compareText, type Problem } from '../../api/problem.ts';
import { parseInstant } from '../time/instant.ts';
import { excessOf, type Excess } from './delegated.ts';
import { approvalProblem, notDelegated, reviewIsOver, approvalProblems } from './problems.ts';
import { endedProblem, supersededBy, supersededNow, supersededProblem, type Settled } from './superseded.ts';
import { deniedBesides, validated, type Counting } from './valid.ts';

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
  /** The approval by which it is in force; undefined: what is delegated needs no approval. */
  readonly approval: EgressApproval | undefined;
  /** Approvals that are over by this, which has to be remembered, and by which generation. */
  readonly supersedes: ReadonlyMap<EgressApproval, number>;
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
 * The newest approval that counts replaces those of earlier generations: when its time is over, none comes back. Those of what has
 * been given up since are over permanently, whatever becomes of the newest.
 */
export function inForce(policy: EgressPolicy, { delegations, approvals }: Governing, hasPassed: HasPassed): InForce {
  // As in most clusters: no delegation limits anything, and no approval is needed.
  if (delegations.length === 0 && approvals.length === 0)
    return { policy, leftOut: nothing, approval: undefined, supersedes: none, problems: [] };
  const current = approvals.filter((one) => supersededBy(one) === undefined);
  const counting = countingOf(policy, { delegations, approvals: current }, hasPassed);
  const supersedes = supersededNow(current, policy, counting.settled);
  const over = approvals.flatMap((one) => {
    const by = supersededBy(one) ?? supersedes.get(one);
    if (by !== undefined) return [supersededProblem(one, by)];
    return one.spec.policy.uid === policy.metadata.uid && hasPassed(one.spec.until ?? '') ? [endedProblem(one)] : [];
  });
  // What is superseded needs no correction.
  const superseded = new Set(over.filter(({ code }) => code === 'approval-superseded').map(({ subject }) => subject));
  const left = counting.problems.filter(({ subject }) => !superseded.has(subject));
  const found = { ...counting, supersedes, problems: [...left, ...over] };
  const withdraws = delegations.find(({ spec }) => spec.overdueReviews === 'Withdraw');
  if (withdraws === undefined || !isOverdue(found.policy, hasPassed)) return found;
  const problems = [...found.problems, reviewIsOver(found.policy, withdraws)];
  return { ...found, leftOut: new Set(found.policy.spec.to.keys()), problems };
}

type Counted = Omit<InForce, 'supersedes'> & {
  /** The spec that is in force without waiting for an approval; undefined: only its delegated entries are in force. */
  readonly settled: Settled | undefined;
};

function waitsForNobody(policy: EgressPolicy): Settled {
  return { policy, approval: undefined, ended: false };
}

/** A Deny stays: withdrawing it would permit more, and no person has decided that. */
function isOverdue({ spec: { action, governance } }: EgressPolicy, hasPassed: HasPassed): boolean {
  return action !== 'Deny' && governance?.reviewBy !== undefined && hasPassed(governance.reviewBy);
}

function countingOf(policy: EgressPolicy, { delegations, approvals }: Governing, hasPassed: HasPassed): Counted {
  const excess = excessOf(policy, delegations);
  if (excess.length === 0)
    return { policy, leftOut: nothing, approval: undefined, settled: waitsForNobody(policy), problems: [] };
  const { newest, refusals } = newestThatCounts(policy, { delegations, approvals });
  const isOver = newest !== undefined && hasPassed(newest.approval.spec.until ?? '');
  const denial = approvals.find((one) => denies(one, policy, policy.metadata.generation));
  const problems = [
    ...refusals,
    ...notDelegated(policy, excess),
    ...approvalProblems(policy, excess, { newest, isOver, denial }),
  ];
  if (newest === undefined || isOver) {
    const over = newest && { policy: newest.approved.policy, approval: newest.approval, ended: true };
    const settled = over ?? (excess.every(isRefused) ? waitsForNobody(policy) : undefined);
    return { policy, leftOut: entriesOf(policy, excess), approval: undefined, settled, problems };
  }
  const { approved, approval } = newest;
  const refused = excessOf(approved.policy, delegations).filter(isRefused);
  const leftOut = entriesOf(approved.policy, refused);
  return {
    policy: approved.policy,
    leftOut,
    approval,
    settled: { policy: approved.policy, approval, ended: false },
    problems,
  };
}

/**
 * The newest generation that is approved; of several approvals the one that counts the longest. Those beside it are judged,
 * too: one that does not count says so, even if another approval of the same generation counts. Those of generations before it are replaced.
 */
function newestThatCounts(
  policy: EgressPolicy,
  { delegations, approvals }: Governing,
): { readonly newest: Counting | undefined; readonly refusals: readonly Problem[] } {
  const refusals: Problem[] = [];
  let newest: Counting | undefined;
  for (const approval of approvals.filter(({ spec }) => spec.decision === 'Approved').toSorted(newestFirst)) {
    const { generation } = approval.spec.policy;
    if (newest !== undefined && generation < newest.approval.spec.policy.generation) break;
    const denial = approvals.find((one) => denies(one, policy, generation));
    if (denial !== undefined) {
      if (generation === policy.metadata.generation) refusals.push(approvalProblem(approval, deniedBesides(denial)));
      continue;
    }
    const judged = validated(approval, policy, (approved) => termsOf(excessOf(approved, delegations)));
    if ('refusal' in judged) refusals.push(approvalProblem(approval, judged.refusal));
    else newest ??= { approval, approved: judged.approved };
  }
  return { newest, refusals };
}

/** A Denied counts, whatever other approvals there are. */
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
const none: InForce['supersedes'] = new Map();

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
