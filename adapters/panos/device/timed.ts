import { isTimed } from '../lower/groups.ts';
import { readTag, timedTag } from '../objects/names.ts';
import type { Known, Panos } from './device.ts';

/*
 * Addresses of accepting groups that are forgotten unless they are renewed. Whether the device begins to count anew when a tag
 * is registered that is there already is documented nowhere, and it calls that an error; a tag that is not there starts again
 * beyond doubt. So each half of the time has a tag of its own, the address gets the new one before it loses the old one, and
 * the group is of all that have either. Which half it was, every process sees by the tag.
 */

type Timed = Pick<Panos, 'config' | 'clock' | 'owner'>;

function halfMs({ config }: Timed): number {
  return ((config.memberTimeoutSeconds ?? 0) * 1_000) / 2;
}

function half(device: Timed): number {
  return Math.floor(device.clock.now() / halfMs(device));
}

function isTimedTag({ config, owner }: Timed, tag: string): boolean {
  return isTimed(config, readTag(owner, tag)?.role ?? 'Deny');
}

/** What an address gets that joins now. */
export function currentTag(device: Timed, tag: string): string {
  return isTimedTag(device, tag) ? timedTag(tag, half(device)) : tag;
}

/**
 * What an address that leaves may have, the likeliest first. The last is that of the half to come: a process whose clock is
 * ahead gives it, and an address that was registered late in its half has it still.
 */
export function possibleTags(device: Timed, tag: string): readonly string[] {
  if (!isTimedTag(device, tag)) return [tag];
  const now = half(device);
  return [timedTag(tag, now), timedTag(tag, now + 3), timedTag(tag, now + 2), tag, timedTag(tag, now + 1)];
}

/** May an address have it beside what it gets now? Where the group does not ask for the others yet, that of before stays. */
export function isWanted(held: string, tag: string, now: string, { untimed }: Pick<Known, 'untimed'>): boolean {
  return held === now || (held === tag && untimed.has(tag));
}

/** Until the next half begins; undefined: nothing is ever due. */
export function untilDue(device: Timed): number | undefined {
  if (device.config.memberTimeoutSeconds === undefined) return undefined;
  // eslint-disable-next-line no-restricted-syntax -- halves are told apart by the time that all processes have
  return (half(device) + 1) * halfMs(device) - device.clock.now();
}
