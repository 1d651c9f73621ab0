import type { Destination } from '../model/desired.ts';
import { aggregate, everywhere, intersectNetworks, networksCover } from './cidr.ts';
import { aggregateNames, intersectNames, nameCovers } from './name.ts';

/** Every address and every name. */
export const anywhere: Destination = { any: true, names: [], networks: [] };

/**
 * The union of canonical names and canonical networks. Both halves of the address space together are `any`, which
 * contains every name too. Undefined without a name or network: nothing is not a destination, and never any.
 */
export function destinationOf(names: readonly string[], networks: readonly string[]): Destination | undefined {
  if (names.length === 0 && networks.length === 0) return undefined;
  const merged = aggregate(networks);
  if (everywhere.every((network) => merged.includes(network))) return anywhere;
  return { any: false, names: aggregateNames(names), networks: merged };
}

/**
 * Is every flow to `inner` one to `outer`? Name by name and network by network: that a name may resolve into a
 * network proves nothing.
 */
export function destinationCovers(outer: Destination, inner: Destination): boolean {
  if (outer.any) return true;
  if (inner.any) return false;
  return namesBeyond(inner, outer).length === 0 && networksCover(outer.networks, inner.networks);
}

/** What two destinations share. */
export interface DestinationIntersection {
  /** The part that can be written down; undefined when there is none. Never more than the true intersection. */
  readonly destination: Destination | undefined;
  /** False when a name of one meets a network of the other: which addresses these share nobody can know. */
  readonly exact: boolean;
}

export function intersectDestinations(a: Destination, b: Destination): DestinationIntersection {
  if (destinationCovers(a, b)) return { destination: b, exact: true };
  if (destinationCovers(b, a)) return { destination: a, exact: true };
  const names = a.names.flatMap((left) => b.names.flatMap((right) => intersectNames(left, right) ?? []));
  const networks = intersectNetworks(a.networks, b.networks);
  return { destination: destinationOf(names, networks), exact: !crosses(a, b) && !crosses(b, a) };
}

/** Can a flow go to both? Errs on the side of yes where a name meets a network. */
export function destinationsMayOverlap(a: Destination, b: Destination): boolean {
  const { destination, exact } = intersectDestinations(a, b);
  return destination !== undefined || !exact;
}

/** Does a name that only `a` has meet a network that only `b` has? */
function crosses(a: Destination, b: Destination): boolean {
  return b.networks.length > 0 && namesBeyond(a, b).length > 0 && !networksCover(a.networks, b.networks);
}

function namesBeyond(a: Destination, b: Destination): readonly string[] {
  return a.names.filter((name) => !b.names.some((other) => nameCovers(other, name)));
}
