import type { Kind } from '../../api/kinds.ts';
import type { Problem } from '../../api/problem.ts';
import type { Compiled } from '../../core/compile/compiler.ts';
import { approvalStatus, delegationStatus } from '../../core/status/approval-status.ts';
import type { Judgement, LateWork } from '../../core/status/conditions.ts';
import { pointStatus } from '../../core/status/point-status.ts';
import { policyStatus } from '../../core/status/policy-status.ts';
import type { References } from '../../core/status/references.ts';
import type { ApprovedPolicies } from './approved-policies.ts';
import type { PointEnforcement } from './point-enforcement.ts';
import {
  consistentBefore,
  storedApprovalStatus,
  storedDelegationStatus,
  storedPointStatus,
  storedPolicyStatus,
  storedServiceStatus,
  type Status,
} from './stored-status.ts';

/** One object of ours. */
export interface StatusSubject {
  readonly kind: Kind;
  /** `name`, or `namespace/name`. */
  readonly key: string;
  readonly uid: string;
}

/** As it was seen last. */
export interface Subject extends StatusSubject {
  readonly generation: number;
  /** What a person says of the places that a point left. */
  readonly acknowledged: string | undefined;
  status: unknown;
}

/** What is known beside the object itself. */
export interface StatusSources {
  readonly compiled: Compiled;
  readonly points: ReadonlyMap<string, PointEnforcement>;
  readonly references: References;
  readonly approved: ApprovedPolicies;
  /** By point. */
  readonly consistent: ReadonlyMap<string, Judgement>;
  /** By point. */
  readonly late: ReadonlyMap<string, LateWork>;
  /** Of this object. */
  readonly problems: readonly Problem[];
  /** RFC 3339. */
  readonly now: string;
}

/** The status that an object of ours should have. */
export function statusOf(subject: Subject, sources: StatusSources): Status {
  const { kind, key, generation, status: stored } = subject;
  const { compiled, approved, problems, now } = sources;
  const common = { generation, problems, now };
  switch (kind) {
    case 'EgressDelegation':
      return delegationStatus({ ...common, before: storedDelegationStatus(stored) });
    case 'EgressApproval': {
      const before = storedApprovalStatus(stored);
      const supersededBy = compiled.supersededBy(key) ?? before?.supersededBy;
      return approvalStatus({ ...common, before, policy: approved.of(key, before), supersededBy });
    }
    case 'EnforcementPoint':
      return statusOfPoint(subject, sources);
    case 'ExternalService': {
      const before = storedServiceStatus(stored);
      const status = policyStatus({ ...common, shares: sharesOf(subject, sources), mayBeUnused: true, before });
      return { ...status, policies: sources.references.count(key) };
    }
    case 'EgressPolicy':
    case 'ClusterEgressPolicy': {
      const before = storedPolicyStatus(stored);
      return policyStatus({ ...common, shares: sharesOf(subject, sources), mayBeUnused: false, before });
    }
  }
}

function statusOfPoint({ key, generation, acknowledged, status: stored }: Subject, sources: StatusSources): Status {
  const { points, consistent, late, problems, now } = sources;
  const { outcome, observes = false, overGrants = [] } = points.get(key) ?? {};
  const before = storedPointStatus(stored);
  return pointStatus({
    name: key,
    generation,
    problems,
    now,
    acknowledged,
    // A point in mode Observe does not say so.
    consistent: observes ? undefined : (consistent.get(key) ?? consistentBefore(before)),
    late: late.get(key),
    outcome,
    overGrants,
    before,
  });
}

/** What an object has at each point. */
function sharesOf({ kind, key }: Subject, { points, compiled, late }: StatusSources) {
  return [...points].flatMap(([point, view]) => {
    const share = view.share(point, `${kind}/${key}`, compiled.desired(point));
    return share === undefined ? [] : [{ ...share, late: late.get(point) }];
  });
}
