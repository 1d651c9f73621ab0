import { checkOnetime, checkScheduleGroup, inBothClocks, onetimeClock } from '../rules/schedule.ts';
import type { Profile } from '../profile.ts';
import {
  color,
  days,
  disable,
  each,
  entries,
  free,
  number,
  option,
  shownAs,
  text,
  timeOfDay,
  upTo,
  uuid,
} from './fields.ts';
import { table, type TableSchema } from './schema.ts';

const single = ['firewall.schedule/recurring', 'firewall.schedule/onetime'];

/** Names of 31 characters and 256 of a kind. That a group holds no groups is a guess. */
export function scheduleTables(profile: Profile): readonly TableSchema[] {
  const common = {
    name: text(31),
    color,
    ...upTo(profile, { '6.4.4': { 'fabric-object': disable }, '7.6.0': { uuid } }),
  };
  const tableOf = (kind: string, more: Pick<TableSchema, 'fields'> & Partial<TableSchema>): TableSchema =>
    table(`firewall.schedule/${kind}`, {
      group: 'fwgrp.schedule',
      limit: 256,
      ...more,
      fields: { ...common, ...more.fields },
    });
  return [
    tableOf('onetime', {
      check: checkOnetime,
      follows: inBothClocks(
        ['start', 'end'].map((field) => [field, `${field}-utc`] as const),
        onetimeClock,
      ),
      fields: {
        ...each(shownAs('00:00 2001/01/01', 16), 'start end'),
        'expiration-days': number(0, 100, 3),
        ...upTo(profile, { '7.2.4': each(free(19), 'start-utc end-utc') }),
      },
    }),
    tableOf('recurring', {
      delivered: [
        { name: 'always', day: 'sunday monday tuesday wednesday thursday friday saturday' },
        { name: 'none', day: 'none' },
      ],
      fields: {
        ...each(timeOfDay, 'start end'),
        day: days,
        ...upTo(profile, { '7.6.0': { 'label-day': option(parts) } }),
      },
    }),
    tableOf('group', { check: checkScheduleGroup, fields: { member: entries(79, single) } }),
  ];
}

const parts = 'none over-night early-morning morning midday afternoon evening night late-night';

/** What the schedule of a policy may be. */
export const schedules = [...single, 'firewall.schedule/group'];
