import type { Rule } from '../../../src/core/model/desired.ts';
import { formatInstant, parseInstant } from '../../../src/core/time/instant.ts';

/** Local time is at most so far ahead of UTC (Kiritimati). */
const furthestAheadMinutes = 14 * 60;

/** When a rule ends, for devices that end rules by themselves. */
export interface RuleEnd {
  /** Since 1970. */
  readonly seconds: number;
  /** Since 1970; the minute at or after the end. */
  readonly minute: number;
  /** That minute in UTC, `2027-01-31T12:00`. */
  readonly utc: string;
  /**
   * The latest that the minute can be on any clock, `2027-02-01T02:00`: for schedules in the device's local time, which
   * is unknown here. They never end a rule early, and at most 26 hours late; in time the controller ends it.
   */
  readonly latestLocal: string;
}

/** 2038-01-17: devices count seconds in 32 bits; a rule that ends after this is ended by the controller alone. */
const latest = 2_147_299_200_000;

/**
 * Undefined for a rule without an end, with one that is later than devices can say, and for every Deny: what it leaves
 * nothing to is not on the device, other Denies among them, so that only the controller can end it without opening more.
 */
export function ruleEnd({ action, expiresAt }: Pick<Rule, 'action' | 'expiresAt'>): RuleEnd | undefined {
  const ms = expiresAt === undefined || action === 'Deny' ? undefined : parseInstant(expiresAt);
  if (ms === undefined || ms > latest) return undefined;
  const minute = Math.ceil(ms / 60_000);
  return {
    seconds: Math.ceil(ms / 1_000),
    minute,
    utc: minuteText(minute),
    latestLocal: minuteText(minute + furthestAheadMinutes),
  };
}

function minuteText(minute: number): string {
  return formatInstant(minute * 60_000).slice(0, 16);
}
