import { namesIn, textOf } from '../../kit/common/api/json.ts';
import { byKindAndName, doubtIn, everyAddress, tablePort, type Found } from '../../kit/common/rules/reading.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { TablePort, TableRule } from '../../src/core/model/table.ts';
import { parseAddress } from '../../src/net/address.ts';
import { canonicalCidr } from '../../src/net/cidr.ts';
import { networksBetween } from '../../src/net/network-set.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import type { FortigateConfig } from './config.ts';
import { networkOf } from './objects/attributes.ts';

/*
 * Policies of others, from FortiOS's administration guide ("Firewall policy", "Addresses", "Services"). What a policy
 * says that is not understood here is told as a doubt; what it can match at most is still said as narrowly as it can be.
 */

/** What a side can be at most, and what of it is not understood. */
interface Side<T> {
  readonly atMost: readonly T[];
  readonly doubts: readonly string[];
}

/** A policy of others has two sides, and a flow of one family meets the side of that family. */
export function foreignRules(policy: Resource, objects: readonly Resource[], config: FortigateConfig): TableRule[] {
  const { name, spec } = policy;
  const found = byKindAndName(objects);
  const accepts = spec['action'] === 'accept' || spec['action'] === 'ipsec';
  const services = portsOf(namesIn(spec['service']), found);
  const doubts = [...doubtsIn(spec, config), ...services.doubts];
  return ([4, 6] as const).flatMap((family) => {
    const suffix = family === 4 ? '' : '6';
    const from = sideOf(namesIn(spec[`srcaddr${suffix}`]), family, found);
    const to = sideOf(namesIn(spec[`dstaddr${suffix}`]), family, found);
    const isAny = everySource(spec, from.atMost);
    if (!isAny && (from.atMost.length === 0 || to.atMost.length === 0)) return [];
    // A service of ICMP alone is about no flow that is judged here.
    if (services.atMost.length === 0) return [];
    return [
      {
        name,
        action: accepts ? 'Accept' : 'Deny',
        sources: isAny ? everyAddress(family) : namesApart(from.atMost).networks,
        destination: isAny ? anywhere : destinationOf(to.atMost),
        ports: services.atMost.includes('any') ? [] : (services.atMost as readonly TablePort[]),
        foreign: true,
        ...doubtIn([...doubts, ...from.doubts, ...to.doubts]),
      } satisfies TableRule,
    ];
  });
}

/** Fields that say nothing about which flows it is. */
const plain =
  /^(comments|status|action|(src|dst)(intf|addr6?)|service|logtraffic.*|nat|ippool|poolname.*|utm-status|.*-profile|.*shaper.*|ips-sensor|application-list|inspection-mode|diffserv.*|tcp-mss-.*|auto-asic-offload|np-acceleration|match-vip.*|capture-packet|fixedport|permit-.*|policy-expiry-date.*|label|global-label|send-deny-packet|tcp-session-without-syn|session-ttl|disclaimer|block-notification|replacemsg.*|delay-tcp-npu-session|anti-replay|(in|out)bound|vpntunnel|srcaddr6?-negate|dstaddr6?-negate)$/;

/** What narrows it in a way that nobody here can tell. */
function doubtsIn(spec: JsonObject, { srcInterfaces, dstInterfaces }: FortigateConfig): string[] {
  const fields = Object.entries(spec).filter(([, value]) => isSaid(value));
  return fields.flatMap(([field, value]) => {
    if (field === 'schedule') return value === 'always' ? [] : [`schedule ${textIn(value)}`];
    if (field === 'policy-expiry') return value === 'enable' ? ['policy-expiry'] : [];
    if (field === 'srcintf') return interfaceDoubt(field, namesIn(value), srcInterfaces, 'config.srcInterfaces');
    if (field === 'dstintf') return interfaceDoubt(field, namesIn(value), dstInterfaces, 'config.dstInterfaces');
    if (field.endsWith('-negate')) return value === 'enable' ? [field] : [];
    return plain.test(field) ? [] : [`${field} ${textIn(value)}`.slice(0, 60)];
  });
}

/** All of ours go through it only where it is about every interface that ours may take. */
function interfaceDoubt(field: string, theirs: readonly string[], ours: readonly string[], where: string): string[] {
  if (theirs.includes('any') || ours.every((name) => theirs.includes(name))) return [];
  return [`${field} ${theirs.join(' ')} (${where} says ${ours.join(' ')})`];
}

function isSaid(value: Json): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== '' && value !== 'disable' && value !== null;
}

function textIn(value: Json): string {
  return Array.isArray(value) ? namesIn(value).join(' ') : textOf(value);
}

/** By catalogue, or negated: any address may be meant. */
function everySource(spec: JsonObject, sources: readonly string[]): boolean {
  const isEnabled = (field: string): boolean => spec[field] === 'enable';
  const negated = Object.keys(spec).some((field) => /^(src|dst)addr6?-negate$/.test(field) && isEnabled(field));
  const byCatalogue = Object.keys(spec).some((field) => field.startsWith('internet-service') && isEnabled(field));
  return negated || (byCatalogue && sources.length === 0) || (byCatalogue && namesIn(spec['dstaddr']).length === 0);
}

