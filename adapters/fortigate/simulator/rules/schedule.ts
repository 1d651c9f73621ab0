import { namesAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import { emptyValue, Failure } from '../api/failure.ts';
import type { CheckContext, Row } from '../tables/schema.ts';

export function checkOnetime(row: Row, context: CheckContext): void {
  const start = onetimeClock.read(textAt(row, 'start'));
  const end = onetimeClock.read(textAt(row, 'end'));
  const utc = ['start-utc', 'end-utc'].filter(
    (field) => textAt(row, field) !== '' && Number.isNaN(epoch.read(textAt(row, field))),
  );
  if (Number.isNaN(start) || Number.isNaN(end) || utc.length > 0) throw new Failure('Invalid time input', -134);
  if ((context.creating || 'end' in context.given || 'end-utc' in context.given) && end <= start) {
    throw new Failure('The end time should be later than the start time', -48);
  }
}

export function checkScheduleGroup(row: Row): void {
  if (namesAt(row, 'member').length === 0) throw emptyValue('member');
}

/** A spelling of an instant, which is milliseconds since the epoch; NaN for a text that is none. The device's time zone is UTC. */
interface Clock {
  readonly read: (text: string) => number;
  readonly write: (instant: number) => string;
}

const epoch: Clock = {
  read: (text) => (/^\d+$/.test(text) ? Number(text) * 1_000 : Number.NaN),
  write: (instant) => `${instant / 1_000}`,
};

/** `HH:MM YYYY/MM/DD`; a schedule begins and ends at a full minute. */
export const onetimeClock: Clock = {
  read: (text) => {
    const [, time, year, month, day] = /^(\d{2}:\d{2}) (\d{4})\/(\d{2})\/(\d{2})$/.exec(text) ?? [];
    return Date.parse(`${year}-${month}-${day}T${time}:00Z`);
  },
  write: (instant) => {
    const [date = '', time = ''] = new Date(instant).toISOString().split('T');
    return `${time.slice(0, 5)} ${date.replaceAll('-', '/')}`;
  },
};

/** `YYYY-MM-DD HH:MM:SS` */
export const expiryClock: Clock = {
  read: (text) => Date.parse(`${text.replace(' ', 'T')}Z`),
  write: (instant) => new Date(instant).toISOString().slice(0, 19).replace('T', ' '),
};

/** What of a pair was not written follows the other: a local time, and seconds since the epoch (7.2.4 and later). */
export function inBothClocks(
  pairs: readonly (readonly [local: string, utc: string])[],
  clock: Clock,
): (row: Row, given: Row) => Row {
  return (row, given) =>
    Object.fromEntries(
      pairs.flatMap(([local, utc]) => {
        const [from, to, read, write] = utc in given ? [utc, local, epoch, clock] : [local, utc, clock, epoch];
        const instant = read.read(textAt(row, from));
        return from in given && !Number.isNaN(instant) ? [[to, write.write(instant)]] : [];
      }),
    );
}
