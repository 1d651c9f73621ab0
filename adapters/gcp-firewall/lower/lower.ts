import { canonicalMembers } from '../../../kit/common/groups/members.ts';
import { partsOf } from '../../../kit/common/groups/parts.ts';
import { portRanges } from '../../../kit/common/rules/ports.ts';
import { lowerTable, type LoweredRule } from '../../../kit/ordered-table/lower.ts';
import type { Lowered } from '../../../src/adapter/adapter.ts';
import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { atOnce, type Steps } from '../../../src/core/model/steps.ts';
import { nativeName, ruleName } from '../objects/names.ts';
import { description, ruleResource, ruleSpec } from '../objects/rule.ts';
import { destinationForms, type Context } from './destinations.ts';
import { familyLosses, known } from './losses.ts';

/** A desired state as rules that have their sources in them, and the address groups of large destinations. */
export function* lowering(desired: DesiredState, context: Context): Steps<Lowered> {
  const groups = new Map(desired.groups.map((group) => [group.id, group]));
  return yield* lowerTable(desired, {
    profiles: {},
    group: () => [],
    rule: (rule) => lowerRule(rule, groups, context),
  });
}

/** The same without a break. */
export function lower(desired: DesiredState, context: Context): Lowered {
  return atOnce(lowering(desired, context));
}

function lowerRule(rule: Rule, groups: ReadonlyMap<string, AddressGroup>, context: Context): LoweredRule {
  const { destination, losses } = known(rule);
  if (destination === undefined) return { natives: [], objects: [], losses };
  const fields = {
    action: rule.action === 'Accept' ? 'allow' : 'deny',
    description: description(context.owner, rule),
    enableLogging: rule.log,
    layer4Configs: layer4Configs(rule),
  };
  const members = canonicalMembers(rule.sources.flatMap((source) => groups.get(source)?.members ?? []));
  const objects: Resource[] = [];
  const natives = context.config.addressFamilies.flatMap((family) => {
    const to = destinationForms(rule, destination, family, context);
    for (const group of to.groups) objects.push(group);
    const parts = partsOf(members, { families: [family], limit: context.capabilities.maxMembersPerGroup });
    return to.forms.flatMap((form, at) =>
      parts.map(({ bits, members: held }) => (position: number): Resource => {
        const name = nativeName(ruleName(context, rule), family, bits, at);
        return ruleResource({ name, spec: ruleSpec({ ...fields, ...form }), members: held }, position);
      }),
    );
  });
  return { natives, objects, losses: [...losses, ...familyLosses(rule, groups, context)] };
}

/** One rule holds all protocols, each with its ports. */
function layer4Configs(rule: Rule): readonly JsonObject[] {
  if (rule.ports.length === 0) return [{ ipProtocol: 'all' }];
  return (['TCP', 'UDP'] as const).flatMap((protocol) => {
    const ports = portRanges(rule, protocol);
    return ports.length === 0 ? [] : [{ ipProtocol: protocol.toLowerCase(), ports }];
  });
}
