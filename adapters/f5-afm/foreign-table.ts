import { namesIn, objectOf, textOf } from '../../kit/common/api/json.ts';
import {
  byKindAndName,
  doubtIn,
  foreignBy,
  tablePort,
  unreadRule,
  type Found,
} from '../../kit/common/rules/reading.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { TablePort, TableRule } from '../../src/core/model/table.ts';
import { parseAddress } from '../../src/net/address.ts';
import { asNetwork, canonicalCidr, everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import { networksBetween } from '../../src/net/network-set.ts';

/*
 * Rules of others, from AFM's documentation ("About firewall rules", "About address lists", "About firewall contexts").
 * What a rule says that is not understood here is told as a doubt; what it can match at most is still said as narrowly as
 * it can be.
 */

/** What a side can be at most, and what of it is not understood. */
interface Side {
  readonly any: boolean;
  readonly networks: readonly string[];
  readonly names: readonly string[];
  readonly doubts: readonly string[];
}

/** @param isLast no context is asked behind the one in which they stand */
export function foreignRules({ name, spec }: Resource, objects: readonly Resource[], isLast: boolean): TableRule[] {
  const found = byKindAndName(objects);
  const unread = textOf(spec['unread']);
  if (unread !== '') return (['Accept', 'Deny'] as const).map((action) => unreadRule(name, action, unread));
  const action = textOf(spec['action']);
  // What a context accepts goes on to the next one.
  if (action === 'accept' && spec['handsOn'] === true) return [];
  const protocol = textOf(spec['ipProtocol']);
  if (protocol.includes('icmp')) return [];
  const [from, to] = [objectOf(spec['source']), objectOf(spec['destination'])];
  const [sources, target] = [sideOf(from, found), sideOf(to, found)];
  const ports = portsOf(to, protocol, found);
  const doubts = [...doubtsIn(spec), ...sources.doubts, ...target.doubts, ...(ports === undefined ? ['ports'] : [])];
  const destination: Destination = target.any
    ? anywhere
    : { any: false, names: target.names, networks: target.networks };
  const rule = {
    name,
    action: action.startsWith('accept') ? ('Accept' as const) : ('Deny' as const),
    destination,
    ports: ports ?? [],
    ...foreignBy(textOf(spec['description'])),
    ...unlikeIn(spec),
    ...stoppedIn(spec, isLast),
  };
  if (sources.any) return [{ ...rule, sources: everywhere, ...doubtIn(doubts) }];
  const { networks, names } = sources;
  // Who has the address that a name resolves to, only the device knows: any may.
  const named = { ...rule, sources: everywhere, ...doubtIn([...doubts, ...names.map((one) => `source ${one}`)]) };
  return [
    ...(networks.length > 0 ? [{ ...rule, sources: networks, ...doubtIn(doubts) }] : []),
    ...(names.length > 0 ? [named] : []),
  ];
}

/** What may still stop the flows that it accepts. */
function stoppedIn(spec: JsonObject, isLast: boolean): Pick<TableRule, 'inspected'> {
  const profile = textOf(spec['protocolInspectionProfile']);
  const by = [
    ...(profile !== '' && profile !== 'none' ? [`protocolInspectionProfile ${profile}`] : []),
    ...(spec['action'] === 'accept' && !isLast ? ['the context behind this one, to which accept hands on'] : []),
  ];
  return by.length === 0 ? {} : { inspected: by.join(', ') };
}

/** Ours are about one context. */
function unlikeIn(spec: JsonObject): Pick<TableRule, 'unlike'> {
  if (spec['handsOn'] === true) return { unlike: 'it stands in the global policy, before every context' };
  if (spec['inList'] === true) return { unlike: 'it stands in a rule list, to which others may refer' };
  // Ours beside it accept decisively.
  if (spec['action'] === 'accept') return { unlike: 'action accept, which hands on to the context behind this one' };
  const more = ['irule', 'servicePolicy', 'virtualServer'].map((field) => [field, textOf(spec[field])] as const);
  const said = more.filter(([, value]) => value !== '' && value !== 'none');
  if (said.length === 0 || !textOf(spec['action']).startsWith('accept')) return {};
  return { unlike: said.map((one) => one.join(' ')).join(', ') };
}

/** Fields that say nothing about which flows it is. */
const plain = new Set([
  ...['description', 'action', 'ipProtocol', 'status', 'source', 'destination', 'handsOn', 'inList', 'ruleList'],
  ...['log', 'irule', 'iruleSampleRate', 'protocolInspectionProfile', 'servicePolicy'],
]);
const known = ['addresses', 'addressLists', 'ports', 'portLists', 'fqdns'];

/** Fields that narrow it in a way that Postern does not model. */
function doubtsIn(spec: JsonObject): string[] {
  const whole = Object.entries(spec).filter(([field, value]) => !plain.has(field) && value !== '' && value !== 'none');
  const sides = (['source', 'destination'] as const).flatMap((side) => {
    const strange = Object.keys(objectOf(spec[side])).filter((field) => !known.includes(field));
    return strange.map((field) => `${side} ${field}`);
  });
  const fromPorts = ['ports', 'portLists'].some((field) => namesIn(objectOf(spec['source'])[field]).length > 0);
  const protocol = textOf(spec['ipProtocol']);
  return [
    ...whole.map(([field, value]) => `${field} ${textOf(value)}`.trim()),
    ...sides,
    ...(fromPorts ? ['source ports'] : []),
    ...(['any', 'tcp', 'udp'].includes(protocol) ? [] : [`protocol ${protocol}`]),
    ...(spec['status'] === 'scheduled' && !whole.some(([field]) => field === 'schedule') ? ['schedule'] : []),
  ];
}

/** An empty side matches everything. */
function sideOf(side: JsonObject, found: Found, seen: ReadonlySet<string> = new Set()): Side {
  const own = namesIn(side['addresses']).map(networksOf);
  const doubts = own.flatMap((networks, at) =>
    networks === undefined ? [`address ${namesIn(side['addresses'])[at]}`] : [],
  );
  const geo = namesIn(side['geo']).map((region) => `region ${region}`);
  const lists = namesIn(side['addressLists']).map((path): Side => {
    const list = found.get(`security/firewall/address-list ${path}`);
    if (list === undefined || seen.has(path)) return { ...emptySide, any: true, doubts: [`address list ${path}`] };
    const inside = sideOf(list.spec, found, new Set([...seen, path]));
    return isNothing(list.spec) ? emptySide : inside;
  });
  return {
    any: isNothing(side) || doubts.length + geo.length > 0 || lists.some(({ any }) => any),
    networks: [...own.flatMap((networks) => networks ?? []), ...lists.flatMap(({ networks }) => networks)],
    names: [...namesIn(side['fqdns']), ...lists.flatMap(({ names }) => names)],
    doubts: [...doubts, ...geo, ...lists.flatMap((list) => list.doubts)],
  };
}

const emptySide: Side = { any: false, networks: [], names: [], doubts: [] };

function isNothing(side: JsonObject): boolean {
  return ['addresses', 'addressLists', 'fqdns', 'geo'].every((field) => namesIn(side[field]).length === 0);
}

/** `10.0.0.1`, `10.0.0.0%10/8`, `10.0.0.1-10.0.0.9`; undefined for anything else. */
function networksOf(text: string): readonly string[] | undefined {
  const bare = text.replace(/%\d+/g, '');
  const [start = '', end] = bare.split('-');
  const [first, last] = [parseAddress(start), parseAddress(end ?? '')];
  if (first && last) return networksBetween(first, last);
  const network = canonicalCidr(asNetwork(bare));
  return network === undefined ? undefined : [network];
}

/** Empty: every port of every protocol. Undefined for what is not understood. */
function portsOf(side: JsonObject, protocol: string, found: Found): readonly TablePort[] | undefined {
  const ranges = rangesOf(side, found);
  if (ranges === undefined) return undefined;
  if (protocol !== 'tcp' && protocol !== 'udp') return ranges.length === 0 ? [] : undefined;
  const all = ranges.length === 0 ? ['1-65535'] : ranges;
  return all.map((range) => tablePort(range, protocol === 'tcp' ? 'TCP' : 'UDP'));
}

function rangesOf(
  side: JsonObject,
  found: Found,
  seen: ReadonlySet<string> = new Set(),
): readonly string[] | undefined {
  const ranges = [...namesIn(side['ports'])];
  for (const path of namesIn(side['portLists'])) {
    const list = found.get(`security/firewall/port-list ${path}`);
    const inside = list && !seen.has(path) ? rangesOf(list.spec, found, new Set([...seen, path])) : undefined;
    if (inside === undefined) return undefined;
    for (const range of inside) ranges.push(range);
  }
  return ranges;
}
