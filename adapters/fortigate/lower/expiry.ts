import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { scheduleName, tables } from '../names.ts';
import { plainResource } from '../native.ts';
import type { Context } from './carrier.ts';
import { epochSeconds, localMinute } from './time.ts';

export interface LoweredExpiry {
  /** What the policy says about when it is in force. */
  readonly attributes: JsonObject;
  readonly object?: Resource;
}

/** Local time is at most so far ahead of UTC (Kiritimati). */
const furthestAheadMinutes = 14 * 60;
/** Before any rule of ours. */
const start = '00:00 2001/01/01';

/**
 * The end of a rule, so that the device keeps to it though nobody is there to tell it. Where a policy knows no time in
 * UTC, a one-time schedule does it: in the device's local time, which is unknown here, so it stands at the latest that
 * the end can be on any clock. It never ends a rule early, and at most 26 hours late; in time the controller ends it.
 */
export function lowerExpiry({ expiresAt }: Rule, { owner, capabilities }: Context): LoweredExpiry {
  const ends = expiresAt === undefined ? undefined : epochSeconds(expiresAt);
  const how = capabilities.choices['expiry']?.value ?? 'schedule';
  if (ends === undefined || how === 'none') return { attributes: { schedule: 'always' } };
  if (how === 'policy') {
    const native = { 'policy-expiry': 'enable', 'policy-expiry-date-utc': `${ends}` };
    return { attributes: { schedule: 'always', ...native } };
  }
  const minute = Math.ceil(ends / 60);
  const name = scheduleName(owner, minute);
  const spec = { start, end: localMinute(minute + furthestAheadMinutes) };
  return { attributes: { schedule: name }, object: plainResource(tables.schedule, name, spec) };
}
