import type { OverGrant } from '../../core/compile/rules/over-grants.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import { canonical } from '../../core/model/json.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { Loss } from '../../core/model/resource.ts';
import { proxiesOf } from '../../core/status/live-proxies.ts';
import {
  overGrantLoss,
  indexOutcome,
  objectRulesIn,
  type RuleDigests,
  type PointShare,
  type ObjectRules,
} from '../../core/status/object-rules.ts';

const nothing: Iterable<string> = [];

/** What one point should enforce and what is known of it, object by object. */
export class PointEnforcement {
  readonly #digests: RuleDigests;
  #objects: ReadonlyMap<string, ObjectRules> = new Map();
  #observes = false;
  #digest = '';
  /** Digest of each object's rules as they were when the device was last seen to have them. */
  #programmed: ReadonlyMap<string, string> = new Map();
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

  get observes(): boolean {
    return this.#observes;
  }

  get overGrants(): readonly Loss[] {
    return this.#overGrants;
  }

  /** Every object that has rules here. */
  subjects(): Iterable<string> {
    return this.#objects.keys();
  }

  /** In mode Observe it holds nothing back. @returns the objects for which that may change something */
  modeIs(mode: 'Observe' | 'Enforce'): Iterable<string> {
    const observes = mode === 'Observe';
    if (observes === this.#observes) return nothing;
    this.#observes = observes;
    return this.#objects.keys();
  }

  /** The point should enforce this now. @returns the objects for which that may change something */
  desiredIs(desired: DesiredState): Iterable<string> {
    const before = this.#objects;
    this.#objects = objectRulesIn(desired, this.#digests);
    this.#digest = this.#digests.of(desired.rules);
    const programmed = this.#takeProgrammed();
    if (programmed !== undefined) return [...before.keys(), ...programmed];
    return [...new Set([...before.keys(), ...this.#objects.keys()])].filter(
      (subject) => before.get(subject)?.digest !== this.#objects.get(subject)?.digest,
    );
  }

  /** A worker has dealt with it. @returns the objects for which that may change something */
  outcomeIs(outcome: PointOutcome): Iterable<string> {
    const before = this.#outcome;
    this.#outcome = outcome;
    const programmed = before?.programmedRules === outcome.programmedRules ? undefined : this.#takeProgrammed();
    if (sameFor(before, outcome, ['losses', 'refused', 'differing', 'waiting', 'proxies'])) {
      if (programmed === undefined && sameFor(before, outcome, ['state', 'reason', 'message'])) return nothing;
      return (
        programmed ??
        [...this.#objects].filter(([name, rules]) => !this.#isProgrammed(name, rules)).map(([name]) => name)
      );
    }
    this.#reading = indexOutcome(outcome, this.#overGrants);
    return this.#objects.keys();
  }

  /** Who else gains what is granted there. @returns the objects for which that may change something */
  overGrantsAre(overGrants: readonly OverGrant[]): Iterable<string> {
    const losses = overGrants.map(overGrantLoss);
    if (canonical(losses) === canonical(this.#overGrants)) return nothing;
    this.#overGrants = losses;
    this.#reading = indexOutcome(this.#outcome, losses);
    return this.#objects.keys();
  }

  /** Undefined: the object has no rule there. */
  share(point: string, subject: string, desired: DesiredState | undefined): PointShare | undefined {
    const own = this.#objects.get(subject);
    if (own === undefined) return undefined;
    const { losses, refused, waiting } = this.#reading;
    return {
      point,
      observes: this.#observes,
      rules: own.rules,
      addresses: desired === undefined ? 0 : this.#count(own, desired),
      programmed: this.#isProgrammed(subject, own),
      losses: own.ids.flatMap((id) => losses.get(id) ?? []),
      refused: own.ids.map((id) => refused.get(id)).find((message) => message !== undefined),
      waits: own.ids.map((id) => waiting.get(id)).find((one) => one !== undefined),
      proxies:
        desired && this.#outcome?.proxies && proxiesOf(this.#outcome.proxies, this.#groupsOf(own, desired).flat()),
      outcome: this.#outcome,
    };
  }

  #isProgrammed(subject: string, { digest, ids }: ObjectRules): boolean {
    return this.#programmed.get(subject) === digest && !this.#reading.differs(ids);
  }

  /** If the device has been seen to have the rules as they are now, it has those of every object. */
  #takeProgrammed(): Iterable<string> | undefined {
    if (this.#outcome?.programmedRules !== this.#digest) return undefined;
    this.#programmed = new Map([...this.#objects].map(([subject, { digest }]) => [subject, digest]));
    return this.#objects.keys();
  }

  #count(own: ObjectRules, desired: DesiredState): number {
    const [first, ...rest] = this.#groupsOf(own, desired);
    return rest.length === 0 ? (first?.length ?? 0) : new Set([first, ...rest].flat()).size;
  }

  /** The members of each of its groups. */
  #groupsOf({ groups }: ObjectRules, desired: DesiredState): readonly (readonly string[])[] {
    if (this.#members?.of !== desired)
      this.#members = { of: desired, byGroup: new Map(desired.groups.map(({ id, members }) => [id, members])) };
    const { byGroup } = this.#members;
    return groups.map((id) => byGroup.get(id) ?? []);
  }
}

function sameFor(a: PointOutcome | undefined, b: PointOutcome, fields: readonly (keyof PointOutcome)[]): boolean {
  return a !== undefined && fields.every((field) => canonical(a[field]) === canonical(b[field]));
}
