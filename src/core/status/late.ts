import type { Judgement } from './conditions.ts';

/** Work for a point that has waited too long, and for what. */
export interface LateWork {
  /** `WorkWaits`: no worker has dealt with it. `StoreUnavailable`: it cannot even be handed over. */
  readonly reason: 'WorkWaits' | 'StoreUnavailable';
  /** RFC 3339. */
  readonly since: string;
}

/**
 * What was in force may not be any more, while work waits: an address that was to be taken out may still be accepted. What
 * is known to be wrong stays so.
 */
export function unlessLate(judgement: Judgement, late: LateWork | undefined): Judgement {
  if (late === undefined || judgement.status === 'False') return judgement;
  const { since } = late;
  const message =
    late.reason === 'WorkWaits'
      ? `Work has been waiting for a worker since ${since}: is one running, and does it reach Redis? Nobody knows what is in force meanwhile.`
      : `Redis has not answered since ${since}, so that no worker can be told anything. Nobody knows what is in force meanwhile.`;
  return { type: 'Programmed', status: 'Unknown', reason: late.reason, message };
}
