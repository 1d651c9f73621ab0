import { namesIn, objectsIn, textOf } from '../../kit/common/api/json.ts';
import { doubtIn, foreignBy, inPlace, tablePort } from '../../kit/common/rules/reading.ts';
import { inOneOrder } from '../../kit/common/rules/in-one-order.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TablePort, TableRule } from '../../src/core/model/table.ts';
import { asNetwork, everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';

/*
 * What Cloud NGFW does with the rules of a network firewall policy, from its documentation ("Firewall policy rules", "Address
 * groups"), for those who check what is there. It knows nothing of how they came to be.
 */

/**
 * Rules by their priority, those of others between ours. What none of them is about goes on to the rules of the network, and is allowed in the
 * end ("implied rules").
 */
export function table(
  resources: readonly Resource[],
  _context: unknown,
  others: readonly Resource[] = [],
): DeviceTable {
  const groups = new Map(
    [...resources, ...others]
      .filter(({ kind }) => kind === 'address-group')
      .map(({ name, spec }) => [name, namesIn(spec['items'])]),
  );
  const ours = inPlace(resources, 'firewall-rule').map((rule) => tableRules(rule, groups));
  const theirs = others
    .filter(({ kind }) => kind === 'firewall-rule')
    .map((rule) => ({ behind: rule.position ?? 0, rules: foreignRules(rule, groups) }));
  return { rules: inOneOrder(ours, theirs), fallback: 'Accept' };
}

type Groups = ReadonlyMap<string, readonly string[]>;

/** Fields that are read, or that change nothing about what the rule matches. */
const understood =
  /^(action|description|enableLogging|destIpRanges|destAddressGroups|destFqdns|layer4Configs|securityProfileGroup|tlsInspect|direction|targetType)$/;

function tableRules(rule: Resource, groups: Groups): readonly TableRule[] {
  const { name, spec, members = [], desiredId } = rule;
  if (spec['disabled'] === true || spec['direction'] === 'INGRESS') return [];
  const { destination, ports, doubts } = reading(spec, groups);
  const id = desiredId === undefined ? {} : { desiredId };
  const isDeny = spec['action'] === 'deny';
  if (doubts.length === 0 && spec['action'] !== 'goto_next') {
    const action = isDeny ? 'Deny' : 'Accept';
    return members.length === 0 ? [] : [{ name, action, sources: members, destination, ports, ...id }];
  }
  return isDeny ? [] : [{ name, action: 'Accept', sources: everywhere, destination: anywhere, ports: [], ...id }];
}

/** One that hands on decides about nothing, so far as it is understood. */
function foreignRules({ name, spec, members = [] }: Resource, groups: Groups): readonly TableRule[] {
  if (spec['disabled'] === true || spec['direction'] === 'INGRESS') return [];
  const { destination, ports, doubts } = reading(spec, groups);
  const isHandedOn = spec['action'] === 'goto_next';
  // Rules that would be asked behind it are not: the rules of the network decide, which Postern does not read.
  const actions = isHandedOn
    ? (['Accept', 'Deny'] as const)
    : ([spec['action'] === 'deny' ? 'Deny' : 'Accept'] as const);
  const inspected = textOf(spec['securityProfileGroup']);
  // Several ways to say a side are alternatives: one that is not understood widens it.
  const unread = (side: string): boolean => doubts.some((doubt) => doubt.startsWith(side));
  const rule = {
    name,
    sources: members.length === 0 || unread('src') ? everywhere : members,
    destination: unread('dest') ? anywhere : destination,
    ports,
    ...foreignBy(textOf(spec['description'])),
    ...(inspected !== '' && { inspected: `securityProfileGroup ${inspected}` }),
    ...doubtIn([...(isHandedOn ? ['goto_next'] : []), ...doubts]),
  };
  return actions.map((action) => ({ ...rule, action }));
}

interface Reading {
  readonly destination: Destination;
  readonly ports: readonly TablePort[];
  /** What is not understood. */
  readonly doubts: readonly string[];
}

/** "If an address group is missing, its filter is left out": where nothing else is said, every destination is meant. */
function reading(spec: JsonObject, groups: Groups): Reading {
  const named = namesIn(spec['destAddressGroups']);
  const held = named.map((path) => groups.get(path.slice(path.lastIndexOf('/') + 1)));
  const networks = [...namesIn(spec['destIpRanges']), ...held.flatMap((items) => items ?? [])].map(asNetwork);
  const names = namesIn(spec['destFqdns']);
  const isAny = everywhere.some((network) => networks.includes(network)) || networks.length + names.length === 0;
  const { ports, unknown } = portsIn(spec);
  return {
    destination: isAny ? anywhere : { any: false, names, networks },
    ports,
    doubts: [
      ...Object.keys(spec).filter((field) => !understood.test(field)),
      ...held.flatMap((items, at) => (items === undefined ? [`address group ${named[at] ?? ''}`] : [])),
      ...unknown,
    ],
  };
}

/** Only TCP and UDP are compared. */
function portsIn({ layer4Configs }: JsonObject): {
  readonly ports: readonly TablePort[];
  readonly unknown: readonly string[];
} {
  const configs = objectsIn(layer4Configs);
  const protocols = configs.map(({ ipProtocol }) => textOf(ipProtocol).toLowerCase());
  if (protocols.includes('all')) return { ports: [], unknown: [] };
  const ports = configs.flatMap(({ ipProtocol, ports: ranges }) => {
    const protocol = /^(tcp|6)$/i.test(textOf(ipProtocol))
      ? 'TCP'
      : /^(udp|17)$/i.test(textOf(ipProtocol))
        ? 'UDP'
        : undefined;
    if (protocol === undefined) return [];
    const own = namesIn(ranges);
    return (own.length === 0 ? ['1-65535'] : own).map((range) => tablePort(range, protocol));
  });
  return ports.length === 0 ? { ports, unknown: ['protocols'] } : { ports, unknown: [] };
}
