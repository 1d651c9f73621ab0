import type { OverGrant } from '../core/compile/rules/over-grants.ts';
import type { DesiredState } from '../core/model/desired.ts';
import { canonical } from '../core/model/json.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { Loss } from '../core/model/resource.ts';
import {
  overGrantLoss,
  indexOutcome,
  objectRulesIn,
  type RuleDigests,
  type PointShare,
  type ObjectRules,
} from '../core/status/object-rules.ts';

const nothing: Iterable<string> = [];

/** What is wanted of one point, and what is known of it: every object's share in that. */
export class PointView {
  readonly #digests: RuleDigests;
  #stakes: ReadonlyMap<string, ObjectRules> = new Map();
  #digest = '';
  /** Digest of each stake as it was when the device was last held against it. */
  #compared: ReadonlyMap<string, string> = new Map();
  #outcome: PointOutcome | undefined;
  #overGrants: readonly Loss[] = [];
  #reading = indexOutcome(undefined, []);
  #members: { readonly of: DesiredState; readonly byGroup: ReadonlyMap<string, readonly string[]> } | undefined;

  constructor(digests: RuleDigests) {
    this.#digests = digests;
  }

  get outcome(): PointOutcome | undefined {
    return this.#outcome;
  }

  get overGrants(): readonly Loss[] {
    return this.#overGrants;
  }

  /** Every object that has a stake. */
  subjects(): Iterable<string> {
    return this.#stakes.keys();
  }

  /** The rules are these now. @returns the objects whose share may have changed */
  want(desired: DesiredState): Iterable<string> {
    const before = this.#stakes;
    this.#stakes = objectRulesIn(desired, this.#digests);
    this.#digest = this.#digests.of(desired.rules);
    const compared = this.#compare();
    if (compared !== undefined) return [...before.keys(), ...compared];
    return [...new Set([...before.keys(), ...this.#stakes.keys()])].filter(
      (subject) => before.get(subject)?.digest !== this.#stakes.get(subject)?.digest,
    );
  }

  /** A worker has dealt with it. @returns the objects whose share may have changed */
  learn(outcome: PointOutcome): Iterable<string> {
    const before = this.#outcome;
    this.#outcome = outcome;
    const compared = before?.programmedRules === outcome.programmedRules ? undefined : this.#compare();
    if (sameFor(before, outcome, ['losses', 'refused', 'differing'])) {
      if (compared === undefined && sameFor(before, outcome, ['state', 'reason', 'message'])) return nothing;
      return compared ?? [...this.#stakes].filter(([name, stake]) => !this.#isIn(name, stake)).map(([name]) => name);
    }
    this.#reading = indexOutcome(outcome, this.#overGrants);
    return this.#stakes.keys();
  }

  /** Who else gains what is granted there. @returns the objects whose share may have changed */
  grantsOver(overGrants: readonly OverGrant[]): Iterable<string> {
    const losses = overGrants.map(overGrantLoss);
    if (canonical(losses) === canonical(this.#overGrants)) return nothing;
    this.#overGrants = losses;
    this.#reading = indexOutcome(this.#outcome, losses);
    return this.#stakes.keys();
  }

  /** Undefined: the object has no rule there. */
  share(point: string, subject: string, desired: DesiredState | undefined): PointShare | undefined {
    const stake = this.#stakes.get(subject);
    if (stake === undefined) return undefined;
    const { losses, refused } = this.#reading;
    return {
      point,
      rules: stake.rules,
      addresses: desired === undefined ? 0 : this.#count(stake, desired),
      programmed: this.#isIn(subject, stake),
      losses: stake.ids.flatMap((id) => losses.get(id) ?? []),
      refused: stake.ids.map((id) => refused.get(id)).find((message) => message !== undefined),
      outcome: this.#outcome,
    };
  }

  #isIn(subject: string, { digest, ids }: ObjectRules): boolean {
    return this.#compared.get(subject) === digest && !this.#reading.differs(ids);
  }

  /** If what was held against the device is what is wanted now, every stake was, as it is. */
  #compare(): Iterable<string> | undefined {
    if (this.#outcome?.programmedRules !== this.#digest) return undefined;
    this.#compared = new Map([...this.#stakes].map(([subject, { digest }]) => [subject, digest]));
    return this.#stakes.keys();
  }

  #count({ groups }: ObjectRules, desired: DesiredState): number {
    if (this.#members?.of !== desired)
      this.#members = { of: desired, byGroup: new Map(desired.groups.map(({ id, members }) => [id, members])) };
    const { byGroup } = this.#members;
    const [first, ...rest] = groups.map((id) => byGroup.get(id) ?? []);
    return rest.length === 0 ? (first?.length ?? 0) : new Set([first, ...rest].flat()).size;
  }
}

function sameFor(a: PointOutcome | undefined, b: PointOutcome, fields: readonly (keyof PointOutcome)[]): boolean {
  return a !== undefined && fields.every((field) => canonical(a[field]) === canonical(b[field]));
}
