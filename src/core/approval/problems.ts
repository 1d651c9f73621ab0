import type { EgressApproval, EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import type { Problem, ProblemCode } from '../../api/problem.ts';
import type { Excess } from './delegated.ts';
import type { Counting, Refusal } from './valid.ts';

/* Problems of a policy that exceeds its delegation. */

/** The codes of entries that wait for an approval. */
export const approvalCodes: ReadonlySet<ProblemCode> = new Set([
  'approved',
  'broke-glass',
  'waits-for-approval',
  'approval-denied',
  'approval-expired',
]);

/** An approval that does not count. */
export function approvalProblem(approval: EgressApproval, { code, message }: Refusal): Problem {
  const subject = subjectOfApproval(approval);
  return { severity: 'error', subject, field: 'spec', code, message: `${message}; until then it does not count` };
}

export function subjectOfApproval({ metadata }: EgressApproval): string {
  return `EgressApproval/${metadata.namespace}/${metadata.name}`;
}

/** What no approval can permit. */
export function notDelegated(policy: EgressPolicy, excess: readonly Excess[]): readonly Problem[] {
  return excess
    .filter(({ delegation }) => delegation.spec.beyond === 'Refuse')
    .map(({ delegation, field, what }) => ({
      severity: 'error',
      subject: subjectOf(policy),
      field,
      code: 'not-delegated',
      message: `${what} delegated by EgressDelegation ${delegation.metadata.name}: it contributes nothing; remove it, or ask the owner of the delegation`,
    }));
}

/** The policy was not reviewed in time, and a delegation withdraws it for that. */
export function reviewIsOver(policy: EgressPolicy, { metadata: { name } }: EgressDelegation): Problem {
  const { reviewBy = '' } = policy.spec.governance ?? {};
  return {
    severity: 'error',
    subject: subjectOf(policy),
    field: 'spec.governance.reviewBy',
    code: 'review-is-over',
    message: `should have been reviewed by ${reviewBy}, and contributes nothing since, by EgressDelegation ${name}: review it, and set the next date`,
  };
}

interface Standing {
  readonly newest: Counting | undefined;
  readonly isOver: boolean;
  readonly denial: EgressApproval | undefined;
}

/** Where a policy stands that needs approval: approved, or what it waits for and what is in force in the meantime. */
export function approvalProblems(policy: EgressPolicy, excess: readonly Excess[], now: Standing): readonly Problem[] {
  const [first, ...others] = excess.filter(({ delegation }) => delegation.spec.beyond === 'WaitForApproval');
  if (first === undefined) return [];
  const subject = subjectOf(policy);
  const { name, namespace, generation } = policy.metadata;
  if (now.newest?.approved.current && !now.isOver) {
    const { code, severity, told } = approvedAs(now.newest.approval);
    return [{ severity, subject, field: first.field, code, message: `generation ${generation} is ${told}` }];
  }
  const more = others.length > 0 ? `, and so are ${others.length} other things` : '';
  const why = `${first.what} delegated by EgressDelegation ${first.delegation.metadata.name}${more}`;
  const ask =
    now.denial === undefined
      ? `have it approved: postern approve ${namespace}/${name} --generation ${generation}`
      : `change it, or have the denial taken back: kubectl delete ega -n ${namespace} ${now.denial.metadata.name}`;
  const { code, told } = whyNot(now, generation);
  const message = `${told}: ${why}; ${meanwhile(now)}; ${ask}`;
  return [{ severity: 'warning', subject, field: first.field, code, message }];
}

function approvedAs({ spec }: EgressApproval): Pick<Problem, 'code' | 'severity'> & { readonly told: string } {
  const by = `by ${spec.approver} until ${spec.until ?? ''}`;
  return spec.breakGlass
    ? { code: 'broke-glass', severity: 'warning', told: `in force in an emergency, ${by}: ${spec.reason ?? ''}` }
    : { code: 'approved', severity: 'info', told: `approved ${by}` };
}

function whyNot(
  { newest, isOver, denial }: Standing,
  generation: number,
): Pick<Problem, 'code'> & { readonly told: string } {
  if (denial !== undefined) {
    const { approver, reason } = denial.spec;
    const because = reason === undefined ? '' : ` (${reason})`;
    return { code: 'approval-denied', told: `generation ${generation} was denied by ${approver}${because}` };
  }
  if (newest !== undefined && isOver)
    return { code: 'approval-expired', told: `its approval ended at ${newest.approval.spec.until ?? ''}` };
  return { code: 'waits-for-approval', told: `generation ${generation} waits for an approval` };
}

function meanwhile({ newest, isOver }: Standing): string {
  if (newest === undefined || isOver) return 'meanwhile only its entries that are delegated are in force';
  const { generation } = newest.approval.spec.policy;
  return `meanwhile generation ${generation} is in force, approved by ${newest.approval.spec.approver}`;
}

function subjectOf({ metadata }: EgressPolicy): string {
  return `EgressPolicy/${metadata.namespace}/${metadata.name}`;
}
