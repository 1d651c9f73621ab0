import { withinCapacity } from '../../../kit/common/groups/capacity.ts';
import { lowerTable } from '../../../kit/ordered-table/lower.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { atOnce, type Steps } from '../../../src/core/model/steps.ts';
import { tables } from '../objects/names.ts';
import { carrierOf, fillerOf, type Context } from './context.ts';
import { groupResources, sentinels } from './groups.ts';
import { lowerRule } from './rule.ts';

/** A desired state as FortiOS objects: groups or feeds, the addresses and services that rules name, and a policy per rule. */
export function* lowering(desired: DesiredState, context: Context): Steps<Lowered> {
  const { capabilities, config } = context;
  const isPushed = carrierOf(capabilities, config) === 'pushFeed';
  const limit = isPushed ? (capabilities.maxObjects[tables.feed] ?? Infinity) : Infinity;
  const { groups, rules, losses } = withinCapacity(desired, limit, {
    code: 'too-many-groups-for-feeds',
    message: (what) =>
      `This device holds ${limit} feeds, one for each group, and ${desired.groups.length} groups are needed: ${what}. Set carrier: objects in this point's config.`,
  });
  const needsSentinels = groups.length > 0 && !isPushed && fillerOf(context) !== undefined;
  const lowered = yield* lowerTable(
    { groups, rules },
    {
      profiles: config.profiles,
      group: (group) => groupResources(group, context),
      rule: (rule, profile) => lowerRule(rule, profile, context),
    },
  );
  return {
    resources: [...(needsSentinels ? sentinels(context) : []), ...lowered.resources],
    losses: [...losses, ...lowered.losses],
  };
}

/** The same without a break. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return atOnce(lowering(desired, context));
}
