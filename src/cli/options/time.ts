import { parseInstant } from '../../core/time/instant.ts';
import { UsageError } from '../../core/model/usage-error.ts';

const unitsMs: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

const isWhole = /T.*(?:Z|[+-]\d\d:\d\d)$/;

/**
 * `2026-01-31T12:00:00Z`, or how long before `now`: `90s`, `30m`, `12h`, `7d`; as RFC 3339 in UTC with milliseconds.
 *
 * @param now milliseconds since the epoch
 * @throws UsageError
 */
export function timeOption(text: string, now: number): string {
  const [, number, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  // Date.parse takes `7` for a year, and the 31st of February for the 3rd of March.
  const isTime = /^\d{4}-\d\d/.test(text) && !(isWhole.test(text) && parseInstant(text) === undefined);
  const ms = number === undefined ? (isTime ? Date.parse(text) : NaN) : now - Number(number) * (unitsMs[unit] ?? NaN);
  if (Number.isNaN(ms))
    throw new UsageError(`"${text}" is no time: give 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago`);
  return new Date(ms).toISOString();
}
