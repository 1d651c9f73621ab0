/* Points in time as texts. Arithmetic on what is given: no clock is read. */

const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d)))?$/;

/**
 * Milliseconds since 1970 of an RFC 3339 time, or of a date alone (then its first moment in UTC); undefined for
 * anything else. The platform's `Date.parse` reads far more than RFC 3339.
 */
export function parseInstant(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [month, day] = [part(2), part(3)];
  const start = firstOf(part(1), month, day);
  // A day that its month has not is one of another month.
  if (month < 1 || month > 12 || new Date(start).getUTCDate() !== day) return undefined;
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const [offsetHour, offsetMinute] = [part(9), part(10)];
  // RFC 3339 section 5.6 allows second 60 for leap seconds.
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const offset = (offsetHour * 60 + offsetMinute) * (match[8] === '-' ? -1 : 1);
  const inDay = (hour * 60 + minute - offset) * 60 + second;
  return start + inDay * 1_000 + Math.floor(part(7) * 1_000);
}

/** `2027-01-31T00:00:00.000Z` of milliseconds since 1970. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** The earlier of two times, as it was written; one that is not a time is later than any. */
export function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (parseInstant(b) ?? Infinity) < (parseInstant(a) ?? Infinity) ? b : a;
}

const calendarCycle = { years: 400, ms: 146_097 * 86_400_000 };

/** The first moment of a day. `Date.UTC` takes years below 100 for those of the twentieth century, so 400 years later is asked for. */
function firstOf(year: number, month: number, day: number): number {
  return Date.UTC(year + calendarCycle.years, month - 1, day) - calendarCycle.ms;
}
