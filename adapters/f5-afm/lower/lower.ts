import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { keyOf } from '../../../src/core/model/resource.ts';
import { ruleTitle } from '../../../src/core/model/wording.ts';
import type { Context } from './context.ts';
import { lowerEnforcement } from './enforcement.ts';
import { lowerGroup } from './groups.ts';
import { lowerRule } from './rule.ts';

/** A desired state as AFM objects: address lists that carry groups, the lists that rules name, the rules, and what enforces them. */
export function lower({ groups, rules }: DesiredState, context: Context): Lowered {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const lowered = rules.map((rule) => ({ ...lowerRule(rule, context), title: ruleTitle(rule, byId) }));
  const natives = lowered.flatMap(({ natives: own, title }) => own.map((native) => ({ native, title })));
  const objects = [
    ...groups.map((group) => lowerGroup(group, context)),
    ...lowered.flatMap((rule) => rule.objects),
    ...(natives.length > 0 ? lowerEnforcement(context) : []),
  ];
  return {
    // Lists are shared: equal names are equal objects.
    resources: [
      ...new Map(objects.map((object) => [keyOf(object), object])).values(),
      ...natives.map(({ native, title }, position) => ({ ...native(position), title })),
    ],
    losses: lowered.flatMap((rule) => rule.losses),
  };
}
