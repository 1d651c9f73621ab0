import { hash } from 'node:crypto';
import type { EgressApproval, EgressPolicy } from '../../api/kinds.ts';
import { egressPolicySchema } from '../../api/egress-policy.ts';
import { authorAnnotation } from '../../api/meta.ts';
import { approvalStatusSchema, type ApprovalStatus } from '../../api/status.ts';
import { canonical } from '../model/json.ts';

/** A policy as an approver reviewed it: the content that an approval covers. */
export type ReviewedPolicy = NonNullable<ApprovalStatus['policy']>;

/** A policy as it is, with its author where the cluster knows one. */
export function contentToReview({ metadata, spec }: EgressPolicy): ReviewedPolicy {
  const author = metadata.annotations[authorAnnotation];
  return { labels: metadata.labels, spec, ...(author !== undefined && { author }) };
}

/**
 * SHA-256 of author, labels and spec. No generation counts the first two: the labels decide which points enforce a policy, the
 * author who may not approve it.
 */
export function digestOf({ author, labels, spec }: ReviewedPolicy): string {
  return hash('sha256', canonical({ author, labels, spec }));
}

/** What was approved, word for word. */
export interface Approved {
  readonly policy: EgressPolicy;
  readonly author: string | undefined;
  /** It is what the policy says now. */
  readonly current: boolean;
}

/**
 * What an approval is about: the policy as it stands if it is still that, else the copy that the controller made when it saw
 * it. Both have to have the digest that the approver wrote. Undefined: nobody knows any longer.
 */
export function approvedBy(approval: EgressApproval, policy: EgressPolicy): Approved | undefined {
  const { uid, generation, digest } = approval.spec.policy;
  if (uid !== policy.metadata.uid || generation > policy.metadata.generation) return undefined;
  const now = contentToReview(policy);
  if (generation === policy.metadata.generation && digestOf(now) === digest)
    return { policy, author: now.author, current: true };
  const kept = approvalStatusSchema.safeParse(approval['status']).data?.policy;
  const copy = kept && digestOf(kept) === digest ? policyAsSeen(kept, generation, policy) : undefined;
  return copy && { policy: copy, author: kept?.author, current: false };
}

/** Undefined where this version cannot read it. */
function policyAsSeen(
  { labels, spec }: ReviewedPolicy,
  generation: number,
  policy: EgressPolicy,
): EgressPolicy | undefined {
  const { annotations: _, changedBy: __, ...metadata } = policy.metadata;
  return egressPolicySchema.safeParse({ ...policy, metadata: { ...metadata, generation, labels }, spec }).data;
}
