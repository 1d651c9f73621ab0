import type { Firewall } from './firewalls.ts';
import type { Trial } from './proof.ts';

export interface Score {
  readonly flows: number;
  readonly accepted: number;
  /** Denied although accepted was asked for, as the firewall had said that it would. */
  readonly leftOut: number;
  readonly mismatches: readonly Trial[];
}

/** What came of all packets that were tried, by firewall. */
export class Tally {
  readonly #scores = new Map<Firewall, Score>();
  moments = 0;

  /** @returns of this moment alone */
  add(firewall: Firewall, trials: readonly Trial[], leftOut: ReadonlySet<string>): Score {
    const differing = trials.filter((trial) => trial.intent !== trial.firewall);
    const told = differing.filter((trial) => trial.firewall === 'Deny' && leftOut.has(trial.destination));
    const score = {
      flows: trials.length,
      accepted: trials.filter((trial) => trial.firewall === 'Accept').length,
      leftOut: told.length,
      mismatches: differing.filter((trial) => !told.includes(trial)),
    };
    this.#scores.set(firewall, sum(this.of(firewall), score));
    return score;
  }

  of(firewall: Firewall): Score {
    return this.#scores.get(firewall) ?? nothing;
  }

  get all(): Score {
    return [...this.#scores.values()].reduce(sum, nothing);
  }
}

const nothing: Score = { flows: 0, accepted: 0, leftOut: 0, mismatches: [] };

function sum(a: Score, b: Score): Score {
  return {
    flows: a.flows + b.flows,
    accepted: a.accepted + b.accepted,
    leftOut: a.leftOut + b.leftOut,
    mismatches: [...a.mismatches, ...b.mismatches],
  };
}
