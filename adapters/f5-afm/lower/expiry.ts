import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { contentName, description, pathOf, tables } from '../names.ts';
import { plainResource, scheduleSpec } from '../native.ts';
import type { Context } from './context.ts';
import { epochMinute, scheduleMinute } from './time.ts';

export interface LoweredExpiry {
  readonly attributes: JsonObject;
  readonly object?: Resource;
}

/** Local time is at most so far ahead of UTC (Kiritimati). */
const furthestAheadMinutes = 14 * 60;
/** Schedules know no later time than 2038-01-18; a rule that ends after it is ended by the controller alone. */
const lastMinute = epochMinute('2038-01-17T00:00:00Z') ?? 0;

/**
 * The end of an accepting rule, so that the device keeps to it though nobody is there to tell it. A schedule is in the
 * device's local time, which is unknown here: it stands at the latest that the end can be on any clock. It never ends a
 * rule early, and at most 26 hours late; in time the controller ends it. A denying rule is ended by the controller only.
 */
export function lowerExpiry({ expiresAt, action }: Rule, { owner, config }: Context): LoweredExpiry {
  const minute = expiresAt === undefined || action === 'Deny' ? undefined : epochMinute(expiresAt);
  if (minute === undefined || minute > lastMinute) return { attributes: { status: 'enabled' } };
  const dateValidEnd = scheduleMinute(minute + furthestAheadMinutes);
  const name = contentName(owner, `until-${dateValidEnd}`, `schedule ${dateValidEnd}`);
  const spec = scheduleSpec({ description: description(owner, 'schedule'), dateValidEnd });
  return {
    attributes: { status: 'scheduled', schedule: pathOf(config, name) },
    object: plainResource(tables.schedule, name, spec),
  };
}
