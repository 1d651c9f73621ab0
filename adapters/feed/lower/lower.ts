import { canonicalMember, canonicalMembers } from '../../../kit/common/groups/members.ts';
import { provenance } from '../../../kit/common/ownership/marks.ts';
import { lowerTable, type LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { LowerContext, Lowered } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, GroupDelta, Rule } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { normalisePorts } from '../../../src/core/net/ports.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import type { FeedConfig } from '../config.ts';
import { reachOf } from '../consumers.ts';
import { joinedEntries, listResource, ruleResource, type FeedRule } from '../document/document.ts';
import { groupMark, listName, plainText, ruleMark, ruleName } from './names.ts';

type Context = LowerContext<FeedConfig>;

/** Groups become lists of addresses, rules a list of rules; what a consumer cannot do stays out for all, and is told. */
export function lower(desired: DesiredState, context: Context): Lowered {
  const lowered = lowerTable(desired, {
    profiles: context.config.profiles,
    group: (group) => [lowerGroup(group, context)],
    rule: (rule, profile) => lowerRule(rule, profile === 'none' ? '' : profile, context),
  });
  return { ...lowered, losses: [...lowered.losses, ...desired.groups.flatMap((group) => familyLoss(group, context))] };
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
  const native = {
    name: ruleName(owner, rule),
    mark: ruleMark(owner, rule),
    title: plainText(provenance(rule.origin)),
    action: rule.action,
    enabled: true,
    log: rule.log,
    profile,
    expiresAt: rule.expiresAt ?? '',
    sources: rule.sources.map((id) => listName(owner, { role: rule.action, id })).sort(),
    destination,
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

interface LoweredDestination {
  /** Undefined: nothing of it can be expressed. */
  readonly destination: FeedRule['destination'] | undefined;
  readonly losses: readonly Loss[];
}

/**
 * Where not every consumer can decide by name, an accepting rule does without its names; a denying rule denies every
 * destination on its ports instead.
 */
function lowerDestination(rule: Rule, { config }: LowerContext<FeedConfig>): LoweredDestination {
  const { any, names, networks } = rule.destination;
  const everything = { any: true, names: [], networks: [] };
  if (any) return { destination: everything, losses: [] };
  const { nameless } = reachOf(config.consumers);
  if (names.length === 0 || nameless === undefined)
    return { destination: { any: false, names: [...names], networks: [...networks] }, losses: [] };
  const nothingLeft = networks.length === 0;
  const instead =
    rule.action === 'Deny'
      ? `this rule denies every destination on its ports instead of ${names.join(', ')}`
      : nothingLeft
        ? `the rule to ${names.join(', ')} is left out`
        : `${names.join(', ')} is not accepted, the rest of the rule is`;
  const loss: Loss = {
    effect: rule.action === 'Accept' && nothingLeft ? 'rejected' : 'narrowed',
    id: rule.id,
    code: 'consumer-decides-by-address',
    message: `Consumer ${nameless.name} cannot let flows out by a name that comes from a feed (${nameless.device}); ${instead}. Give it a point of its own, or name networks.`,
  };
  if (rule.action === 'Deny') return { destination: everything, losses: [loss] };
  return { destination: nothingLeft ? undefined : { any: false, names: [], networks: [...networks] }, losses: [loss] };
}
