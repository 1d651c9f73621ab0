import type { Condition } from '../../api/meta.ts';
import type { PolicyStatus } from '../../api/status.ts';
import { compareText, type Problem, type ProblemCode } from '../../api/problem.ts';
import { approvalCodes } from '../approval/problems.ts';
import { approved } from './approval-status.ts';
import { accepted, conditionsOf, listed, readyOf, unlessLate, type Judgement } from './conditions.ts';
import { liveOf, proxiesText } from './live-proxies.ts';
import { lossesFor, type PointShare } from './object-rules.ts';

export interface StatusInput {
  readonly generation: number;
  /** Problems whose subject is the object. */
  readonly problems: readonly Problem[];
  readonly shares: readonly PointShare[];
  /** A service without a reference is in order; a policy without a rule at any point is not. */
  readonly mayBeUnused: boolean;
  readonly before: PolicyStatus | undefined;
  /** RFC 3339. */
  readonly now: string;
}

const referenceCodes = new Set<ProblemCode>(['unresolved-reference', 'service-not-allowed']);

/** The status of a policy: is it accepted, do its references resolve, and is it in force at every point that it concerns? */
export function policyStatus({ generation, problems, shares, mayBeUnused, before, now }: StatusInput): PolicyStatus {
  const sorted = [...shares].sort((a, b) => compareText(a.point, b.point));
  const programmed = sorted.map((share) => ({
    share,
    judgement: unlessEarlier(unlessLate(judgeShare(share), share.late), share.point, problems),
  }));
  const own = problems.filter(({ code }) => !referenceCodes.has(code) && !approvalCodes.has(code));
  const approval = approved(problems);
  // One that only observes holds nothing up: people wait for policies with `kubectl wait`.
  const enforcing = programmed.filter(({ share }) => !share.observes);
  const watched = watchedOnly(programmed.filter(({ share }) => share.observes));
  const whole =
    enforcing.length === 0 && watched !== undefined
      ? watched
      : programmedEverywhere(
          enforcing.map(({ judgement }) => judgement),
          problems,
          mayBeUnused,
        );
  const judgements = [accepted(own), resolved(problems), ...(approval ? [approval] : []), whole];
  const live = enforcing.flatMap(({ share }) => liveAt(share));
  const known = new Map((before?.enforcementPoints ?? []).map((point) => [point.name, point.conditions ?? []]));
  return {
    observedGeneration: generation,
    ready: readyOf(judgements),
    conditions: conditionsOf([...judgements, ...worst(live)], before?.conditions ?? [], generation, now),
    points: `${enforcing.filter(({ judgement }) => judgement.status === 'True').length}/${enforcing.length}`,
    enforcementPoints: programmed.map(({ share, judgement }) => {
      const ownLive = share.observes ? [] : liveAt(share);
      const conditions = conditionsOf([judgement, ...ownLive], known.get(share.point) ?? [], generation, now);
      const { point: name, rules, addresses, proxies } = share;
      const losses = lossesFor(share.losses);
      const counted = proxies && { proxies: proxiesText(proxies) };
      return { name, conditions, rules, addresses, losses, ...liveSince(conditions), ...counted };
    }),
  };
}

/** Nothing is wrong with a policy that is only watched, and nothing of it is in force by our doing. */
function watchedOnly(observing: readonly { readonly share: PointShare }[]): Judgement | undefined {
  if (observing.length === 0) return undefined;
  const points = observing.map(({ share }) => share.point).join(', ');
  const message = `Not enforced: mode is Observe at ${points}. Set mode: Enforce there to enforce it.`;
  return { type: 'Programmed', status: 'Unknown', reason: 'OnlyWatched', message };
}

/** Have the proxies of its subjects what was written? A condition beside readiness: a pod that bypasses its proxy does not delay others. */
function liveAt({ point, proxies }: PointShare): readonly Judgement[] {
  return proxies === undefined ? [] : [liveOf(point, proxies)];
}

/** Live as a whole: everywhere, or the first point where it is not. */
function worst(judgements: readonly Judgement[]): readonly Judgement[] {
  const one = judgements.find(({ status }) => status !== 'True') ?? judgements[0];
  return one === undefined ? [] : [one];
}

