import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { keyOf } from '../../../src/core/model/resource.ts';
import { ruleTitle } from '../../../src/core/model/wording.ts';
import { withinCapacity } from './capacity.ts';
import { carrierOf, type Context } from './carrier.ts';
import { groupResources, sentinels } from './groups.ts';
import { lowerRule } from './policy.ts';

/** A desired state as FortiOS objects: groups or feeds, the addresses and services that rules name, and a policy per rule. */
export function lower(desired: DesiredState, context: Context): Lowered {
  const { groups, rules, losses } = withinCapacity(desired, context);
  const lowered = rules.map((rule) => lowerRule(rule, context));
  const byId = new Map(groups.map((group) => [group.id, group]));
  const policies = lowered.flatMap(({ policy }, index) => {
    const rule = rules[index];
    return policy === undefined || rule === undefined ? [] : [{ policy, title: ruleTitle(rule, byId) }];
  });
  const objects = [
    ...(needsSentinels(groups.length, context) ? sentinels(context) : []),
    ...groups.flatMap((group) => groupResources(group, context)),
    ...lowered.flatMap((rule) => rule.objects),
  ];
  return {
    // Addresses and services are shared: equal names are equal objects.
    resources: [
      ...new Map(objects.map((object) => [keyOf(object), object])).values(),
      ...policies.map(({ policy, title }, position) => ({ ...policy(position), title })),
    ],
    losses: [...losses, ...lowered.flatMap((rule) => rule.losses)],
  };
}

function needsSentinels(groups: number, { capabilities, config }: Context): boolean {
  return groups > 0 && capabilities.emptyGroup !== 'nothing' && carrierOf(capabilities, config) === 'objects';
}
