import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Condition } from '../../api/meta.ts';
import { pointStatusSchema, policyStatusSchema } from '../../api/status.ts';
import type { Rule } from '../../core/model/desired.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Step } from './step.ts';

/** What a status says of a rule, or of a point as a whole. */
export interface Reported {
  readonly state: 'in force' | 'absent' | 'unknown';
  /** Continues `its status says `. */
  readonly message: string;
}

/** Reasons with which the device was not heard of since: what it has may be this or what was before. */
const unheard = new Set([
  'Failed',
  'DeviceUnavailable',
  'DeviceThrottled',
  'DeviceBusy',
  'DeviceChangedMeanwhile',
  'CredentialsRefused',
  'PermissionMissing',
  'AuditUnavailable',
]);

/** Whether a rule is on the device, as the statuses in the input say; undefined: none of them says anything. */
export function reportedRule(snapshot: Snapshot, point: EnforcementPoint, rule: Rule): Reported | undefined {
  const share = shareOf(snapshot, point.metadata.name, rule);
  if (share === undefined) return reportedPoint(point);
  const { conditions, losses, generation } = share;
  const condition = conditions.find(({ type }) => type === 'Programmed');
  if (condition?.reason !== 'NotSupportedByDevice') return condition && judged(condition, generation);
  const rejected = losses.filter(({ effect }) => effect === 'rejected');
  const loss = rejected.find(({ id }) => id === rule.id);
  if (loss !== undefined) return { state: 'absent', message: `${condition.reason}: ${loss.message}` };
  if (rejected.length === 0) return judged(condition, generation);
  return { state: 'in force', message: 'that only others of its rules are not supported' };
}

/** Whether a point is as desired, as its status says. */
export function reportedPoint({ metadata, ...point }: EnforcementPoint): Reported | undefined {
  const status = pointStatusSchema.safeParse(point['status']);
  const condition = status.data?.conditions?.find(({ type }) => type === 'Programmed');
  return condition && judged(condition, metadata.generation);
}

/** An object of ours stands in the cluster only if its point was brought up to date. */
export function withReportOf(point: EnforcementPoint | undefined, step: Step): Step {
  const reported = point && reportedPoint(point);
  if (reported === undefined || reported.state === 'in force' || step.verdict === 'Unknown') return step;
  const reason = `${step.reason}; but the status of ${point?.metadata.name ?? ''} says ${reported.message}`;
  return { ...step, verdict: 'Unknown', reason, advice: 'see `postern status`, or ask with --live' };
}

/** The step of a rule, if the rule is not on the device or may not be. */
export function withReport(reported: Reported | undefined, step: Step): Step {
  if (reported === undefined || reported.state === 'in force') return step;
  const doubt = step.verdict === 'Deny' || reported.state === 'unknown';
  const there = reported.state === 'absent' ? 'is not on the device' : 'may not be on the device';
  return {
    ...step,
    verdict: doubt ? 'Unknown' : 'Deny',
    reason: `${step.reason}, and ${there}: the status says ${reported.message}`,
    advice: 'see `postern status`, or ask the device with --live',
  };
}

interface Share {
  readonly conditions: readonly Condition[];
  readonly losses: readonly { readonly effect: string; readonly id: string; readonly message: string }[];
  readonly generation: number;
}

function shareOf(snapshot: Snapshot, point: string, { origin }: Rule): Share | undefined {
  const policies = [...snapshot.egressPolicies, ...snapshot.clusterEgressPolicies];
  const policy = policies.find(
    ({ kind, metadata }) =>
      kind === origin.kind && metadata.name === origin.name && (metadata.namespace ?? '') === origin.namespace,
  );
  const status = policyStatusSchema.safeParse(policy?.['status']);
  const share = status.data?.enforcementPoints?.find(({ name }) => name === point);
  if (policy === undefined || share === undefined) return undefined;
  return { conditions: share.conditions ?? [], losses: share.losses ?? [], generation: policy.metadata.generation };
}

/** @param generation of the object now; 0: not known */
function judged({ status, reason, message, observedGeneration }: Condition, generation: number): Reported {
  if (generation > 0 && observedGeneration !== undefined && observedGeneration < generation) {
    const late = `${reason} of generation ${observedGeneration}, and the object is at ${generation}`;
    return { state: 'unknown', message: late };
  }
  const told = `${reason}: ${message}`;
  if (status === 'True') return { state: 'in force', message: told };
  return { state: status === 'Unknown' || unheard.has(reason) ? 'unknown' : 'absent', message: told };
}
