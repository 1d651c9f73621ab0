import { namespaceOf } from '../sources.ts';
import { objectName } from '../names.ts';
import type { MeshObject } from '../mesh-object.ts';
import { entryPort, serviceEntry } from './entry.ts';
import type { Granted, GrantedDoor } from './granted.ts';
import { isSingle, type Place } from './place.ts';
import type { Scope } from './scope.ts';

/**
 * Straight out of the sidecar: who sees the host, reaches it. A namespace sees one ServiceEntry of a host, so there is
 * one for each set of ports that namespaces may use.
 */
export function straightOut({ place, doors }: Granted, { config, owner }: Scope): readonly MeshObject[] {
  const namespace = config.directNamespace;
  return [...byDoors(doors)].map(([key, { namespaces, open }]) =>
    serviceEntry({
      name: objectName(owner, place.host, `direct ${namespace}`, place.host, key),
      namespace,
      host: place.host,
      network: place.network,
      resolution: resolutionOf(place),
      exportTo: namespaces,
      ports: open.map(({ door }) => entryPort(door)),
    }),
  );
}

interface Seen {
  readonly namespaces: string[];
  readonly open: readonly GrantedDoor[];
}

function byDoors(doors: readonly GrantedDoor[]): ReadonlyMap<string, Seen> {
  const openTo = new Map<string, GrantedDoor[]>();
  for (const door of doors) {
    for (const namespace of door.grant.members.map(namespaceOf))
      openTo.set(namespace, [...(openTo.get(namespace) ?? []), door]);
  }
  const sets = new Map<string, Seen>();
  for (const [namespace, open] of [...openTo].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = open.map(({ door }) => `${door.port}/${door.protocol}`).join(' ');
    const seen = sets.get(key) ?? { namespaces: [], open };
    sets.set(key, seen);
    seen.namespaces.push(namespace);
  }
  return sets;
}

/** A wildcard is resolved by the name that the client says; a network is gone to as the client said. */
function resolutionOf({ host, network }: Place): string {
  if (network !== undefined) return isSingle(network) ? 'STATIC' : 'NONE';
  return host.startsWith('*.') ? 'DYNAMIC_DNS' : 'DNS';
}
