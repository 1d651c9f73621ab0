import type { Condition } from '../../api/meta.ts';
import type { PolicyStatus } from '../../api/status.ts';
import { compareProblems, compareText, type Problem } from '../model/problem.ts';
import type { Loss } from '../model/resource.ts';
import { conditionsOf, readyOf, type Judgement } from './conditions.ts';
import type { Share } from './share.ts';

export interface StatusInput {
  readonly generation: number;
  /** Problems whose subject is the object. */
  readonly problems: readonly Problem[];
  readonly shares: readonly Share[];
  /** A service that nobody refers to is in order; a policy without a rule anywhere is not. */
  readonly mayBeUnused: boolean;
  readonly before: PolicyStatus | undefined;
  /** RFC 3339. */
  readonly now: string;
}

const referenceCodes = new Set(['unresolved-reference', 'service-not-allowed']);
const mostLosses = 64;

/** The status of a policy: is it accepted, do its references resolve, and is it in force at every point that it concerns? */
export function policyStatus(input: StatusInput): PolicyStatus {
  const { before, generation, now } = input;
  const shares = [...input.shares].sort((a, b) => compareText(a.point, b.point));
  const programmed = shares.map(judgeShare);
  const judgements = [accepted(input.problems), resolved(input.problems), together(programmed, input.mayBeUnused)];
  const known = new Map((before?.enforcementPoints ?? []).map((point) => [point.name, point]));
  return {
    observedGeneration: generation,
    ready: readyOf(judgements),
    conditions: conditionsOf(judgements, before?.conditions ?? [], generation, now),
    points: `${programmed.filter(({ status }) => status === 'True').length}/${shares.length}`,
    enforcementPoints: shares.map((share, index) => {
      const judgement = programmed[index];
      const previous: readonly Condition[] = known.get(share.point)?.conditions ?? [];
      return {
        name: share.point,
        conditions: conditionsOf(judgement === undefined ? [] : [judgement], previous, generation, now),
        rules: share.rules,
        addresses: share.addresses,
        losses: lossesOf(share)
          .slice(0, mostLosses)
          .map((loss) => ({ ...loss, message: loss.message.slice(0, 1024) })),
        ...times(share, judgement),
      };
    }),
  };
}

/** Times only where they say something: a share that is not in force has none. */
function times({ outcome }: Share, judgement: Judgement | undefined): { lastSyncTime?: string; liveSince?: string } {
  if (outcome === undefined || judgement?.status !== 'True') return {};
  return { ...(outcome.liveSince !== '' && { liveSince: outcome.liveSince }) };
}

function accepted(problems: readonly Problem[]): Judgement {
  const errors = problems.filter(({ severity, code }) => severity === 'error' && !referenceCodes.has(code));
  if (errors.length === 0)
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The object says what it means.' };
  return { type: 'Accepted', status: 'False', reason: 'Invalid', message: listed(errors) };
}

function resolved(problems: readonly Problem[]): Judgement {
  const errors = problems.filter(({ code }) => referenceCodes.has(code));
  if (errors.length === 0)
    return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All references lead somewhere.' };
  return { type: 'ResolvedRefs', status: 'False', reason: 'RefNotUsable', message: listed(errors) };
}

function judgeShare(share: Share): Judgement {
  const type = 'Programmed';
  const { outcome } = share;
  if (outcome === undefined)
    return { type, status: 'Unknown', reason: 'Pending', message: `${share.point} has not been synced yet.` };
  const refused = outcome.refused.find(({ id }) => share.ids.includes(id));
  if (refused !== undefined)
    return { type, status: 'False', reason: 'ChangeRefused', message: `${share.point}: ${refused.message}` };
  const rejected = lossesOf(share).find(({ effect }) => effect === 'rejected');
  if (rejected !== undefined)
    return { type, status: 'False', reason: 'NotSupportedByDevice', message: `${share.point}: ${rejected.message}` };
  if (share.programmed) {
    return { type, status: 'True', reason: 'Programmed', message: `Read back from ${share.point}.` };
  }
  const waiting = outcome.state === 'activating' || outcome.state === 'programmed' || outcome.state === 'sent';
  return waiting
    ? { type, status: 'Unknown', reason: 'Pending', message: `${share.point} is being brought up to date.` }
    : { type, status: 'False', reason: outcome.reason, message: `${share.point}: ${outcome.message}` };
}

/** Programmed as a whole: everywhere, or the first reason why not. */
function together(judgements: readonly Judgement[], mayBeUnused: boolean): Judgement {
  const type = 'Programmed';
  const obstacle =
    judgements.find(({ status }) => status === 'False') ?? judgements.find(({ status }) => status === 'Unknown');
  if (obstacle !== undefined) return obstacle;
  if (judgements.length > 0) {
    return {
      type,
      status: 'True',
      reason: 'Programmed',
      message: 'In force at every enforcement point that it concerns.',
    };
  }
  if (mayBeUnused) return { type, status: 'True', reason: 'NotUsed', message: 'No policy refers to it.' };
  return {
    type,
    status: 'False',
    reason: 'NoEnforcementPoint',
    message:
      'No enforcement point has a rule for this object: it contributes nothing, or no point covers its namespace.',
  };
}

function lossesOf({ outcome, ids }: Share): readonly Loss[] {
  return outcome?.losses.filter(({ id }) => ids.includes(id)) ?? [];
}

function listed(problems: readonly Problem[]): string {
  return [...problems]
    .sort(compareProblems)
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
    .join(' ');
}
