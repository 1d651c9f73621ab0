import { everywhere, parseCidr } from '../../src/net/cidr.ts';
import { parseAddress } from '../../src/net/address.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TablePort, TableRule } from '../../src/core/model/table.ts';
import { ruleSchema } from './native.ts';

/** Rules in their order; a rule without sources is for all sources, a group without members matches none. */
export function table(resources: readonly Resource[]): DeviceTable {
  const members = new Map(
    resources.filter(({ kind }) => kind === 'group').map(({ name, members = [] }) => [name, members]),
  );
  const rules = resources
    .filter(({ kind }) => kind === 'rule')
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
    .flatMap((resource) => tableRule(resource, members));
  return { rules, fallback: 'Deny' };
}

function tableRule({ name, spec, desiredId }: Resource, members: ReadonlyMap<string, readonly string[]>): TableRule[] {
  const { action, enabled, sources, to, services } = ruleSchema.parse({ name, ...spec });
  if (!enabled) return [];
  return [
    {
      name,
      action,
      sources: sources.length === 0 ? everywhere : sources.flatMap((group) => members.get(group) ?? []),
      destination: destinationOf(to),
      ports: services.includes('any') ? [] : services.map(portOf),
      ...(desiredId !== undefined && { desiredId }),
    },
  ];
}

function destinationOf(to: readonly string[]): Destination {
  const isNetwork = (text: string): boolean => parseCidr(text) !== undefined || parseAddress(text) !== undefined;
  return {
    any: to.includes('any'),
    names: to.filter((text) => text !== 'any' && !isNetwork(text)),
    networks: to.filter(isNetwork),
  };
}

function portOf(service: string): TablePort {
  const [protocol, range = ''] = service.split('/');
  const [port = 0, endPort] = range.split('-').map(Number);
  return { protocol: protocol === 'UDP' ? 'UDP' : 'TCP', port, ...(endPort !== undefined && { endPort }) };
}
