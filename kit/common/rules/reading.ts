import type { Resource } from '../../../src/core/model/resource.ts';
import type { TablePort, TableRule } from '../../../src/core/model/table.ts';
import { readMark } from '../../../src/adapter/owner.ts';
import { everywhere } from '../../../src/net/cidr.ts';
import { anywhere } from '../../../src/core/destinations/destination.ts';

/* For those who read what a device's objects do (`table.ts`, `foreign-table.ts`) without knowing how they came to be. */

/** Objects by their kind and name, `firewall/address lan`. */
export type Found = ReadonlyMap<string, Resource>;

export function byKindAndName(resources: readonly Resource[]): Found {
  return new Map(resources.map((resource) => [`${resource.kind} ${resource.name}`, resource]));
}

/** Rules of a kind in their order; what has no place is in force nowhere. */
export function inPlace(resources: readonly Resource[], kind: string): readonly Resource[] {
  return resources
    .filter((resource) => resource.kind === kind && resource.position !== undefined)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
}

/** Every address of a family. */
export function everyAddress(family: 4 | 6): readonly string[] {
  return [everywhere[family === 4 ? 0 : 1]];
}

/** Of `443`, `8443-8450` or `8443:8450`. */
export function tablePort(range: string, protocol: TablePort['protocol']): TablePort {
  const [port = 0, endPort = port] = range.split(/[-:]/).map(Number);
  return { protocol, port, ...(endPort !== port && { endPort }) };
}

/** A rule of others of which nothing is known but what it does. */
export function unreadRule(name: string, action: TableRule['action'], doubt: string): TableRule {
  return { name, action, sources: everywhere, destination: anywhere, ports: [], foreign: true, doubt };
}

/** A rule of another owner, and its cluster, if the text with the mark names one. */
export function foreignBy(text: string): Pick<TableRule, 'foreign' | 'cluster'> {
  const cluster = readMark(text)?.cluster;
  return { foreign: true, ...(cluster !== undefined && { cluster }) };
}

const mostDoubts = 4;

/** What is not understood of a rule of others, each once. */
export function doubtIn(doubts: readonly string[]): Pick<TableRule, 'doubt'> {
  return doubts.length === 0 ? {} : { doubt: [...new Set(doubts)].slice(0, mostDoubts).join(', ') };
}
