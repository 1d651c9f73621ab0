import { maxOf } from '../../../src/core/model/extremes.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { ConsumerConfig } from '../config.ts';
import { reachOf } from '../consumers.ts';
import { countOf, type FeedDocument } from '../document/document.ts';

interface Size {
  readonly lists: number;
  readonly entries: number;
  readonly longest: number;
}

/**
 * Refuses what would make a feed larger than its consumers hold, before anything is written: what is in already stays,
 * and of what comes the part that has no room is found by halving.
 *
 * @throws AdapterError `quota`
 */
export function refuseExcess(before: FeedDocument, after: FeedDocument, consumers: readonly ConsumerConfig[]): void {
  const { maxEntries, maxLists, maxPerList } = reachOf(consumers);
  const [had, has] = [sizeOf(before), sizeOf(after)];
  if (has.lists > maxLists && has.lists > had.lists) throw excess(`${maxLists} lists`);
  if (has.longest > maxPerList && has.longest > had.longest)
    throw excess(
      `${maxPerList} addresses in one list as it fetches them`,
      'have the consumer fetch it in more parts (parts)',
    );
  if (has.entries > maxEntries && has.entries > had.entries) throw excess(`${maxEntries} addresses in all lists`);
}

/** What consumers hold of it, by the names of `Capabilities.maxObjects`. */
export function usageOf(document: FeedDocument): Readonly<Record<string, number>> {
  const { lists, entries } = sizeOf(document);
  return { list: lists, address: entries };
}

/** Lists of addresses that rules name, and what is in them; a list stands once for each rule with networks, too. */
function sizeOf({ lists, rules }: FeedDocument): Size {
  const destinations = rules.map(({ destination }) => destination);
  const named = destinations.filter(({ networks, names }) => networks.length + names.length > 0).length;
  const entries = [...lists.map(countOf), ...destinations.map(({ networks }) => networks.length)];
  return {
    lists: lists.length + named,
    entries: entries.reduce((sum, count) => sum + count, 0),
    longest: Math.max(0, maxOf(entries)),
  };
}

function excess(limit: string, todo = 'set maxEntries of the consumer to what its model holds'): AdapterError {
  const message = `A consumer of this feed holds at most ${limit}, and this change has no room there. Take out what is no longer needed, or ${todo}.`;
  return new AdapterError('quota', message);
}
