import type { Carried } from '../../../kit/common/groups/capacity.ts';
import { canonicalMember, canonicalMembers } from '../../../kit/common/groups/members.ts';
import { provenance } from '../../../kit/common/ownership/marks.ts';
import { lowerTable, type LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { LowerContext, Lowered } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, GroupDelta, Rule } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { atOnce, type Steps } from '../../../src/core/model/steps.ts';
import { normalisePorts } from '../../../src/core/destinations/ports.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import type { FeedConfig } from '../config.ts';
import { reachOf } from '../consumers.ts';
import { joinedEntries, listResource, ruleResource } from '../document/document.ts';
import { groupMark, listName, plainText, ruleMark, ruleName } from './names.ts';
import { rulesThatFit } from '../../../kit/common/rules/that-fit.ts';
import { withoutNames, type KnownDestination } from '../../../kit/common/rules/unknown-names.ts';

type Context = LowerContext<FeedConfig>;

/** Groups become lists of addresses, rules a list of rules; what a consumer cannot do stays out for all, and is told. */
export function* lowering(desired: DesiredState, context: Context): Steps<Lowered> {
  const { groups, rules, losses } = withinLists(desired, context);
  const lowered = yield* lowerTable(
    { groups, rules },
    {
      profiles: context.config.profiles,
      group: (group) => [lowerGroup(group, context)],
      rule: (rule, profile) => lowerRule(rule, profile === 'none' ? '' : profile, context),
    },
  );
  const familyLosses = groups.flatMap((group) => familyLoss(group, context));
  return { ...lowered, losses: [...losses, ...lowered.losses, ...familyLosses] };
}

/** The same without a break. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return atOnce(lowering(desired, context));
}

/** What consumers have lists for: one for each group, and one for each rule that does not lead anywhere. */
function withinLists({ groups, rules }: DesiredState, context: Context): Carried {
  const { maxLists } = reachOf(context.config.consumers);
  const leads = (rule: Rule): boolean => lowerDestination(rule, context).destination?.any === false;
  const sourcesOf = (some: readonly Rule[]): ReadonlySet<string> => new Set(some.flatMap(({ sources }) => sources));
  const fits = (some: readonly Rule[]): boolean => sourcesOf(some).size + some.filter(leads).length <= maxLists;
  const message = `A consumer of this feed holds at most ${maxLists} lists, and all rules need more: the rule is left out. Take out what is no longer needed, or divide the namespaces among several points.`;
  const sizeOf = (rule: Rule): number => rule.sources.length + Number(leads(rule));
  const fit = rulesThatFit(rules, fits, { code: 'too-many-lists', message }, sizeOf);
  if (fit.losses.length === 0) return { groups, ...fit };
  const used = sourcesOf(fit.rules);
  return { groups: groups.filter(({ id }) => used.has(id)), ...fit };
}

/** The fast path: a group is one list, so a delta needs nothing but its name. */
export function lowerDelta({ id, role, added, removed }: GroupDelta, { owner }: Context): readonly Change[] {
  const key = { kind: 'list', name: listName(owner, { role, id }) };
  return membersChange({ key, effect: role, add: added.map(canonicalMember), remove: removed.map(canonicalMember) });
}

function lowerGroup(group: AddressGroup, { owner }: Context): Resource {
  return listResource({
    name: listName(owner, group),
    mark: groupMark(owner, group),
    title: plainText(group.title),
    entries: joinedEntries(canonicalMembers(group.members)),
  });
}

function lowerRule(rule: Rule, profile: string, context: Context): LoweredRule {
  const { owner } = context;
  const { destination, losses } = lowerDestination(rule, context);
  if (destination === undefined) return { natives: [], objects: [], losses };
  const { any, names, networks } = destination;
  const native = {
    name: ruleName(owner, rule),
    mark: ruleMark(owner, rule),
    title: plainText(provenance(rule.origin)),
    action: rule.action,
    enabled: true,
    log: rule.log,
    profile,
    // The administrator of the consumer ends rules by this: a Deny only when it leaves the list (see `ruleEnd`).
    expiresAt: rule.action === 'Accept' ? (rule.expiresAt ?? '') : '',
    sources: rule.sources.map((id) => listName(owner, { role: rule.action, id })).sort(),
    destination: { any, names: [...names], networks: [...networks] },
    ports: normalisePorts(rule.ports.map(({ appProtocol: _, ...port }) => port)).map((port) => ({ ...port })),
  };
  return { natives: [(position) => ruleResource(native, position)], objects: [], losses };
}

/** A consumer that takes no IPv6 lets none of it through by a rule of the feed: narrower, and told. */
function familyLoss({ id, members }: AddressGroup, { config }: Context): Loss[] {
  const { ipv4Only } = reachOf(config.consumers);
  if (ipv4Only === undefined || !members.some((member) => member.includes(':'))) return [];
  const message = `Consumer ${ipv4Only.name} takes no IPv6 addresses from a feed (${ipv4Only.device}), so those of this group are not in what it fetches.`;
  return [{ effect: 'narrowed', id, code: 'ipv6-not-taken', message }];
}

/** Where not every consumer can decide by name, a rule does without its names. */
function lowerDestination(rule: Rule, { config }: Context): KnownDestination {
  const { nameless } = reachOf(config.consumers);
  const why = `Consumer ${nameless?.name} cannot let flows out by a name that comes from a feed (${nameless?.device})`;
  const advice = 'Give it a point of its own, or name networks.';
  const unknown = nameless === undefined ? [] : rule.destination.names;
  return withoutNames(rule, unknown, { code: 'consumer-decides-by-address', why, advice });
}