/** In force since it was last seen to come into force: trouble of the device that leaves the rules alone does not end it. */
function liveSince(conditions: readonly Condition[]): { readonly liveSince?: string } {
  const inForce = conditions.find(({ type, status }) => type === 'Programmed' && status === 'True');
  return inForce === undefined ? {} : { liveSince: inForce.lastTransitionTime };
}

/** It contributes nothing for want of an approval. */
function waits(code: ProblemCode): boolean {
  return approvalCodes.has(code) && code !== 'approved' && code !== 'broke-glass';
}

function resolved(problems: readonly Problem[]): Judgement {
  const errors = problems.filter(({ code }) => referenceCodes.has(code));
  if (errors.length === 0)
    return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All references resolve.' };
  return { type: 'ResolvedRefs', status: 'False', reason: 'RefNotUsable', message: listed(errors) };
}

function judgeShare({ point, outcome, refused, waits, losses, programmed }: PointShare): Judgement {
  const type = 'Programmed';
  if (outcome === undefined)
    return { type, status: 'Unknown', reason: 'Pending', message: `${point} has not been synced yet.` };
  if (refused !== undefined) return { type, status: 'False', reason: 'ChangeRefused', message: `${point}: ${refused}` };
  const rejected = losses.find(({ effect }) => effect === 'rejected');
  if (rejected !== undefined)
    return { type, status: 'False', reason: 'NotSupportedByDevice', message: `${point}: ${rejected.message}` };
  if (programmed) return { type, status: 'True', reason: 'Programmed', message: `Read back from ${point}.` };
  if (waits !== undefined && outcome.state === 'held')
    return {
      type,
      status: 'False',
      reason: waits.partly ? 'PartlyWaits' : 'WaitsForWindow',
      message: `${point}: ${waits.message}`,
    };
  if (outcome.state === 'in-progress')
    return { type, status: 'Unknown', reason: outcome.reason, message: `${point}: ${outcome.message}` };
  const waiting = outcome.state === 'activating' || outcome.state === 'programmed' || outcome.state === 'sent';
  return waiting
    ? { type, status: 'Unknown', reason: 'Pending', message: `${point} is being brought up to date.` }
    : { type, status: 'False', reason: outcome.reason, message: `${point}: ${outcome.message}` };
}

/** What is read back is what is desired, and of an object that could not be compiled that is what it said before. */
function unlessEarlier(judgement: Judgement, point: string, problems: readonly Problem[]): Judgement {
  const left = problems.filter(({ code }) => code === 'not-compiled');
  if (left.length === 0 || judgement.status !== 'True') return judgement;
  const message = `${point} has an earlier version: ${listed(left)}`;
  return { type: 'Programmed', status: 'False', reason: 'EarlierVersion', message };
}

/** Programmed as a whole: everywhere, or the first reason why not. */
function programmedEverywhere(
  judgements: readonly Judgement[],
  problems: readonly Problem[],
  mayBeUnused: boolean,
): Judgement {
  const type = 'Programmed';
  const obstacle =
    judgements.find(({ status }) => status === 'False') ?? judgements.find(({ status }) => status === 'Unknown');
  if (obstacle !== undefined) return obstacle;
  if (judgements.length > 0) {
    const message = problems.some(({ code }) => waits(code))
      ? 'The version that Approved names is in force at every enforcement point that it concerns.'
      : 'In force at every enforcement point that it concerns.';
    return { type, status: 'True', reason: 'Programmed', message };
  }
  const expired = problems.filter(({ code, field }) => code === 'expired' && field.startsWith('spec.governance'));
  if (expired.length > 0) return { type, status: 'False', reason: 'Expired', message: listed(expired) };
  const errors = problems.filter(({ severity, code }) => severity === 'error' || waits(code));
  if (errors.length > 0)
    return { type, status: 'False', reason: 'NothingToProgram', message: `It contributes nothing: ${listed(errors)}` };
  if (mayBeUnused) return { type, status: 'True', reason: 'NotUsed', message: 'No rule uses it.' };
  const others = problems.filter(({ code }) => code === 'redundant' || code === 'shadowed');
  if (others.length > 0)
    return {
      type,
      status: 'False',
      reason: 'NoRuleOfItsOwn',
      message: `Other policies decide its flows: ${listed(others)}`,
    };
  const message =
    'No enforcement point has a rule for this object: it contributes nothing, or no point covers its namespace.';
  return { type, status: 'False', reason: 'NoEnforcementPoint', message };
}
