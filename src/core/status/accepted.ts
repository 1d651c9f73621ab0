import { compareProblems, type Problem } from '../model/problem.ts';
import type { Judgement } from './conditions.ts';

const unproblematic = 'The object says what it means.';

/** Does the object say something that can be used? Warnings do not change the answer, but are part of it. */
export function accepted(problems: readonly Problem[]): Judgement {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  const note = warnings.length === 0 ? '' : ` But look: ${listed(warnings)}`;
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
