import type { EnforcementPoint } from '../../../api/kinds.ts';
import type { DesiredState } from '../../model/desired.ts';
import type { Change } from '../../model/plan.ts';
import { windowsText } from '../../text/windows.ts';
import { hasShorterLists } from '../guard/shorter-lists.ts';
import { widens } from '../guard/skipped-changes.ts';

type Windows = NonNullable<EnforcementPoint['spec']['changeWindows']>;
type Window = Windows[number];
const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/**
 * When a point that is closed opens, in words; undefined: it is open, as one without windows always is.
 *
 * @param now milliseconds since the epoch
 */
export function closedUntil(windows: Windows | undefined, now: number): string | undefined {
  if (windows === undefined || windows.some((window) => isOpen(window, now))) return undefined;
  return windowsText(windows);
}

/** A window that ends before it begins ends on the next day. In a time zone that does not exist it is never open. */
function isOpen({ days: on, from, to, timeZone }: Window, now: number): boolean {
  const local = localTime(now, timeZone);
  if (local === undefined) return false;
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const isOn = (day: number): boolean => on.some((name) => name === days[(day + days.length) % days.length]);
  if (begin < end) return isOn(local.day) && begin <= local.minutes && local.minutes < end;
  return (isOn(local.day) && begin <= local.minutes) || (isOn(local.day - 1) && local.minutes < end);
}

function minutesOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

function localTime(now: number, timeZone: string): { readonly day: number; readonly minutes: number } | undefined {
  try {
    const options = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    const parts = new Intl.DateTimeFormat('en-US', options).formatToParts(now);
    const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
    return {
      day: days.findIndex((day) => day === part('weekday')),
      minutes: Number(part('hour')) * 60 + Number(part('minute')),
    };
  } catch {
    return undefined;
  }
}

/**
 * What waits for a window: whatever permits more, but pods that join what is permitted already, and what is in force in an
 * emergency. What is known to permit less never waits.
 */
export function waitsForWindow({ groups, rules }: DesiredState): (change: Change) => boolean {
  const sources = new Set(groups.map(({ id }) => id));
  const emergencies = new Set(rules.flatMap(({ id, origin }) => (origin.approvedBy?.breakGlass ? [id] : [])));
  return (change) => {
    if (!widens(change) || permitsLess(change)) return false;
    const id = (change.after ?? change.before)?.desiredId ?? '';
    return !emergencies.has(id) && !(change.op === 'members' && sources.has(id));
  };
}

/**
 * A rule that is written again in place permits less if all that differs is lists that have become shorter, or longer where it
 * denies.
 */
function permitsLess({ op, before, after }: Change): boolean {
  if (op !== 'update' || before.effect !== after.effect) return false;
  return before.effect === 'Deny' ? hasShorterLists(before, after) : hasShorterLists(after, before);
}
