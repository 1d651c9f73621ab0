import { NetworkSet } from '../../../net/network-set.ts';
import { append } from '../../model/grouped.ts';
import type { Destination } from '../../model/desired.ts';
import { destinationOf } from '../../destinations/destination.ts';

/** A part of a destination that is reached in the same ways as a whole. */
export interface DestinationPart {
  readonly destination: Destination;
  /** Where that is; absent: every way leads there, as to names, whose addresses nobody can know. Empty: none does. */
  readonly toward?: readonly string[];
}

/** @param areas destinations that are reached in ways of their own; they may overlap */
export function partsOf(destination: Destination, areas: readonly NetworkSet[]): readonly DestinationPart[] {
  if (areas.length === 0 || destination.any) return [{ destination }];
  const everyWay = '1'.repeat(areas.length);
  const noWay = '0'.repeat(areas.length);
  const parts = new Map<string, string[]>();
  for (const network of destination.networks) {
    const own = NetworkSet.of([network]);
    append(parts, areas.map((area) => (area.meets(own) ? '1' : '0')).join(''), network);
  }
  if (destination.names.length > 0 && !parts.has(everyWay)) parts.set(everyWay, []);
  return [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([ways, networks]): readonly DestinationPart[] => {
      const names = ways === everyWay ? destination.names : [];
      const part = parts.size === 1 ? destination : destinationOf(names, networks);
      // Whoever is reached in every way, or in none, needs no group of addresses for each destination.
      const toward = ways === everyWay ? undefined : ways === noWay ? [] : networks;
      return part ? [{ destination: part, ...(toward && { toward }) }] : [];
    });
}
