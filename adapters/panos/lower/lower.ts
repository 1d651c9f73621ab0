import { lowerTable } from '../../../kit/ordered-table/lower.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { atOnce, type Steps } from '../../../src/core/model/steps.ts';
import { pushResources } from '../objects/entries.ts';
import type { Context } from './context.ts';
import { groupResources, unregistrable } from './groups.ts';
import { lowerRule } from './rule.ts';

/** A desired state as tags with their addresses, and unless the config leaves those to others, groups, addresses, services and rules. */
export function* lowering(desired: DesiredState, context: Context): Steps<Lowered> {
  const { groups, rules } = desired;
  const networksOf = unregistrable(groups);
  const isTagsOnly = context.config.manage === 'tags';
  const lowered = yield* lowerTable(
    { groups, rules: isTagsOnly ? [] : rules },
    {
      profiles: context.config.profiles,
      group: (group) => groupResources(group, context),
      rule: (rule, profile) => lowerRule(rule, profile, networksOf, context),
    },
  );
  if (!isTagsOnly) return { ...lowered, resources: [...pushResources(context.config), ...lowered.resources] };
  const told = rules.map(({ id }): Loss => ({
    effect: 'elsewhere',
    id,
    code: 'rules-are-yours',
    message: rulesAreYours,
  }));
  return { ...lowered, losses: [...told, ...[...networksOf].flatMap(notRegistered)] };
}

/** The same without a break. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return atOnce(lowering(desired, context));
}

const rulesAreYours =
  'This point registers addresses only (manage: tags): an administrator has to write the rule on the firewall, with a dynamic address group of this tag as source, and Postern does not check it.';

function notRegistered([id, networks]: readonly [string, readonly string[]]): Loss[] {
  if (networks.length === 0) return [];
  const message = `PAN-OS registers no IPv6 networks: ${networks.join(', ')} does not have the tag. Put it into your rule.`;
  return [{ effect: 'narrowed', id, code: 'ipv6-network-not-registered', message }];
}
