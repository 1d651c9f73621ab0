import type { Condition } from '../../api/meta.ts';
import { compareText } from '../model/problem.ts';

/** A judgement before it has a time: the time is that of the last change of `status`, kept from what was there. */
export type Judgement = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

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
