import type { Destination } from '../model/desired.ts';
import { everywhere, prefixOf } from '../../net/cidr.ts';
import { aggregateNames, nameCovers, NameSet } from '../../net/name.ts';
import { aggregate, NetworkSet } from '../../net/network-set.ts';

/** Every address and every name. */
export const anywhere: Destination = { any: true, names: [], networks: [] };

/** Up to so many names are sooner compared one by one. */
const fewNames = 8;

/** A destination that keeps its sets once it was compared: reading addresses costs many times what comparing them does. */
class ComparedDestination implements Destination {
  readonly any = false;
  readonly names: readonly string[];
  readonly networks: readonly string[];
  #nameSet: NameSet | undefined;
  #networkSet: NetworkSet | undefined;

  constructor(names: readonly string[], networks: readonly string[]) {
    this.names = names;
    this.networks = networks;
  }

  nameSet(): NameSet {
    return (this.#nameSet ??= new NameSet(this.names));
  }

  networkSet(): NetworkSet {
    return (this.#networkSet ??= NetworkSet.of(this.networks));
  }
}

/**
 * The union of canonical names and canonical networks. Both halves of the address space together are `any`, which
 * contains every name too. Undefined without a name or network: nothing is not a destination, and never any.
 */
export function destinationOf(names: readonly string[], networks: readonly string[]): Destination | undefined {
  if (names.length === 0 && networks.length === 0) return undefined;
  const merged = networks.length < 2 ? networks : aggregate(networks);
  if (everywhere.every((network) => merged.includes(network))) return anywhere;
  return new ComparedDestination(aggregateNames(names), merged);
}

/**
 * Is every flow to `inner` one to `outer`? Name by name and network by network: that a name may resolve into a
 * network proves nothing.
 */
export function destinationCovers(outer: Destination, inner: Destination): boolean {
  if (outer.any || outer === inner) return true;
  if (inner.any) return false;
  return coversNames(outer, inner) && coversNetworks(outer, inner);
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
  const names = a.names.length > 0 && b.names.length > 0 ? nameSetOf(a).intersect(nameSetOf(b)) : [];
  const networks =
    a.networks.length > 0 && b.networks.length > 0 ? networkSetOf(a).intersect(networkSetOf(b)).networks() : [];
  return { destination: destinationOf(names, networks), exact: !crosses(a, b) && !crosses(b, a) };
}

/** Can a flow go to both? Errs on the side of yes where a name meets a network. */
export function destinationsMayOverlap(a: Destination, b: Destination): boolean {
  const { destination, exact } = intersectDestinations(a, b);
  return destination !== undefined || !exact;
}

/** Does a name that only `a` has meet a network that only `b` has? */
function crosses(a: Destination, b: Destination): boolean {
  return b.networks.length > 0 && !coversNames(b, a) && !coversNetworks(a, b);
}

function coversNames(outer: Destination, inner: Destination): boolean {
  if (inner.names.length === 0) return true;
  if (outer.names.length > fewNames) return nameSetOf(outer).covers(inner.names);
  return inner.names.every((name) => outer.names.some((other) => nameCovers(other, name)));
}

function coversNetworks(outer: Destination, inner: Destination): boolean {
  if (inner.networks.length === 0) return true;
  if (outer.networks.length === 0) return false;
  const one = outer.networks[0];
  const other = inner.networks[0];
  // Most have one network, which covers no other unless its prefix is shorter.
  if (outer.networks.length === 1 && inner.networks.length === 1 && one !== undefined && other !== undefined) {
    if (prefixOf(one) >= prefixOf(other)) return one === other;
  }
  return networkSetOf(outer).covers(networkSetOf(inner));
}

function nameSetOf(destination: Destination): NameSet {
  return destination instanceof ComparedDestination ? destination.nameSet() : new NameSet(destination.names);
}

function networkSetOf(destination: Destination): NetworkSet {
  return destination instanceof ComparedDestination ? destination.networkSet() : NetworkSet.of(destination.networks);
}
