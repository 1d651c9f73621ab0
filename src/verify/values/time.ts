/** Milliseconds until an RFC 3339 time or date; zero or less when it has passed, NaN when the text is neither. */
export type Remaining = (time: string) => number;

/** @param now milliseconds since 1970 */
export function remainingFrom(now: number): Remaining {
  return (time) => instantOf(time) - now;
}

const pattern = /^(\d{4}-\d\d-\d\d)(?:[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d))?$/;

/** Milliseconds since 1970 of an RFC 3339 time, or of a date alone (its first moment in UTC); NaN for anything else. */
export function instantOf(text: string): number {
  const [, day = '', time = '00:00:00', fraction = '', zone = 'Z'] = pattern.exec(text) ?? [];
  // `Date` takes neither a leap second nor more than milliseconds, and takes 30 February for 2 March.
  const leap = time.endsWith(':60');
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return NaN;
  if (time.startsWith('24')) return NaN;
  const whole = Date.parse(`${day}T${leap ? `${time.slice(0, -2)}59` : time}${zone.toUpperCase()}`);
  return whole + (leap ? 1000 : 0) + Math.floor(Number(fraction || 0) * 1000);
}
