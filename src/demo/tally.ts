import type { Firewall } from './firewalls.ts';
import type { Trial } from './proof.ts';

export interface Score {
  readonly flows: number;
  readonly accepted: number;
  /** Denied although accepted was asked for, as the firewall had said that it would. */
  readonly leftOut: readonly Trial[];
  readonly mismatches: readonly Trial[];
}

/** What came of all packets that were tried, by firewall. */
export class Tally {
  readonly #scores = new Map<string, Score>();
  moments = 0;

  /** @returns of this moment alone */
  add(firewall: Pick<Firewall, 'point'>, trials: readonly Trial[], isLeftOut: (trial: Trial) => boolean): Score {
    const differing = trials.filter((trial) => trial.intent !== trial.firewall);
    const told = differing.filter((trial) => trial.firewall === 'Deny' && isLeftOut(trial));
    const score = {
      flows: trials.length,
      accepted: trials.filter((trial) => trial.firewall === 'Accept').length,
      leftOut: told,
      mismatches: differing.filter((trial) => !told.includes(trial)),
    };
    this.#scores.set(firewall.point, sum(this.of(firewall.point), score));
    return score;
  }

  /** Of one firewall, by its point. */
  of(point: string): Score {
    return this.#scores.get(point) ?? nothing;
  }

  get all(): Score {
    return [...this.#scores.values()].reduce(sum, nothing);
  }
}

const nothing: Score = { flows: 0, accepted: 0, leftOut: [], mismatches: [] };

function sum(a: Score, b: Score): Score {
  return {
    flows: a.flows + b.flows,
    accepted: a.accepted + b.accepted,
    leftOut: [...a.leftOut, ...b.leftOut],
    mismatches: [...a.mismatches, ...b.mismatches],
  };
}