function sideOf(
  names: readonly string[],
  family: 4 | 6,
  found: Found,
  seen: ReadonlySet<string> = new Set(),
): Side<string> {
  const parts = names.map((name): Side<string> => {
    if (name === 'all') return { atMost: everyAddress(family), doubts: [] };
    const address = found.get(`firewall/address${family === 4 ? '' : '6'} ${name}`);
    if (address !== undefined) return addressOf(address, family);
    const group = found.get(`firewall/addrgrp${family === 4 ? '' : '6'} ${name}`);
    if (group === undefined || seen.has(name)) return unknownSide(family, `address ${name}`);
    const inside = sideOf(namesIn(group.spec['member']), family, found, new Set([...seen, name]));
    const excludes = group.spec['exclude'] === 'enable' ? [`exclude-member of ${name}`] : [];
    return { atMost: inside.atMost, doubts: [...inside.doubts, ...excludes] };
  });
  return { atMost: [...new Set(parts.flatMap(({ atMost }) => atMost))], doubts: parts.flatMap(({ doubts }) => doubts) };
}

function addressOf({ name, spec }: Resource, family: 4 | 6): Side<string> {
  const type = textIn(spec['type'] ?? (family === 4 ? 'ipmask' : 'ipprefix'));
  const networks =
    type === 'ipmask'
      ? [networkOf(textIn(spec['subnet'] ?? ''))]
      : type === 'ipprefix'
        ? [textIn(spec['ip6'] ?? '')]
        : type === 'iprange'
          ? rangeOf(textIn(spec['start-ip'] ?? ''), textIn(spec['end-ip'] ?? ''))
          : [];
  const known = networks.map((network) => canonicalCidr(network));
  if (known.length > 0 && known.every((network) => network !== undefined)) return { atMost: known, doubts: [] };
  if (type === 'fqdn') return { atMost: [textIn(spec['fqdn'] ?? '').toLowerCase()], doubts: [] };
  return unknownSide(family, `address ${name} of type ${type}`);
}

function rangeOf(start: string, end: string): readonly string[] {
  const [first, last] = [parseAddress(start), parseAddress(end)];
  return first && last ? networksBetween(first, last) : [];
}

function unknownSide(family: 4 | 6, doubt: string): Side<string> {
  return { atMost: everyAddress(family), doubts: [doubt] };
}

function destinationOf(all: readonly string[]): Destination {
  return { any: false, ...namesApart(all) };
}

/** A source by name is whatever the device makes of the name: nobody's of ours. */
function namesApart(all: readonly string[]): {
  readonly names: readonly string[];
  readonly networks: readonly string[];
} {
  const isNetwork = (text: string): boolean => canonicalCidr(text) !== undefined;
  return { names: all.filter((one) => !isNetwork(one)), networks: all.filter(isNetwork) };
}

type Ports = TablePort | 'any';

function portsOf(names: readonly string[], found: Found, seen: ReadonlySet<string> = new Set()): Side<Ports> {
  if (names.includes('ALL')) return { atMost: ['any'], doubts: [] };
  const parts = names.map((name): Side<Ports> => {
    const service = found.get(`firewall.service/custom ${name}`);
    if (service !== undefined) return serviceOf(service);
    const group = found.get(`firewall.service/group ${name}`);
    if (group === undefined || seen.has(name)) return { atMost: ['any'], doubts: [`service ${name}`] };
    return portsOf(namesIn(group.spec['member']), found, new Set([...seen, name]));
  });
  return { atMost: parts.flatMap(({ atMost }) => atMost), doubts: parts.flatMap(({ doubts }) => doubts) };
}

function serviceOf({ name, spec }: Resource): Side<Ports> {
  const protocol = textIn(spec['protocol'] ?? 'TCP/UDP/SCTP');
  if (/^(ICMP6?|ALL_ICMP)/.test(protocol)) return { atMost: [], doubts: [] };
  if (protocol === 'IP' && Number(spec['protocol-number'] ?? 0) === 0) return { atMost: ['any'], doubts: [] };
  const range = (field: string, over: TablePort['protocol']): TablePort[] =>
    portRanges(textIn(spec[field] ?? ''), over);
  const ports = [...range('tcp-portrange', 'TCP'), ...range('udp-portrange', 'UDP')];
  if (!protocol.startsWith('TCP/')) return { atMost: ['any'], doubts: [`service ${name} of protocol ${protocol}`] };
  const narrowed = ['fqdn', 'iprange'].filter((field) => !/^[0.]*$/.test(textIn(spec[field] ?? '')));
  const sourcePorts = `${textIn(spec['tcp-portrange'] ?? '')}${textIn(spec['udp-portrange'] ?? '')}`.includes(':');
  const doubts = [...narrowed, ...(sourcePorts ? ['source ports'] : [])].map((what) => `${what} of service ${name}`);
  return { atMost: ports, doubts };
}

/** `80 443 5000-5010`; what follows a colon are ports of the source. */
function portRanges(text: string, protocol: TablePort['protocol']): TablePort[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((one) => tablePort(one.split(':')[0] ?? '', protocol));
}
