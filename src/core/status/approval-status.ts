import type { ApprovalStatus, DelegationStatus } from '../../api/status.ts';
import type { SeenPolicy } from '../approval/seen-policy.ts';
import { approvalCodes } from '../approval/problems.ts';
import type { Problem } from '../../api/problem.ts';
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
  readonly policy: SeenPolicy | undefined;
}

export function delegationStatus({ generation, problems, before, now }: DelegationStatusInput): DelegationStatus {
  const judgements = [accepted(problems)];
  return {
    observedGeneration: generation,
    ready: readyOf(judgements),
    conditions: conditionsOf(judgements, before?.conditions ?? [], generation, now),
  };
}

export function approvalStatus(input: ApprovalStatusInput): ApprovalStatus {
  const { policy } = input;
  return { ...delegationStatus(input), ...(policy && { policy }) };
}

/** Of a policy that needs an approval: has it one? Undefined: it needs none. */
export function approved(problems: readonly Problem[]): Judgement | undefined {
  const about = problems.filter(({ code }) => approvalCodes.has(code));
  const [first] = about;
  if (first === undefined) return undefined;
  const reason = reasons[first.code] ?? 'WaitsForApproval';
  const status = first.code === 'approved' || first.code === 'broke-glass' ? 'True' : 'False';
  return { type: 'Approved', status, reason, message: listed(about) };
}

const reasons: Readonly<Record<string, string>> = {
  approved: 'Approved',
  'broke-glass': 'BrokeGlass',
  'waits-for-approval': 'WaitsForApproval',
  'approval-denied': 'Denied',
  'approval-expired': 'ApprovalExpired',
};
