import type { NetworkSet } from '../../../net/network-set.ts';
import type { Origin, Rule } from '../../model/desired.ts';
import type { CompactSet } from '../../select/compact-set.ts';
import { everyone } from '../../select/subject.ts';
import type { Coverage } from '../inputs/coverage.ts';
import { graceOf } from '../inputs/grace.ts';
import type { RuleSpec } from '../intents/intent.ts';
import type { AddressGroups } from '../pods/address-groups.ts';
import type { Group, View, ViewSpec } from '../pods/followed.ts';
import { nowhere } from '../pods/view.ts';
import { partsOf } from './destination-parts.ts';
import { ruleOf } from './rule.ts';

/** A view, and how often the rules of the table have taken in a group that is seen so. */
interface ViewUse {
  readonly key: string;
  readonly view: View;
  groups: number;
}

const everywhereAlike: readonly never[] = [];

/** Gives the rules of one table their address groups, as the table sees them. */
export class GroupUses {
  readonly #coverage: Coverage;
  readonly #groups: AddressGroups;
  readonly #areas: () => readonly NetworkSet[];
  /** By what the table distinguishes. */
  readonly #views = new Map<string, ViewUse>();
  readonly #useOf = new Map<View, ViewUse>();
  /** Asked for last: nearly all rules see their pods alike. */
  #last: ViewUse | undefined;

  /** @param areas destinations that are reached from different addresses, where sources differ by that */
  constructor(coverage: Coverage, groups: AddressGroups, areas: () => readonly NetworkSet[]) {
    this.#coverage = coverage;
    this.#groups = groups;
    this.#areas = areas;
  }

  /**
   * Several rules of one draft where parts of its destination are reached from different addresses.
   *
   * @param named takes in the groups that they name: each is followed until it is released as often as it was taken in
   * @param before rules of the same origins, to be kept where they have not changed
   */
  build(specs: readonly RuleSpec[], named: CompactSet<Group>, before?: ReadonlyMap<Origin, Rule>): readonly Rule[] {
    const areas = this.#coverage.vantage.type === 'EgressIP' ? this.#areas() : everywhereAlike;
    const rules: Rule[] = [];
    let last: Group | undefined;
    for (const spec of specs) {
      if (areas.length > 0) {
        this.#buildParts(spec, areas, rules, named);
        continue;
      }
      last = this.#sourceFor(spec, named, last);
      const known = before?.get(spec.origin);
      rules.push(known && isOf(known, spec, last.asSources) ? known : ruleOf(spec, last.asSources));
    }
    // A list that has grown keeps room for sixteen more, and there are many lists.
    return rules.slice();
  }

  #buildParts(spec: RuleSpec, areas: readonly NetworkSet[], rules: Rule[], named: CompactSet<Group>): void {
    const parts = partsOf(spec.destination, areas);
    for (const { destination, toward } of parts) {
      const part = parts.length > 1 ? JSON.stringify(destination) : undefined;
      rules.push(ruleOf({ ...spec, destination }, this.#sourceFor(spec, named, undefined, toward).asSources, part));
    }
  }

  release(named: Iterable<Group>): void {
    for (const group of named) {
      this.#groups.release(group);
      const use = this.#useOf.get(group.view);
      if (use) this.#giveBack(use);
    }
  }

  #giveBack(use: ViewUse): void {
    use.groups -= 1;
    if (use.groups > 0) return;
    if (this.#last === use) this.#last = undefined;
    this.#views.delete(use.key);
    this.#useOf.delete(use.view);
    this.#groups.releaseView(use.view);
  }

  /** @param last of what was named before: the entries of a policy, which have one subject, follow each other */
  #sourceFor(spec: RuleSpec, named: CompactSet<Group>, last?: Group, toward?: readonly string[]): Group {
    const use = this.#viewFor(spec, toward);
    if (last?.subject === spec.subject && last.view === use.view) return last;
    const group = this.#groups.acquire(spec.subject, use.view);
    if (named.add(group)) use.groups += 1;
    else this.#groups.release(group);
    return group;
  }

  /**
   * A Deny for everybody is said by network where that is possible, so that it holds for an address nobody has seen yet.
   * What was seen outside of these networks is denied beside them: whoever wrote them down may have forgotten some.
   */
  #viewFor({ action: role, subject, graceSeconds: policy }: RuleSpec, toward?: readonly string[]): ViewUse {
    const { vantage, clusterNetworks, graceSeconds: point } = this.#coverage;
    const graceSeconds = graceOf(role, policy, point);
    const networks = role === 'Deny' && subject.key === everyone.key ? clusterNetworks : nowhere;
    const view = this.#last?.view;
    const isAlike = view?.role === role && view.graceSeconds === graceSeconds && view.networks === networks;
    if (this.#last && isAlike && view.toward === toward) return this.#last;
    const wanted = { role, vantage, graceSeconds, networks, ...(toward && { toward }) };
    const key = `${role} ${graceSeconds} ${networks.length}${toward ? ` toward ${toward.join()}` : ''}`;
    return (this.#last = this.#views.get(key) ?? this.#newUse(key, wanted));
  }

  #newUse(key: string, wanted: ViewSpec): ViewUse {
    const view = this.#groups.acquireView(wanted);
    const use = { key, view, groups: 0 };
    this.#views.set(key, use);
    this.#useOf.set(view, use);
    return use;
  }
}

/** Is it what would be built of this? An origin is that of one entry, as it was read once; its destination may have been divided. */
function isOf(rule: Rule, { origin, destination }: RuleSpec, sources: readonly string[]): boolean {
  return rule.origin === origin && rule.destination === destination && rule.sources === sources;
}
