import { asNetwork, everywhere } from '../../src/net/cidr.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TablePort, TableRule } from '../../src/core/model/table.ts';
import { inPlace, tablePort } from '../../kit/common/rules/reading.ts';
import { namesIn } from '../../kit/common/api/json.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';

/*
 * What Azure Firewall does with rules, from its documentation ("Configure Azure Firewall rules", "Rule processing using Firewall
 * Policy"), for those who check what is there. It knows nothing of how the rules came to be.
 */

/** Network rules in their order, then application rules in theirs; what none of them is about is denied. */
export function table(resources: readonly Resource[]): DeviceTable {
  const members = new Map(
    resources.filter(({ kind }) => kind === 'ip-group').map(({ name, members: held = [] }) => [name, held]),
  );
  return {
    rules: [
      ...inPlace(resources, 'network-rule').flatMap((rule) => tableRules(rule, members, networkReading)),
      ...inPlace(resources, 'application-rule').flatMap((rule) => tableRules(rule, members, applicationReading)),
    ],
    fallback: 'Deny',
  };
}

/** What a rule is about; undefined for what is not understood. */
interface Reading {
  readonly known: ReadonlySet<string>;
  destinations(spec: JsonObject): readonly Destination[] | undefined;
  ports(spec: JsonObject): readonly TablePort[] | undefined;
}

const common = ['name', 'description', 'ruleType', 'action', 'sourceIpGroups', 'sourceAddresses', 'astray'];

function tableRules(
  { name, spec, desiredId }: Resource,
  members: ReadonlyMap<string, readonly string[]>,
  reading: Reading,
): readonly TableRule[] {
  const accepts = spec['action'] === 'Allow';
  const isKnown = Object.keys(spec).every((field) => common.includes(field) || reading.known.has(field));
  const sources = sourcesOf(spec, members);
  const destinations = isKnown ? reading.destinations(spec) : undefined;
  const ports = isKnown ? reading.ports(spec) : undefined;
  const id = desiredId === undefined ? {} : { desiredId };
  if (sources !== undefined && destinations !== undefined && ports !== undefined)
    return destinations.map((destination) => ({
      name,
      action: accepts ? 'Accept' : 'Deny',
      sources,
      destination,
      ports,
      ...id,
    }));
  return accepts
    ? [{ name, action: 'Accept', sources: sources ?? everywhere, destination: anywhere, ports: [], ...id }]
    : [];
}

function sourcesOf(spec: JsonObject, members: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const strays = namesIn(spec['astray']).filter((text) => text !== 'Failed' && !text.startsWith('priority '));
  const groups = namesIn(spec['sourceIpGroups']).map((group) => members.get(group));
  const addresses = namesIn(spec['sourceAddresses']);
  if (strays.length > 0 || groups.includes(undefined) || addresses.some((text) => !/^[\d.]+(\/\d+)?$/.test(text)))
    return undefined;
  return [...groups.flatMap((held) => held ?? []), ...addresses];
}

const networkReading: Reading = {
  known: new Set(['ipProtocols', 'destinationAddresses', 'destinationFqdns', 'destinationPorts']),
  destinations: (spec) => {
    const addresses = namesIn(spec['destinationAddresses']);
    const names = namesIn(spec['destinationFqdns']);
    if (addresses.includes('*')) return [anywhere];
    if (addresses.some((text) => !/^\d+(\.\d+){3}(\/\d+)?$/.test(text))) return undefined;
    return addresses.length + names.length === 0
      ? undefined
      : [{ any: false, names, networks: addresses.map(asNetwork) }];
  },
  ports: (spec) => {
    const protocols = namesIn(spec['ipProtocols']);
    const ranges = namesIn(spec['destinationPorts']);
    if (protocols.includes('Any') && ranges.includes('*')) return [];
    const over = protocols.includes('Any') ? ['TCP', 'UDP'] : protocols.filter((one) => one !== 'ICMP');
    if (!ranges.every((range) => /^(\*|\d+(-\d+)?)$/.test(range))) return undefined;
    return over.flatMap((protocol) => ranges.map((range) => portOf(protocol === 'UDP' ? 'UDP' : 'TCP', range)));
  },
};

const applicationReading: Reading = {
  known: new Set(['protocols', 'targetFqdns']),
  destinations: (spec) => {
    const names = namesIn(spec['targetFqdns']);
    if (names.includes('*')) return [anywhere];
    return names.length === 0 ? undefined : [{ any: false, names, networks: [] }];
  },
  ports: (spec) => {
    const protocols = (spec['protocols'] ?? []) as readonly JsonObject[];
    return protocols.map(({ port }) => ({ protocol: 'TCP', port: Number(port) }));
  },
};

function portOf(protocol: TablePort['protocol'], range: string): TablePort {
  return tablePort(range === '*' ? '1-65535' : range, protocol);
}
