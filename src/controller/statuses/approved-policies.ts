import type { EgressApproval, EgressPolicy } from '../../api/kinds.ts';
import type { ApprovalStatus } from '../../api/status.ts';
import { approvedBy, digestOf, contentToReview, type ReviewedPolicy } from '../../core/approval/reviewed-policy.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';

/**
 * What was approved, word for word, for the status of the approval: Kubernetes keeps no generation but the last. It is taken
 * down the moment that both the approval and the policy are seen, since the next edit may come before anything is written.
 */
export class ApprovedPolicies {
  readonly #policies = new Map<string, EgressPolicy>();
  /** By the `namespace/name` of the policy. */
  readonly #approvals = new Map<string, Map<string, EgressApproval>>();
  /** By the `namespace/name` of the approval. */
  readonly #seen = new Map<string, ReviewedPolicy>();

  /** @returns approvals, as `namespace/name`, whose status may have to be written */
  take(change: ObjectChange): readonly string[] {
    if (change.kind === 'EgressPolicy') {
      if (change.object === undefined) this.#policies.delete(change.key);
      else this.#policies.set(change.key, change.object);
      return [...(this.#approvals.get(change.key) ?? [])].flatMap(([key, approval]) =>
        this.#see(key, approval, change.object) ? [key] : [],
      );
    }
    if (change.kind !== 'EgressApproval') return [];
    const { key, object } = change;
    for (const [policy, approvals] of this.#approvals)
      if (approvals.delete(key) && approvals.size === 0) this.#approvals.delete(policy);
    if (object === undefined) {
      this.#seen.delete(key);
      return [];
    }
    const about = `${object.metadata.namespace}/${object.spec.policy.name}`;
    this.#approvals.set(about, (this.#approvals.get(about) ?? new Map<string, EgressApproval>()).set(key, object));
    this.#see(key, object, this.#policies.get(about));
    return [key];
  }

  /** What an approval is about: as it is seen, or as it was written down when it was. */
  of(key: string, written: ApprovalStatus | undefined): ReviewedPolicy | undefined {
    return this.#seen.get(key) ?? written?.policy;
  }

  #see(key: string, approval: EgressApproval, policy: EgressPolicy | undefined): boolean {
    if (policy === undefined || approval.spec.decision !== 'Approved') return false;
    if (approvedBy(approval, policy)?.current !== true) return false;
    const content = contentToReview(policy);
    const known = this.#seen.get(key);
    if (known && digestOf(known) === digestOf(content)) return false;
    this.#seen.set(key, content);
    return true;
  }
}
