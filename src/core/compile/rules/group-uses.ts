import type { AddressGroup, Rule } from '../../model/desired.ts';
import { everyone } from '../../select/subject.ts';
import type { Coverage } from '../inputs/coverage.ts';
import { graceOf } from '../inputs/grace.ts';
import type { RuleSpec } from '../intents/intent.ts';
import type { AddressGroups, GroupSpec } from './address-groups.ts';
import { ruleOf } from './rule.ts';

/** Gives rules their address groups, and gives a group back when the last rule that names it goes. */
export class GroupUses<User> {
  readonly #coverage: Coverage;
  readonly #groups: AddressGroups<User>;
  readonly #user: User;
  /** How many rules name a group, by its id. */
  readonly #counts = new Map<string, number>();
  #ids: readonly string[] | undefined;

  constructor(coverage: Coverage, groups: AddressGroups<User>, user: User) {
    this.#coverage = coverage;
    this.#groups = groups;
    this.#user = user;
  }

  build(spec: RuleSpec): Rule {
    const id = this.#groups.acquire(this.#groupFor(spec), spec.action, this.#user);
    const count = this.#counts.get(id) ?? 0;
    if (count === 0) this.#ids = undefined;
    this.#counts.set(id, count + 1);
    return ruleOf(spec, [id]);
  }

  release(rules: Iterable<Rule>): void {
    for (const { sources } of rules) {
      for (const id of sources) {
        const count = this.#counts.get(id) ?? 0;
        if (count > 1) this.#counts.set(id, count - 1);
        else this.#drop(id);
      }
    }
  }

  releaseAll(): void {
    for (const id of [...this.#counts.keys()]) this.#drop(id);
  }

  has(id: string): boolean {
    return this.#counts.has(id);
  }

  /** Sorted by id. */
  groups(): readonly AddressGroup[] {
    this.#ids ??= [...this.#counts.keys()].sort();
    return this.#ids.flatMap((id) => this.#groups.get(id) ?? []);
  }

  #drop(id: string): void {
    this.#counts.delete(id);
    this.#ids = undefined;
    this.#groups.release(id, this.#user);
  }

  /**
   * A Deny for everybody is said by network where that is possible, so that it holds for an address nobody has seen yet.
   * What was seen outside of these networks is denied beside them: whoever wrote them down may have forgotten some.
   */
  #groupFor({ action, subject, ...policy }: RuleSpec): GroupSpec {
    const { vantage, clusterNetworks, graceSeconds: point } = this.#coverage;
    const graceSeconds = graceOf(action, policy.graceSeconds, point);
    const byNetwork = action === 'Deny' && subject.key === everyone.key && clusterNetworks.length > 0;
    const group = { subject, vantage, graceSeconds };
    return byNetwork ? { ...group, networks: clusterNetworks } : group;
  }
}
