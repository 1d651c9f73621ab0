import { z } from 'zod';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Rule } from '../../core/model/desired.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Step } from './step.ts';

/** What a status says of a rule, or of a point as a whole. */
export interface Reported {
  readonly state: 'in force' | 'absent' | 'unknown';
  /** Continues `its status says `. */
  readonly message: string;
  /** What the device has is as desired, and only something that accepts more is missing. */
  readonly lacksOnly?: true;
}

/* Statuses as another version may have written them, or a person half: with fields and words that are not known here. */

const condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  observedGeneration: z.int().optional(),
});
type Condition = z.output<typeof condition>;
const conditions = z.array(condition).nullish();
const pointStatus = z.looseObject({ conditions });
const loss = z.looseObject({ effect: z.string(), id: z.string(), message: z.string() });
const policyStatus = z.looseObject({
  enforcementPoints: z
    .array(z.looseObject({ name: z.string(), conditions, losses: z.array(loss).nullish() }))
    .nullish(),
});

const unreadable: Reported = { state: 'unknown', message: 'what this version cannot read' };

/**
 * Reasons with which a rule is known not to be there. With others the device was not heard of since, and with those of a
 * later version nobody here knows: what it has may be this or what was before.
 */
const notThere = new Set([
  'ObserveOnly',
  'Held',
  'WaitsForWindow',
  'ChangeRefused',
  'CapacityExceeded',
  'StillReferenced',
  'ForeignObject',
  'NotSupportedByDevice',
  'DeviceFailed',
  'Expired',
  'NothingToProgram',
  'NoEnforcementPoint',
  'NoRuleOfItsOwn',
]);

/** Reasons with which all that the device has was read back as desired, and only what accepts more is not there. */
const lacksOnly = new Set(['NotSupportedByDevice', 'CapacityExceeded', 'WaitsForWindow', 'NothingToProgram']);

/**
 * Whether a rule is on the device, as the statuses in the input say; without a rule, whether all of them are. Undefined:
 * none of them says anything.
 */
export function reportedRule(
  snapshot: Snapshot,
  point: EnforcementPoint,
  rule: Rule | undefined,
): Reported | undefined {
  if (rule === undefined) return reportedPoint(point);
  const share = shareOf(snapshot, point.metadata.name, rule);
  if (share === 'unreadable') return unreadable;
  if (share === undefined) return reportedPoint(point);
  const { losses, generation } = share;
  const found = share.conditions.find(({ type }) => type === 'Programmed');
  if (found?.reason !== 'NotSupportedByDevice') return found && judged(found, generation);
  const rejected = losses.filter(({ effect }) => effect === 'rejected');
  const own = rejected.find(({ id }) => id === rule.id);
  if (own !== undefined) return { state: 'absent', message: `${found.reason}: ${own.message}` };
  if (rejected.length === 0) return judged(found, generation);
  return { state: 'in force', message: 'that only others of its rules are not supported' };
}

/** Whether a point is as desired, as its status says. */
export function reportedPoint({ metadata, ...point }: EnforcementPoint): Reported | undefined {
  const status = pointStatus.safeParse(point['status'] ?? {});
  if (!status.success) return unreadable;
  const found = status.data.conditions?.find(({ type }) => type === 'Programmed');
  return found && judged(found, metadata.generation);
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

/** The step of what no rule accepts: rules from before may accept it where the device is not as desired. */
export function withRemains(reported: Reported | undefined, step: Step): Step {
  if (reported === undefined || reported.state === 'in force' || reported.lacksOnly === true) return step;
  return {
    ...step,
    verdict: 'Unknown',
    reason: `${step.reason}, but an earlier rule may still accept it: the status says ${reported.message}`,
    advice: 'see `postern status`, or ask the device with --live',
  };
}

interface Share {
  readonly conditions: readonly Condition[];
  readonly losses: readonly { readonly effect: string; readonly id: string; readonly message: string }[];
  readonly generation: number;
}

function shareOf(snapshot: Snapshot, point: string, { origin }: Rule): Share | 'unreadable' | undefined {
  const policies = [...snapshot.egressPolicies, ...snapshot.clusterEgressPolicies];
  const policy = policies.find(
    ({ kind, metadata }) =>
      kind === origin.kind && metadata.name === origin.name && (metadata.namespace ?? '') === origin.namespace,
  );
  const status = policyStatus.safeParse(policy?.['status'] ?? {});
  if (!status.success) return 'unreadable';
  const share = status.data.enforcementPoints?.find(({ name }) => name === point);
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
  if (status !== 'False' || !notThere.has(reason)) return { state: 'unknown', message: told };
  return { state: 'absent', message: told, ...(lacksOnly.has(reason) && { lacksOnly: true }) };
}
