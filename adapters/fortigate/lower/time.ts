const pattern = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Seconds since the epoch of an RFC 3339 time, without a clock or a time zone; undefined for any other text. */
export function epochSeconds(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map(Number) as Fields;
  const offset = (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0)) * (match[7] === '-' ? -1 : 1);
  return daysFromEpoch(year, month, day) * 86_400 + hours * 3_600 + (minutes - offset) * 60 + seconds;
}

type Fields = [number, number, number, number, number, number];

/** Days since 1970-01-01 in the Gregorian calendar, counting years from March so that leap days come last. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

/** `HH:MM YYYY/MM/DD` of a minute since the epoch, by the clock that the minute is counted on. */
export function localMinute(minute: number): string {
  const day = Math.floor(minute / 1_440);
  const [year, month, date] = calendarDay(day);
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const inDay = minute - day * 1_440;
  return `${two(Math.floor(inDay / 60))}:${two(inDay % 60)} ${year}/${two(month)}/${two(date)}`;
}

/** The reverse of `daysFromEpoch`, by the 400 years after which the calendar repeats. */
function calendarDay(day: number): readonly [number, number, number] {
  const era = Math.floor((day + 719_468) / 146_097);
  const inEra = day + 719_468 - era * 146_097;
  const leaps = Math.floor(inEra / 1_460) - Math.floor(inEra / 36_524) + Math.floor(inEra / 146_096);
  const yearOfEra = Math.floor((inEra - leaps) / 365);
  const dayOfYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return [yearOfEra + era * 400 + (month > 2 ? 0 : 1), month, dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1];
}
