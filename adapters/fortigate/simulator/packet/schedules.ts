import { namesAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { membership } from '../../../../kit/simulator/traffic/packet.ts';
import { expiryClock, onetimeClock } from '../rules/schedule.ts';
import type { Row } from '../tables/schema.ts';

/** Is a policy enabled, not over, and inside its schedule? */
export function inForceAt(tables: Tables<Row>, now: number): (policy: Row) => boolean {
  const isOpen = membership((name, isOpenToo) => {
    const recurring = tables.get('firewall.schedule/recurring', name);
    if (recurring !== undefined) return isWithinWeek(recurring, now);
    const onetime = tables.get('firewall.schedule/onetime', name);
    if (onetime !== undefined) {
      return onetimeClock.read(textAt(onetime, 'start')) <= now && now < onetimeClock.read(textAt(onetime, 'end'));
    }
    return namesAt(tables.get('firewall.schedule/group', name) ?? {}, 'member').some(isOpenToo);
  });
  return (policy) => {
    if (policy['status'] !== 'enable') return false;
    const over = policy['policy-expiry'] === 'enable' && expiryClock.read(textAt(policy, 'policy-expiry-date')) <= now;
    return !over && isOpen(textAt(policy, 'schedule'));
  };
}

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** An end that is not after the start is that time of the next day; the day is the one of the start. */
function isWithinWeek(schedule: Row, now: number): boolean {
  const at = new Date(now);
  const time = at.toISOString().slice(11, 16);
  const start = textAt(schedule, 'start');
  const end = textAt(schedule, 'end');
  const on = (day: number): boolean =>
    textAt(schedule, 'day')
      .split(' ')
      .includes(days[day % 7] ?? '');
  const today = at.getUTCDay();
  if (start < end) return on(today) && time >= start && time < end;
  return (on(today) && time >= start) || (on(today + 6) && time < end);
}
