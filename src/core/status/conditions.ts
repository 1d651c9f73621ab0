import type { ConditionReasons, ConditionType } from '../../api/condition-reasons.ts';
import type { Condition } from '../../api/meta.ts';
import { compareProblems, compareText, type Problem } from '../../api/problem.ts';

interface JudgementOf<T extends ConditionType> extends Pick<Condition, 'status' | 'message'> {
  readonly type: T;
  readonly reason: ConditionReasons[T];
}

/** A condition without its time, which is that of the last change of `status`, kept from what was there. */
export type Judgement = { readonly [T in ConditionType]: JudgementOf<T> }[ConditionType];

const messageLimit = 1024;

/**
 * Judgements as conditions, sorted by type. The transition time of a condition whose status did not change stays, so
 * that the same judgement written again is the same text: status never flaps.
 *
 * @param now RFC 3339, for conditions whose status has changed
 */
export function conditionsOf(
  judgements: readonly Judgement[],
  before: readonly Condition[],
  observedGeneration: number,
  now: string,
): Condition[] {
  const known = new Map(before.map((condition) => [condition.type, condition]));
  return [...judgements]
    .sort((a, b) => compareText(a.type, b.type))
    .map((judgement) => {
      const previous = known.get(judgement.type);
      const same = previous?.status === judgement.status;
      const message =
        judgement.message.length > messageLimit
          ? `${judgement.message.slice(0, messageLimit - 3)}...`
          : judgement.message;
      return {
        ...judgement,
        message,
        observedGeneration,
        lastTransitionTime: same ? previous.lastTransitionTime : now,
      };
    });
}

/** One word for all of them: False if any is, Unknown if any is and none is False. */
export function readyOf(judgements: readonly Judgement[]): 'True' | 'False' | 'Unknown' {
  const statuses = new Set(judgements.map(({ status }) => status));
  return statuses.has('False') ? 'False' : statuses.has('Unknown') ? 'Unknown' : 'True';
}

const unproblematic = 'The object is valid.';

/** Does the object say something that can be used? Warnings do not change the answer, but are part of it. */
export function accepted(problems: readonly Problem[]): Judgement {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  const note = warnings.length === 0 ? '' : ` Warnings: ${listed(warnings)}`;
  if (errors.length === 0)
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message: `${unproblematic}${note}` };
  return { type: 'Accepted', status: 'False', reason: 'Invalid', message: `${listed(errors)}${note}` };
}

/** As sentences, the same whatever the order they were found in. */
export function listed(problems: readonly Problem[]): string {
  return [...problems]
    .sort(compareProblems)
    .map(({ field, message }) => `${field === '' ? '' : `${field}: `}${message}${message.endsWith('.') ? '' : '.'}`)
    .join(' ');
}

/** Work for a point that has waited too long, and for what. */
export interface LateWork {
  /** `WorkWaits`: no worker has dealt with it. `StoreUnavailable`: it cannot even be handed over. */
  readonly reason: 'WorkWaits' | 'StoreUnavailable';
  /** RFC 3339. */
  readonly since: string;
}

/**
 * What was in force may not be any longer, while work waits: an address that was to be taken out may still be accepted. What
 * is known to be wrong stays so.
 */
export function unlessLate(judgement: Judgement, late: LateWork | undefined): Judgement {
  if (late === undefined || judgement.status === 'False') return judgement;
  const { since } = late;
  const message =
    late.reason === 'WorkWaits'
      ? `Work has been waiting for a worker since ${since}: is one running, and does it reach Redis? Until then it is unknown what is in force.`
      : `Redis has not answered since ${since}, so workers get no work. Until then it is unknown what is in force.`;
  return { type: 'Programmed', status: 'Unknown', reason: late.reason, message };
}
