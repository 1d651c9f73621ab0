import type { ConditionReasons } from '../../api/condition-reasons.ts';
import type { ApprovalStatus, DelegationStatus } from '../../api/status.ts';
import type { ReviewedPolicy } from '../approval/reviewed-policy.ts';
import { approvalCodes } from '../approval/problems.ts';
import type { Problem, ProblemCode } from '../../api/problem.ts';
import { accepted, conditionsOf, listed, readyOf, type Judgement } from './conditions.ts';

export interface DelegationStatusInput {
  readonly generation: number;
  /** Problems whose subject is the object. */
  readonly problems: readonly Problem[];
  readonly before: DelegationStatus | undefined;
  /** RFC 3339. */
  readonly now: string;
}

export interface ApprovalStatusInput extends DelegationStatusInput {
  readonly before: ApprovalStatus | undefined;
  /** What was approved, as the controller saw it; undefined: it never did. */
  readonly policy: ReviewedPolicy | undefined;
  /** The generation by which it is over permanently. */
  readonly supersededBy: number | undefined;
}

export function delegationStatus(input: DelegationStatusInput): DelegationStatus {
  return statusBy(accepted(input.problems), input);
}

export function approvalStatus(input: ApprovalStatusInput): ApprovalStatus {
  const { problems, policy, supersededBy } = input;
  const kept = { ...(policy && { policy }), ...(supersededBy !== undefined && { supersededBy }) };
  return { ...statusBy(ended(problems) ?? accepted(problems), input), ...kept };
}

function statusBy(judgement: Judgement, { generation, before, now }: DelegationStatusInput): DelegationStatus {
  return {
    observedGeneration: generation,
    ready: readyOf([judgement]),
    conditions: conditionsOf([judgement], before?.conditions ?? [], generation, now),
  };
}

/** An approval that has counted, or could have, and whose time is over. */
function ended(problems: readonly Problem[]): Judgement | undefined {
  const about = problems.filter(({ code }) => endings[code] !== undefined);
  const reason = about[0] && endings[about[0].code];
  return reason === undefined ? undefined : { type: 'Accepted', status: 'False', reason, message: listed(about) };
}

const endings: Readonly<Partial<Record<ProblemCode, ConditionReasons['Accepted']>>> = {
  'approval-superseded': 'Superseded',
  'approval-ended': 'Ended',
};

/** Of a policy that needs an approval: has it one? Undefined: it needs none. */
export function approved(problems: readonly Problem[]): Judgement | undefined {
  const about = problems.filter(({ code }) => approvalCodes.has(code));
  const [first] = about;
  if (first === undefined) return undefined;
  const reason = reasons[first.code] ?? 'WaitsForApproval';
  const status = first.code === 'approved' || first.code === 'broke-glass' ? 'True' : 'False';
  return { type: 'Approved', status, reason, message: listed(about) };
}

const reasons: Readonly<Partial<Record<ProblemCode, ConditionReasons['Approved']>>> = {
  approved: 'Approved',
  'broke-glass': 'BrokeGlass',
  'waits-for-approval': 'WaitsForApproval',
  'approval-denied': 'Denied',
  'approval-expired': 'ApprovalExpired',
};
