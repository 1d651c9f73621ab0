import type { MeshObject } from '../../objects/mesh-object.ts';
import { objectName } from '../../objects/names.ts';
import { namespaceOf } from '../../objects/policy-sources.ts';
import type { Access, PortAccess } from '../access.ts';
import type { Context } from '../context.ts';
import { resolutionOf } from '../destinations/destination.ts';
import { entryPort, serviceEntry } from './service-entry.ts';
import { grouped } from '../../../../src/core/model/grouped.ts';

/**
 * Straight out of the sidecar: who sees the host, reaches it. A namespace sees one ServiceEntry of a host, so there is
 * one for each set of ports that namespaces may use.
 */
export function directEntries({ destination, ports }: Access, { config, owner }: Context): readonly MeshObject[] {
  const namespace = config.directNamespace;
  const { host, network } = destination;
  return [...byPortSet(ports)].map(([key, { namespaces, open }]) =>
    serviceEntry({
      name: objectName(owner, host, `direct ${namespace}`, host, key),
      namespace,
      host,
      network,
      resolution: resolutionOf(destination),
      exportTo: namespaces,
      ports: open.map(({ port }) => entryPort(port)),
    }),
  );
}

interface PortSet {
  readonly namespaces: string[];
  readonly open: readonly PortAccess[];
}

function byPortSet(ports: readonly PortAccess[]): ReadonlyMap<string, PortSet> {
  const openTo = grouped(
    ports.flatMap((access) => access.allowed.members.map((member) => [namespaceOf(member), access] as const)),
  );
  const sets = new Map<string, PortSet>();
  for (const [namespace, open] of [...openTo].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = open.map(({ port }) => `${port.port}/${port.protocol}`).join(' ');
    const set = sets.get(key) ?? { namespaces: [], open };
    sets.set(key, set);
    set.namespaces.push(namespace);
  }
  return sets;
}
