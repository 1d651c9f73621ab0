import { textAt } from '../../../../kit/simulator/tables/rows.ts';
import { misconfigured } from '../api/failure.ts';
import { text, words } from './fields.ts';
import { schema, type Schema } from './schema.ts';

export const schedulePath = '/security/firewall/schedule';
export const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Minutes since midnight, of `8:30` and `24:00`; undefined for no time of day. */
export function minuteOf(time: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})$/.exec(time);
  const minutes = Number(match?.[1]) * 60 + Number(match?.[2]);
  return match === null || Number(match[2]) > 59 || minutes > 24 * 60 ? undefined : minutes;
}

/** Milliseconds since the epoch; times are UTC. */
export function instantOf(date: string): number {
  if (date === 'epoch') return -Infinity;
  if (date === 'indefinite') return Infinity;
  const numbers = date.split(/[-T:Z]/).filter((part) => part !== '');
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const timeOfDay = text(8, (time) => (minuteOf(time) === undefined ? undefined : time));
const date = (none: string) => text(32, (value) => (value === none || instant.test(value) ? value : undefined));

export const scheduleTable: Schema = schema(schedulePath, 'Firewall Schedule', {
  fields: {
    description: text(),
    dailyHourStart: timeOfDay,
    dailyHourEnd: timeOfDay,
    dateValidStart: date('epoch'),
    dateValidEnd: date('indefinite'),
    daysOfWeek: words(...weekdays),
  },
  defaults: {
    dailyHourStart: '0:00',
    dailyHourEnd: '24:00',
    dateValidStart: 'epoch',
    dateValidEnd: 'indefinite',
    daysOfWeek: weekdays,
  },
  check: ({ fields, fullPath }) => {
    const hours = ['dailyHourStart', 'dailyHourEnd'].map((field) => minuteOf(textAt(fields, field)) ?? 0);
    const dates = ['dateValidStart', 'dateValidEnd'].map((field) => instantOf(textAt(fields, field)));
    if ((hours[0] ?? 0) < (hours[1] ?? 0) && (dates[0] ?? 0) < (dates[1] ?? 0)) return;
    throw misconfigured(`Schedule (${fullPath}) ends before it begins`);
  },
});
