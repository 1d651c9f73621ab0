import { namesAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import { emptyValue, Failure } from '../api/failure.ts';
import type { CheckContext, Row } from '../tables/schema.ts';

export function checkOnetime(row: Row, context: CheckContext): void {
  const start = onetimeInstant(textAt(row, 'start'));
  const end = onetimeInstant(textAt(row, 'end'));
  if (Number.isNaN(start) || Number.isNaN(end)) throw new Failure('Invalid time input', -134);
  if ((context.creating || 'end' in context.given) && end <= start) {
    throw new Failure('The end time should be later than the start time', -48);
  }
}

export function checkScheduleGroup(row: Row): void {
  if (namesAt(row, 'member').length === 0) throw emptyValue('member');
}

/** `HH:MM YYYY/MM/DD` as milliseconds since the epoch; the device's time zone is UTC. NaN if it is not one. */
export function onetimeInstant(text: string): number {
  const match = /^(\d{2}):(\d{2}) (\d{4})\/(\d{2})\/(\d{2})$/.exec(text);
  if (match === null) return Number.NaN;
  const [, hour, minute, year, month, day] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
}

/** `YYYY-MM-DD HH:MM:SS`; NaN if it is not one, or none is set. */
export function expiryInstant(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}
