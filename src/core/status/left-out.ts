import type { Rule } from '../model/desired.ts';
import type { PointOutcome } from '../model/outcome.ts';
import { counted } from '../text/wording.ts';

/** Rules that are wanted and cannot be on the device: the point cannot express them, or the device refused them. */
export interface LeftOut {
  readonly ids: readonly string[];
  readonly count: number;
  /** The first reason, a sentence; empty without any. */
  readonly because: string;
}

export function leftOut(
  rules: readonly Pick<Rule, 'id'>[],
  { losses, refused }: Pick<PointOutcome, 'losses' | 'refused'>,
): LeftOut {
  const rejected = losses.filter(({ effect }) => effect === 'rejected');
  const reasons = new Map([...refused, ...rejected].map(({ id, message }) => [id, message]));
  const ids = rules.flatMap(({ id }) => (reasons.has(id) ? [id] : []));
  return { ids, count: ids.length, because: reasons.get(ids[0] ?? '') ?? '' };
}

/** `4 of 7 rules`, `7 rules` where none is left out. */
export function inForceOf(rules: number, { count }: Pick<LeftOut, 'count'>): string {
  return count === 0 ? counted(rules, 'rule') : `${rules - count} of ${counted(rules, 'rule')}`;
}

/** `4 of 7 rules; 3 left out, because AFM knows no wildcard names`; undefined where none is. */
export function leftOutSentence(rules: number, { count, because }: LeftOut): string | undefined {
  if (count === 0) return undefined;
  return `${inForceOf(rules, { count })}; ${count} left out, because ${because.replace(/\.$/, '')}`;
}
