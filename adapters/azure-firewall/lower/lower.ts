import { withinCapacity } from '../../../kit/common/groups/capacity.ts';
import { sourcesMeet } from '../../../kit/common/rules/denied-before-names.ts';
import { lowerTable, type LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { atOnce, type Steps } from '../../../src/core/model/steps.ts';
import { kinds, ruleName } from '../objects/names.ts';
import { description, namingGroups, ruleResource, ruleSpec } from '../objects/rule.ts';
import { applicationFields, isUnusual } from './application.ts';
import type { Context } from './context.ts';
import { withinSelectors } from './followed.ts';
import { groupResources } from './groups.ts';
import { denyingBelow, familyLosses, nameLosses, orderLosses, type DenyingBelow } from './losses.ts';
import { isForAnyDestination, networkForms, webOf } from './network.ts';

/** A desired state as IP groups and rules; which collection a rule stands in is for the session to say. */
export function* lowering(desired: DesiredState, context: Context): Steps<Lowered> {
  const isFollowed = context.config.sources === 'kube-selector-groups';
  const said = isFollowed ? withinSelectors(desired, context) : { ...desired, losses: [] };
  const groups = new Map(said.groups.map((group) => [group.id, group]));
  const room = isFollowed ? Infinity : (context.capabilities.maxObjects[kinds.group] ?? Infinity);
  const carried = withinCapacity(said, room, {
    code: 'too-many-groups',
    message: (what) =>
      `There is room for ${room} IP groups in the policy, and ${desired.groups.length} are needed: ${what}. Divide the namespaces among several policies, or ask Azure for more and write it into config.maxIpGroups.`,
  });
  const places = placesOf(carried.rules, context);
  const meet = sourcesMeet(groups);
  const lowered = yield* lowerTable(carried, {
    profiles: {},
    group: (group) => groupResources(group, context),
    rule: (rule) => lowerRule(rule, { meet, ...(places.get(rule.id) ?? alone) }, groups, context),
  });
  return { resources: numbered(lowered.resources), losses: [...said.losses, ...carried.losses, ...lowered.losses] };
}

/** The same without a break. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return atOnce(lowering(desired, context));
}

/** What stands below a rule. */
interface Place {
  /** A rule that accepts on the ports of the web what an application rule that denies every name does not see. */
  readonly isAboveWeb: boolean;
  readonly denying: readonly DenyingBelow[];
}
interface RulePlace extends Place {
  /** May two rules decide about one source? */
  readonly meet: (a: Rule, b: Rule) => boolean;
}
const alone: Place = { isAboveWeb: false, denying: [] };

function placesOf(rules: readonly Rule[], context: Context): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  let below = alone;
  for (const rule of rules.toReversed()) {
    places.set(rule.id, below);
    const denies = denyingBelow(rule, context, below.isAboveWeb);
    const acceptsWeb =
      rule.action === 'Accept' &&
      webOf(rule).length > 0 &&
      (isUnusual(rule) || networkForms(rule, context, false).length > 0);
    if (denies !== undefined || (acceptsWeb && !below.isAboveWeb))
      below = {
        isAboveWeb: below.isAboveWeb || acceptsWeb,
        denying: denies === undefined ? below.denying : [denies, ...below.denying],
      };
  }
  return places;
}

function lowerRule(
  rule: Rule,
  place: RulePlace,
  groups: ReadonlyMap<string, AddressGroup>,
  context: Context,
): LoweredRule {
  const held = rule.sources.flatMap((id) => {
    const group = groups.get(id);
    return group === undefined ? [] : groupResources(group, context).map(({ name }) => name);
  });
  // A group without a namespace has no members.
  if (held.length === 0) return { natives: [], objects: [], losses: [] };
  const name = ruleName(context, rule);
  const who = {
    action: rule.action === 'Accept' ? 'Allow' : 'Deny',
    description: description(context.owner, rule),
    ...namingGroups(held),
  };
  const native =
    (suffix: string, fields: JsonObject) =>
    (position: number): Resource =>
      ruleResource(name + suffix, ruleSpec({ ...who, ...fields }), position);
  const deniesAll = rule.action === 'Deny' && isForAnyDestination(rule, context);
  const application =
    rule.action === 'Accept' || deniesAll ? applicationFields(rule, deniesAll ? webOf(rule) : []) : undefined;
  return {
    natives: [
      ...networkForms(rule, context, place.isAboveWeb).map(({ suffix, fields }) =>
        native(suffix, { ruleType: 'NetworkRule', ...fields }),
      ),
      ...(application === undefined ? [] : [native('', { ruleType: 'ApplicationRule', ...application })]),
    ],
    objects: [],
    losses: [
      ...familyLosses(rule, groups),
      ...nameLosses(rule, context),
      ...orderLosses(rule, place.denying, place.meet),
    ],
  };
}

/** Network rules and application rules are two tables, each with its own order. */
function numbered(resources: readonly Resource[]): readonly Resource[] {
  const counts = new Map<string, number>();
  return resources.map((resource) => {
    if (resource.position === undefined) return resource;
    const position = counts.get(resource.kind) ?? 0;
    counts.set(resource.kind, position + 1);
    return { ...resource, position };
  });
}
