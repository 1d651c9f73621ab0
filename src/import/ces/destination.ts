import { cidrsIntersect, everywhere, parseCidr } from '../../net/cidr.ts';
import { aggregate } from '../../net/network-set.ts';
import { nameCovers } from '../../net/name.ts';
import { intersectPorts, type Ports } from '../../core/destinations/ports.ts';
import { lost } from '../outcome.ts';
import { readAddress } from './address.ts';
import type { Finding } from '../importer.ts';
import { about } from './finding.ts';
import { readPorts } from './ports.ts';
import type { Read } from './read.ts';

/** What an ExternalService of CES leads to: the union of names and networks, on ports (empty: every). */
export interface Destination {
  readonly names: readonly string[];
  readonly networks: readonly string[];
  readonly ports: Ports;
}

/** One service as it is permitted and, if its meaning is not completely known, wider, as it is denied; undefined: nothing that can be expressed. */
export interface Readings {
  /** BIG-IP takes no rule that names it. */
  readonly isRefused: boolean;
  readonly permitted: Destination | undefined;
  readonly denied: Destination | undefined;
}

export interface ReadDestination extends Readings {
  readonly findings: readonly Finding[];
}

export function readDestination(service: Read<'ExternalService'>): ReadDestination {
  const read = service.spec.addresses.map((text, index) => readAddress(text, `spec.addresses[${index}]`));
  const names = [...new Set(read.flatMap(({ name }) => name ?? []))].sort();
  const networks = aggregate(read.flatMap(({ network }) => network ?? []));
  const doubtful = aggregate([...networks, ...read.flatMap(({ doubtful: one }) => one ?? [])]);
  const { ports, isRefused, remarks } = readPorts(service.spec.ports);
  const findings = [...read.flatMap(({ remark }) => remark ?? []), ...remarks].map((remark) => about(service, remark));
  if (names.length > most.names || doubtful.length > most.networks)
    return { isRefused, permitted: undefined, denied: undefined, findings: [...findings, tooMany(service)] };
  const denied = names.length + doubtful.length > 0 && ports ? { names, networks: doubtful, ports } : undefined;
  if (names.length + networks.length === 0)
    return { isRefused, permitted: undefined, denied, findings: [...findings, nowhere(service)] };
  return { isRefused, permitted: ports && !isRefused ? { names, networks, ports } : undefined, denied, findings };
}

/** What one service may hold. */
const most = { names: 1024, networks: 8192 } as const;

function tooMany(service: Read<'ExternalService'>): Finding {
  const message = `it has more than ${most.names} names or ${most.networks} networks: split it; it is left out`;
  return about(service, lost('spec.addresses', 'too-many-addresses', message));
}

function nowhere(service: Read<'ExternalService'>): Finding {
  const message =
    'none of its addresses can be permitted, and an empty list must not mean every address: it is left out';
  return about(service, lost('spec.addresses', 'no-destination', message));
}

/**
 * Whether some flow goes to both. Every address of a family holds every name; what a name resolves to is not known,
 * so that a name and a narrower network are treated as apart (`names-not-resolved` says so once).
 */
export function overlap(a: Destination, b: Destination): boolean {
  if (intersectPorts(a.ports, b.ports) === undefined) return false;
  return (
    a.names.some((name) => b.names.some((other) => nameCovers(name, other) || nameCovers(other, name))) ||
    (a.names.length > 0 && holdsNames(b)) ||
    (b.names.length > 0 && holdsNames(a)) ||
    networksMeet(a, b)
  );
}

/** Whether flows to the names of `a` are among those to `b`. */
export function reachesNames(a: Destination, b: Destination): boolean {
  return a.names.length > 0 && overlap({ ...a, networks: [] }, b);
}

function holdsNames({ networks }: Destination): boolean {
  return everywhere.some((whole) => networks.includes(whole));
}

function networksMeet(a: Destination, b: Destination): boolean {
  const others = b.networks.flatMap((text) => parseCidr(text) ?? []);
  return a.networks.some((text) => {
    const network = parseCidr(text);
    return network !== undefined && others.some((other) => cidrsIntersect(network, other));
  });
}
