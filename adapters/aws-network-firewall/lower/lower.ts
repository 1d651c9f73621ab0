import { withinCapacity } from '../../../kit/common/groups/capacity.ts';
import { uncarried, type Family } from '../../../kit/common/groups/parts.ts';
import { provenance } from '../../../kit/common/ownership/marks.ts';
import { lowerTable, type LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import { lineText } from '../objects/line.ts';
import { kinds, referenceName, ruleName, sigils, sourceKind } from '../objects/names.ts';
import { ruleResource } from '../objects/resources.ts';
import { associationResources, associationsOf, withinFilters } from './associations.ts';
import { destinationForms, nameLosses } from './destination.ts';
import { groupResources, setsOf, type Context } from './groups.ts';

/** Characters of networks in one line: it holds 8,191, and with variables their values count. */
const longestNetworks = { 'prefix-list': 4_000, 'container-association': 4_000, inline: 2_000 } as const;

/** References that one rule group may have, so that all lines of a rule fit into one. */
export const referencesPerDocument = 5;

/** A desired state as prefix lists and rules; which rule group a rule stands in is for the session to say. */
export function lower(desired: DesiredState, context: Context): Lowered {
  const groups = new Map(desired.groups.map((group) => [group.id, group]));
  const room = groupsThatFit(context);
  const said = context.config.sources === 'container-association' ? withinFilters(desired, context) : undefined;
  const {
    groups: kept,
    rules,
    losses,
  } = withinCapacity({ ...desired, ...said }, room, {
    code: 'too-many-groups',
    message: (what) =>
      `There is room for ${room} groups here, and ${desired.groups.length} are needed: ${what}. Set addressFamilies to those that workloads have, ask AWS to raise the quotas and write them into config.quotas, or divide the namespaces among several firewalls.`,
  });
  const lowered = lowerTable(
    { groups: kept, rules },
    {
      profiles: {},
      group: said ? (group) => associationResources(group, context) : (group) => groupResources(group, context),
      rule: (rule) => lowerRule(rule, groups, context),
    },
  );
  return {
    resources: withoutUnused(lowered.resources),
    losses: [...(said?.losses ?? []), ...losses, ...lowered.losses],
  };
}

/** Variables are there only where a rule uses them. */
function withoutUnused(resources: readonly Resource[]): readonly Resource[] {
  const used = new Set(resources.flatMap(({ refs }) => refs.map(({ name }) => name)));
  return resources.filter(({ kind, name }) => kind !== kinds.set || used.has(name));
}

/** Each group takes a list for each family, and a rule group refers to a few lists; variables are counted nowhere. */
function groupsThatFit({ capabilities, config }: Context): number {
  if (config.sources === 'inline') return Infinity;
  const families = config.addressFamilies.length;
  const { [kinds.list]: lists = Infinity, [kinds.group]: documents = Infinity } = capabilities.maxObjects;
  if (config.sources === 'container-association') return capabilities.maxObjects[kinds.association] ?? Infinity;
  return Math.min(Math.floor(lists / families), documents * Math.floor(referencesPerDocument / families));
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

/** What rules name for a group. An association has pods of every family. */
function holdersOf(
  group: AddressGroup,
  context: Context,
): readonly { readonly name: string; readonly families: readonly Family[] }[] {
  if (context.config.sources === 'container-association')
    return associationsOf(group, context).map(({ name }) => ({ name, families: ['IPv4', 'IPv6'] }));
  return setsOf(group, context).map(({ name, family }) => ({ name, families: [family] }));
}

/** Members of a family that the point does not carry. */
function familyLosses(
  { id, sources }: Rule,
  groups: ReadonlyMap<string, AddressGroup>,
  { config }: Context,
): readonly Loss[] {
  const own = sources.flatMap((source) => groups.get(source) ?? []);
  const left = uncarried(own, config.addressFamilies);
  if (left === undefined) return [];
  const message = `Its group has addresses such as ${left}, of a family that is not in this point's config.addressFamilies: the rule does not hold for them. Add the family there, if the firewall sees them.`;
  return [{ effect: 'narrowed', id, code: 'family-not-configured', message }];
}
