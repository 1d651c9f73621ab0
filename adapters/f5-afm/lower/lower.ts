import { lowerTable } from '../../../kit/ordered-table/lower.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { atOnce, type Steps } from '../../../src/core/model/steps.ts';
import type { Context } from './context.ts';
import { lowerEnforcement } from './enforcement.ts';
import { lowerGroup } from './groups.ts';
import { lowerRule } from './rule.ts';

/** A desired state as AFM objects: address lists that carry groups, the lists that rules name, the rules, and what enforces them. */
export function* lowering(desired: DesiredState, context: Context): Steps<Lowered> {
  return yield* lowerTable(desired, {
    profiles: context.config.profiles,
    group: (group) => [lowerGroup(group, context)],
    rule: (rule, profile) => lowerRule(rule, profile, context),
    enforcement: (rules) => (rules > 0 ? lowerEnforcement(context) : []),
  });
}

/** The same without a break. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return atOnce(lowering(desired, context));
}
