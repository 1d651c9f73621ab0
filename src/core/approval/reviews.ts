import type { EgressApproval, EgressPolicy } from '../../api/kinds.ts';
import { similarTo } from '../../api/similar.ts';
import { grouped } from '../model/grouped.ts';
import { compareText, type Problem } from '../../api/problem.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { approved } from '../status/approval-status.ts';
import { excessOf } from './delegated.ts';
import { governingOf } from './governing.ts';
import { inForce, type HasPassed } from './in-force.ts';
import { approvalCodes, approvalProblem } from './problems.ts';
import { reachedOf, type Reached } from './reached.ts';
import { digestOf, contentToReview } from './reviewed-policy.ts';

/** A policy that exceeds its delegation, as approvers see it. */
export interface Review {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** Of what stands there now. */
  readonly digest: string;
  /** Undefined: not known. */
  readonly author: string | undefined;
  /** `waits-for-approval`, `approved`, `broke-glass`, `approval-denied`, `approval-expired`, `not-delegated` */
  readonly state: string;
  /** A sentence for people. */
  readonly message: string;
  /** What goes beyond, and beyond which delegation. */
  readonly beyond: readonly { readonly field: string; readonly what: string; readonly delegation: string }[];
  /** What counts now: undefined where only what is delegated does. */
  readonly inForce: { readonly generation: number; readonly approver: string; readonly until: string } | undefined;
  /** Where that is in force; undefined: its status does not say. */
  readonly reached: Reached | undefined;
}

/** Every policy that goes beyond what is delegated, those that wait first; and approvals that do not count. */
export function reviewsOf(
  snapshot: Snapshot,
  hasPassed: HasPassed,
): { readonly reviews: readonly Review[]; readonly refused: readonly Problem[] } {
  const governing = governingOf(snapshot);
  const found = snapshot.egressPolicies.flatMap((policy) => {
    const about = governing(policy);
    const { approval, policy: counts, problems } = inForce(policy, about, hasPassed);
    const excess = excessOf(policy, about.delegations);
    if (excess.length === 0) return [];
    const { spec: { approver = '', until = '' } = {} } = approval ?? {};
    const review: Review = {
      ...nowOf(policy),
      ...standingIn(problems),
      beyond: excess.map(({ field, what, delegation }) => ({ field, what, delegation: delegation.metadata.name })),
      inForce: approval && { generation: counts.metadata.generation, approver, until },
      reached: reachedOf(policy, approved(problems)?.status === 'True'),
    };
    const refused = problems.filter(({ subject, severity }) => {
      return subject.startsWith('EgressApproval/') && severity === 'error';
    });
    return [{ review, refused }];
  });
  return {
    reviews: found.map(({ review }) => review).sort(waitingFirst),
    refused: [...found.flatMap(({ refused }) => refused), ...ofNoPolicy(snapshot)],
  };
}

/** Approvals that name a policy that is not there: mostly a slip of the hand, or one that was deleted since. */
function ofNoPolicy({ egressPolicies, egressApprovals = [] }: Snapshot): readonly Problem[] {
  const names = grouped(egressPolicies.map(({ metadata }) => [metadata.namespace, metadata.name] as const));
  return egressApprovals.flatMap((approval: EgressApproval) => {
    const { namespace } = approval.metadata;
    const { name } = approval.spec.policy;
    const known = names.get(namespace) ?? [];
    if (known.includes(name)) return [];
    const similar = similarTo(name, known);
    const meant =
      similar === undefined
        ? 'delete the approval, unless the policy will be created later'
        : `did you mean ${similar}?`;
    const message = `there is no readable EgressPolicy ${name} in namespace ${namespace}; ${meant}`;
    return [approvalProblem(approval, { code: 'approval-for-no-policy', message })];
  });
}

function nowOf(policy: EgressPolicy): Pick<Review, 'namespace' | 'name' | 'uid' | 'generation' | 'digest' | 'author'> {
  const { namespace, name, uid, generation } = policy.metadata;
  const content = contentToReview(policy);
  return { namespace, name, uid, generation, digest: digestOf(content), author: content.author };
}

/** What no approval can permit comes first. */
function standingIn(problems: readonly Problem[]): Pick<Review, 'state' | 'message'> {
  const problem =
    problems.find(({ code }) => code === 'not-delegated') ?? problems.find(({ code }) => approvalCodes.has(code));
  return { state: problem?.code ?? 'not-delegated', message: problem?.message ?? '' };
}

const order = ['waits-for-approval', 'approval-expired', 'broke-glass', 'approval-denied', 'not-delegated', 'approved'];

function waitingFirst(a: Review, b: Review): number {
  return (
    order.indexOf(a.state) - order.indexOf(b.state) ||
    compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`)
  );
}
