import { ruleEnd } from '../../../kit/common/rules/expiry.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { contentName, description, pathOf, tables } from '../objects/names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { scheduleSpec } from '../objects/specs.ts';
import type { Context } from './context.ts';

export interface LoweredExpiry {
  readonly attributes: JsonObject;
  readonly object?: Resource;
}

/**
 * The end of an accepting rule, so that the device keeps to it though nobody is there to tell it: a schedule in the
 * device's local time. A denying rule is ended by the controller only.
 */
export function lowerExpiry(rule: Rule, { owner, config }: Context): LoweredExpiry {
  const end = rule.action === 'Deny' ? undefined : ruleEnd(rule);
  if (end === undefined) return { attributes: { status: 'enabled' } };
  const dateValidEnd = `${end.latestLocal.replace('T', ':')}:00`;
  const name = contentName(owner, `until-${dateValidEnd}`, `schedule ${dateValidEnd}`);
  const spec = scheduleSpec({ description: description(owner, 'schedule'), dateValidEnd });
  return {
    attributes: { status: 'scheduled', schedule: pathOf(config, name) },
    object: plainResource(tables.schedule, name, spec),
  };
}
