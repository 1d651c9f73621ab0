import type { EgressApproval, EgressPolicy } from '../../api/kinds.ts';
import type { Problem } from '../../api/problem.ts';
import { approvalStatusSchema } from '../../api/status.ts';
import { permitsAll } from './permits-all.ts';
import { subjectOfApproval } from './problems.ts';
import { approvedBy, digestOf, contentToReview } from './reviewed-policy.ts';

/*
 * An approval is over permanently once a text of its policy has been in force after it that does not permit all that it approved: what
 * was given up does not come back by an edit, nor because another approval ends. Only the status of the approval remembers it.
 */

/** A spec of a policy that is in force without waiting for an approval, or was until its approval ended. */
export interface Settled {
  readonly policy: EgressPolicy;
  /** It was given in the stead of those before it. */
  readonly ended: boolean;
  /** By which it is in force; undefined: it needs none. */
  readonly approval: EgressApproval | undefined;
}

/** The generation that has been in force since; undefined: none is known. */
export function supersededBy({ status }: EgressApproval): number | undefined {
  return approvalStatusSchema.safeParse(status).data?.supersededBy;
}

/** The approval, remembering it. */
export function asSuperseded(approval: EgressApproval, generation: number): EgressApproval {
  return {
    ...approval,
    status: { ...approvalStatusSchema.safeParse(approval['status']).data, supersededBy: generation },
  };
}

/**
 * Of the approvals of a policy, `written` as it is, those that are over now that a text of it is in force, and by which generation.
 * What an approval is about must be known to be permitted still.
 */
export function supersededNow(
  approvals: readonly EgressApproval[],
  written: EgressPolicy,
  settled: Settled | undefined,
): ReadonlyMap<EgressApproval, number> {
  if (settled === undefined || approvals.length === 0) return new Map();
  const { policy: inForce, approval, ended } = settled;
  const { uid, generation } = inForce.metadata;
  const digest = approval?.spec.policy.digest ?? digestOf(contentToReview(inForce));
  const over = approvals.filter((one) => {
    const { decision, policy: about } = one.spec;
    if (decision !== 'Approved' || about.uid !== uid || about.generation > generation) return false;
    if (about.digest === digest) return false;
    const approved = approvedBy(one, written)?.policy;
    return ended || approved === undefined || !permitsAll(inForce, approved);
  });
  return new Map(over.map((one) => [one, generation]));
}

export function supersededProblem(approval: EgressApproval, generation: number): Problem {
  const { name, generation: about } = approval.spec.policy;
  const what =
    generation === about
      ? 'with other labels it was'
      : `generation ${generation}, which permits less or other things, was`;
  return {
    severity: 'info',
    subject: subjectOfApproval(approval),
    field: 'spec.policy.generation',
    code: 'approval-superseded',
    message: `generation ${about} of ${name} was approved, and ${what} in force after it: it no longer counts`,
  };
}

export function endedProblem(approval: EgressApproval): Problem {
  const { until = '' } = approval.spec;
  return {
    severity: 'info',
    subject: subjectOfApproval(approval),
    field: 'spec.until',
    code: 'approval-ended',
    message: `it counted until ${until}`,
  };
}
