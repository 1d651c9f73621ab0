import { minOf } from '../../../../src/core/model/extremes.ts';
import { isClass } from '../../../../kit/common/api/answers.ts';
import { headRoom } from '../../../../kit/whole-document/entries.ts';
import type { Firewall, Known, KnownList } from '../known.ts';
import { modify, size } from './lists.ts';

/*
 * MaxEntries of a list counts against quotas elsewhere, whatever the list holds. It grows when entries come, and shrinks
 * when it has been much too large for a while, so that a burst of pods does not make it go up and down.
 */

const afterMs = 60 * 60_000;

/** Since when lists are too large, by id, in milliseconds of the clock that cannot be set. */
export type TooLargeSince = Map<string, number>;

/**
 * Makes lists smaller that have been too large for an hour.
 *
 * @returns in how many milliseconds there may be more to do; undefined: nothing is too large
 */
export async function shrink(firewall: Firewall, { lists }: Known, since: TooLargeSince): Promise<number | undefined> {
  const now = firewall.clock.elapsed();
  for (const list of lists.values()) {
    if (!isTooLarge(list)) since.delete(list.id);
    else if (!since.has(list.id)) since.set(list.id, now);
    else if (now - (since.get(list.id) ?? now) >= afterMs) await shrinkList(firewall, list, since);
  }
  const oldest = minOf(since.values());
  return since.size === 0 ? undefined : Math.max(0, oldest + afterMs - now);
}

/** Twice what it would be made with. */
function isTooLarge({ entries, maxEntries }: KnownList): boolean {
  return maxEntries >= 2 * headRoom(entries.size, size);
}

async function shrinkList(firewall: Firewall, list: KnownList, since: TooLargeSince): Promise<void> {
  since.delete(list.id);
  try {
    await modify(firewall, list, { MaxEntries: headRoom(list.entries.size, size) });
  } catch (error) {
    // It works as it is: another time.
    if (!isClass(error, 'busy', 'conflict', 'invalid', 'quota')) throw error;
  }
}
