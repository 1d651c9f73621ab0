import type { z } from 'zod';
import type { ConditionReasons } from '../../api/condition-reasons.ts';
import type { Condition } from '../../api/meta.ts';
import {
  approvalStatusSchema,
  delegationStatusSchema,
  pointStatusSchema,
  policyStatusSchema,
  serviceStatusSchema,
} from '../../api/status.ts';
import type { ApprovalStatus, DelegationStatus, PointStatus, PolicyStatus } from '../../api/status.ts';
import type { Judgement } from '../../core/status/conditions.ts';

/*
 * The status that is stored with an object. A status that another version wrote, or none, counts as no status.
 */

export type ServiceStatus = z.infer<typeof serviceStatusSchema>;
export type Status = PolicyStatus | ServiceStatus | PointStatus | DelegationStatus | ApprovalStatus;

export const storedPointStatus = (status: unknown): PointStatus | undefined => readable(pointStatusSchema, status);
export const storedPolicyStatus = (status: unknown): PolicyStatus | undefined => readable(policyStatusSchema, status);
export const storedServiceStatus = (status: unknown): ServiceStatus | undefined =>
  readable(serviceStatusSchema, status);
export const storedDelegationStatus = (status: unknown): DelegationStatus | undefined =>
  readable(delegationStatusSchema, status);
export const storedApprovalStatus = (status: unknown): ApprovalStatus | undefined =>
  readable(approvalStatusSchema, status);

/** The conditions in a status of any kind. */
export function storedConditions(status: unknown): readonly Condition[] {
  const read = storedPointStatus(status) ?? storedServiceStatus(status) ?? storedApprovalStatus(status);
  return read?.conditions ?? [];
}

/** Whether a point agreed with all other layers, as another process found it: that holds until it is found again. */
export function consistentBefore(before: PointStatus | undefined): Judgement | undefined {
  const type = 'Consistent';
  const condition = before?.conditions?.find((one) => one.type === type);
  if (condition === undefined) return undefined;
  const { status, reason, message } = condition;
  // A newer version may know reasons that are not in this one.
  return { type, status, reason: reason as ConditionReasons[typeof type], message };
}

function readable<T>(schema: z.ZodType<T>, status: unknown): T | undefined {
  const parsed = schema.safeParse(status);
  return parsed.success ? parsed.data : undefined;
}
