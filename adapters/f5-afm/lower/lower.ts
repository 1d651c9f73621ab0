import { lowerTable } from '../../../kit/ordered-table/lower.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Context } from './context.ts';
import { lowerEnforcement } from './enforcement.ts';
import { lowerGroup } from './groups.ts';
import { lowerRule } from './rule.ts';

/** A desired state as AFM objects: address lists that carry groups, the lists that rules name, the rules, and what enforces them. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return lowerTable(desired, {
    profiles: context.config.profiles,
    group: (group) => [lowerGroup(group, context)],
    rule: (rule, profile) => lowerRule(rule, profile, context),
    enforcement: (rules) => (rules > 0 ? lowerEnforcement(context) : []),
  });
}
