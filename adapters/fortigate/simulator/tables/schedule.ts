import { checkOnetime, checkScheduleGroup } from '../rules/schedule.ts';
import { color, disable, entries, free, number, text } from './fields.ts';
import { table, type TableSchema } from './schema.ts';

const single = ['firewall.schedule/recurring', 'firewall.schedule/onetime'];
const common = { name: text(31), color, 'fabric-object': disable };

/** Names of 31 characters and 256 of a kind. That a group holds no groups is a guess. */
export const scheduleTables: readonly TableSchema[] = [
  table('firewall.schedule/onetime', {
    group: 'fwgrp.schedule',
    limit: 256,
    check: checkOnetime,
    fields: {
      ...common,
      start: free(16, { default: '00:00 2001/01/01' }),
      end: free(16, { default: '00:00 2001/01/01' }),
      'expiration-days': number(0, 100, 3),
    },
  }),
  table('firewall.schedule/recurring', {
    group: 'fwgrp.schedule',
    limit: 256,
    delivered: [
      { name: 'always', day: 'sunday monday tuesday wednesday thursday friday saturday' },
      { name: 'none', day: 'none' },
    ],
    fields: {
      ...common,
      start: text(5, { default: '00:00' }),
      end: text(5, { default: '00:00' }),
      day: text(63, { default: 'none' }),
    },
  }),
  table('firewall.schedule/group', {
    group: 'fwgrp.schedule',
    limit: 256,
    check: checkScheduleGroup,
    fields: { ...common, member: entries(79, single) },
  }),
];

/** What the schedule of a policy may be. */
export const schedules = [...single, 'firewall.schedule/group'];
