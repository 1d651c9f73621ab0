const pattern = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Minutes since the epoch of an RFC 3339 time, rounded up, without a clock or a time zone; undefined for any other text. */
export function epochMinute(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1, 7).map(Number);
  const offset = (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0)) * (match[7] === '-' ? -1 : 1);
  return daysFromEpoch(year, month, day) * 1_440 + hours * 60 + minutes - offset + (seconds > 0 ? 1 : 0);
}

/** `YYYY-MM-DD:HH:MM:00` of a minute since the epoch, by the clock that the minute is counted on. */
export function scheduleMinute(minute: number): string {
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const day = Math.floor(minute / 1_440);
  const inDay = minute - day * 1_440;
  const [year, month, date] = calendarDay(day);
  return `${year}-${two(month)}-${two(date)}:${two(Math.floor(inDay / 60))}:${two(inDay % 60)}:00`;
}

/** Days since 1970-01-01 in the Gregorian calendar, counting years from March so that leap days come last. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

/** The reverse: the year by counting, for device schedules end in 2038. */
function calendarDay(day: number): readonly [year: number, month: number, date: number] {
  let year = 1970 + Math.floor(day / 366);
  while (daysFromEpoch(year + 1, 1, 1) <= day) year += 1;
  let month = 1;
  while (month < 12 && daysFromEpoch(year, month + 1, 1) <= day) month += 1;
  return [year, month, day - daysFromEpoch(year, month, 1) + 1];
}
