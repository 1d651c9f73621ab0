import type { PointStatus } from '../../api/status.ts';
import type { PointOutcome } from '../model/outcome.ts';
import { compareProblems, type Problem } from '../model/problem.ts';
import { conditionsOf, readyOf, type Judgement } from './conditions.ts';

export interface PointStatusInput {
  readonly generation: number;
  readonly problems: readonly Problem[];
  readonly outcome: PointOutcome | undefined;
  readonly before: PointStatus | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/** The status of an enforcement point: is it accepted, and is its device as desired? */
export function pointStatus({ generation, problems, outcome, before, now }: PointStatusInput): PointStatus {
  const judgements = [accepted(problems), programmed(outcome)];
  return {
    observedGeneration: generation,
    ready: readyOf(judgements),
    conditions: conditionsOf(judgements, before?.conditions ?? [], generation, now),
    ...(outcome && {
      rules: outcome.rules,
      addresses: outcome.addresses,
      losses: outcome.losses.slice(0, 64).map((loss) => ({ ...loss, message: loss.message.slice(0, 1024) })),
      ...(outcome.liveSince !== '' && { liveSince: outcome.liveSince }),
    }),
  };
}

function accepted(problems: readonly Problem[]): Judgement {
  const errors = problems.filter(({ severity }) => severity === 'error').sort(compareProblems);
  if (errors.length === 0)
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The object says what it means.' };
  return {
    type: 'Accepted',
    status: 'False',
    reason: 'Invalid',
    message: errors.map(({ message }) => message).join(' '),
  };
}

function programmed(outcome: PointOutcome | undefined): Judgement {
  const type = 'Programmed';
  if (outcome === undefined)
    return { type, status: 'Unknown', reason: 'Pending', message: 'No worker has dealt with this point yet.' };
  switch (outcome.state) {
    case 'programmed':
      return { type, status: 'True', reason: 'Programmed', message: outcome.message };
    case 'sent':
      // Members went out and are read back shortly: what was true before them still is.
      return outcome.programmedRules !== ''
        ? { type, status: 'True', reason: 'Programmed', message: outcome.message }
        : { type, status: 'Unknown', reason: 'Pending', message: outcome.message };
    case 'activating':
      return { type, status: 'Unknown', reason: outcome.reason, message: outcome.message };
    default:
      return { type, status: 'False', reason: outcome.reason, message: outcome.message };
  }
}
