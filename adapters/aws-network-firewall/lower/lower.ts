import { memberOfOtherFamily } from '../../../kit/common/groups/parts.ts';
import { provenance } from '../../../kit/common/ownership/marks.ts';
import { lowerTable, type LoweredRule, type TableLowering } from '../../../kit/ordered-table/lower.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import { atOnce, type Steps } from '../../../src/core/model/steps.ts';
import { lineText } from '../objects/line.ts';
import { kinds, referenceName, ruleName, sigils, sourceKind } from '../objects/names.ts';
import { ruleResource } from '../objects/resources.ts';
import { associationResources, withinFilters } from './associations.ts';
import { destinationForms, nameLosses } from './destination.ts';
import { referencesPerDocument } from './documents.ts';
import { groupResources, type Context } from './groups.ts';
import { holdersOf } from './holders.ts';
import { orderLosses } from './order.ts';
import { withinPolicy, withinRoom } from './room.ts';

/** Characters of networks in one line: it holds 8,191, and with variables their values count. */
const longestNetworks = { 'prefix-list': 4_000, 'container-association': 4_000, inline: 2_000 } as const;

/** A desired state as prefix lists and rules; which rule group a rule stands in is for the session to say. */
export function* lowering(desired: DesiredState, context: Context): Steps<Lowered> {
  const groups = new Map(desired.groups.map((group) => [group.id, group]));
  const said = context.config.sources === 'container-association' ? withinFilters(desired, context) : undefined;
  const carried = withinRoom({ ...desired, ...said }, context);
  const outOfOrder = orderLosses(carried.rules, groups);
  const forms: TableLowering<never> = {
    profiles: {},
    group: said ? (group) => associationResources(group, context) : (group) => groupResources(group, context),
    rule: (rule) => {
      const lowered = lowerRule(rule, groups, context);
      const order = outOfOrder.get(rule.id);
      return order === undefined ? lowered : { ...lowered, losses: [...lowered.losses, order] };
    },
  };
  const whole = yield* lowerTable(carried, forms);
  const { rules, losses } = withinPolicy(carried.rules, whole, context);
  const used = new Set(rules.flatMap(({ sources }) => sources));
  const kept = { groups: carried.groups.filter(({ id }) => used.has(id)), rules };
  const lowered = losses.length === 0 ? whole : yield* lowerTable(kept, forms);
  return {
    resources: withoutUnused(lowered.resources),
    losses: [...(said?.losses ?? []), ...carried.losses, ...losses, ...lowered.losses],
  };
}

/** The same without a break. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return atOnce(lowering(desired, context));
}

/** Variables are there only where a rule uses them. */
function withoutUnused(resources: readonly Resource[]): readonly Resource[] {
  const used = new Set(resources.flatMap(({ refs }) => refs.map(({ name }) => name)));
  return resources.filter(({ kind, name }) => kind !== kinds.set || used.has(name));
}

/** A rule with more lists than a rule group refers to becomes several. */
function lowerRule(rule: Rule, groups: ReadonlyMap<string, AddressGroup>, context: Context): LoweredRule {
  const name = ruleName(context, rule);
  const longest = longestNetworks[context.config.sources];
  const sigil = sigils[sourceKind(context.config)];
  const sources = [...rule.sources].sort().flatMap((id) => {
    const group = groups.get(id);
    return group === undefined ? [] : holdersOf(group, context);
  });
  const perList = sources
    .map((list) => ({ ...list, forms: destinationForms(rule, list.families, longest) }))
    .filter(({ forms }) => forms.length > 0);
  const chunks = Array.from({ length: Math.ceil(perList.length / referencesPerDocument) }, (_, at) =>
    perList.slice(at * referencesPerDocument, (at + 1) * referencesPerDocument),
  );
  const natives = chunks.map((chunk, at) => {
    const own = at === 0 ? name : `${name}-${at}`;
    const owner = { rule: own, id: rule.id, words: provenance(rule.origin), log: rule.log };
    const lines = chunk.flatMap((list) =>
      list.forms.map((form) =>
        lineText({ ...form, action: rule.action, reference: sigil + referenceName(context, list.name) }, owner),
      ),
    );
    return (position: number) => ruleResource(context, own, lines, position);
  });
  return { natives, objects: [], losses: [...nameLosses(rule), ...familyLosses(rule, groups, context)] };
}

/** Members of a family that the point does not carry. */
function familyLosses(
  { id, sources }: Rule,
  groups: ReadonlyMap<string, AddressGroup>,
  { config }: Context,
): readonly Loss[] {
  const own = sources.flatMap((source) => groups.get(source) ?? []);
  const left = memberOfOtherFamily(own, config.addressFamilies);
  if (left === undefined) return [];
  const message = `Its group has addresses such as ${left}, of a family that is not in this point's config.addressFamilies: the rule does not hold for them. Add the family there, if the firewall sees them.`;
  return [{ effect: 'narrowed', id, code: 'family-not-configured', message }];
}
