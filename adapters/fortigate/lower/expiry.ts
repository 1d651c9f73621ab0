import { ruleEnd } from '../../../kit/common/rules/expiry.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { scheduleName, tables } from '../objects/names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Context } from './context.ts';

export interface LoweredExpiry {
  /** What the policy says about when it is in force. */
  readonly attributes: JsonObject;
  readonly object?: Resource;
}

/** Before any rule of ours. */
const start = '00:00 2001/01/01';

/**
 * The end of a rule, so that the device keeps to it though nobody is there to tell it. Where a policy knows no time in
 * UTC, a one-time schedule in the device's local time does it.
 */
export function lowerExpiry(rule: Rule, { owner, capabilities }: Context): LoweredExpiry {
  const end = ruleEnd(rule);
  const how = capabilities.choices['expiry']?.value ?? 'schedule';
  if (end === undefined || how === 'none') return { attributes: { schedule: 'always' } };
  if (how === 'policy') {
    const native = { 'policy-expiry': 'enable', 'policy-expiry-date-utc': `${end.seconds}` };
    return { attributes: { schedule: 'always', ...native } };
  }
  const name = scheduleName(owner, end.minute);
  const spec = { start, end: scheduleTime(end.latestLocal) };
  return { attributes: { schedule: name }, object: plainResource(tables.schedule, name, spec) };
}

/** `12:00 2027/01/31` of `2027-01-31T12:00`. */
function scheduleTime(text: string): string {
  const [date = '', time = ''] = text.split('T');
  return `${time} ${date.replaceAll('-', '/')}`;
}
