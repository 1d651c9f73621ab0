import { namesIn, textOf } from '../../kit/common/api/json.ts';
import {
  byKindAndName,
  doubtIn,
  everyAddress,
  foreignBy,
  tablePort,
  type Found,
} from '../../kit/common/rules/reading.ts';
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
  const named = portsOf(namesIn(spec['service']), found);
  // What a catalogue holds has ports of its own.
  const isAnyPort = ['service-negate', 'internet-service', 'internet-service6'].some((one) => spec[one] === 'enable');
  const services: Side<Ports> = isAnyPort ? { ...named, atMost: ['any'] } : named;
  const doubts = [...doubtsIn(spec, config), ...services.doubts];
  return ([4, 6] as const).flatMap((family) => {
    const suffix = family === 4 ? '' : '6';
    const from = sideOf(namesIn(spec[`srcaddr${suffix}`]), family, found);
    const to = sideOf(namesIn(spec[`dstaddr${suffix}`]), family, found);
    const isAny = everySource(spec, from.atMost);
    if (!isAny && (from.atMost.length === 0 || to.atMost.length === 0)) return [];
    // A service of ICMP alone is about no flow that is judged here.
    if (services.atMost.length === 0) return [];
    const rule = {
      name,
      action: accepts ? ('Accept' as const) : ('Deny' as const),
      destination: isAny ? anywhere : destinationOf(to.atMost),
      ports: services.atMost.includes('any') ? [] : (services.atMost as readonly TablePort[]),
      ...foreignBy(textOf(spec['comments'])),
      ...inspectionIn(spec),
      ...unlikeIn(spec, found, config),
    };
    const sources = isAny ? [{ atMost: everyAddress(family), doubts: [] }] : sourcesOf(from.atMost, family);
    return sources.map((one) => ({
      ...{ ...rule, sources: one.atMost, ...doubtIn([...doubts, ...from.doubts, ...to.doubts, ...one.doubts]) },
    }));
  });
}

/** Who has the address that a name resolves to, only the device knows: any may. What is said by networks stays certain. */
function sourcesOf(all: readonly string[], family: 4 | 6): readonly Side<string>[] {
  const { names, networks } = namesApart(all);
  return [
    ...(networks.length > 0 ? [{ atMost: networks, doubts: [] }] : []),
    ...(names.length > 0 ? [{ atMost: everyAddress(family), doubts: names.map((name) => `source ${name}`) }] : []),
  ];
}

/** Profiles that may stop what the policy lets through. */
const inspecting =
  /^((av|webfilter|dnsfilter|emailfilter|dlp|file-filter|voip|sctp-filter|icap|waf|cifs|videofilter|ssh-filter|casb)-profile|ips-sensor|application-list)$/;

function inspectionIn(spec: JsonObject): Pick<TableRule, 'inspected'> {
  const fields = Object.entries(spec).filter(([field, value]) => inspecting.test(field) && isSaid(value));
  return fields.length === 0
    ? {}
    : { inspected: fields.map(([field, value]) => `${field} ${textIn(value)}`).join(', ') };
}

/** Fields that say nothing about which flows it is. */
const plain =
  /^(comments|status|(src|dst)(intf|addr6?)|service|logtraffic.*|nat|ippool|poolname.*|utm-status|.*-profile|.*shaper.*|ips-sensor|application-list|inspection-mode|diffserv.*|tcp-mss-.*|auto-asic-offload|np-acceleration|match-vip.*|capture-packet|fixedport|permit-.*|policy-expiry-date.*|label|global-label|send-deny-packet|tcp-session-without-syn|session-ttl|disclaimer|block-notification|replacemsg.*|delay-tcp-npu-session|anti-replay|(in|out)bound|vpntunnel|srcaddr6?-negate|dstaddr6?-negate)$/;

/** Fields that limit the users or times of a policy, and do not change its action. */
const narrowing =
  /^(action|schedule|policy-expiry|(src|dst)intf|.*-negate|internet-service.*|users|groups|fsso-groups|src-vendor-mac|geoip-.*|reputation-.*|vlan-filter|tos.*)$/;

/** What of it a policy of ours would not do: other interfaces, other protocols, other addresses, a tunnel, and what is not known here. */
function unlikeIn(spec: JsonObject, found: Found, config: FortigateConfig): Pick<TableRule, 'unlike'> {
  const beyond = (field: 'srcintf' | 'dstintf', ours: readonly string[]): string[] => {
    const theirs = namesIn(spec[field]);
    return ours.includes('any') || theirs.every((name) => ours.includes(name)) ? [] : [`${field} ${theirs.join(' ')}`];
  };
  const translates = spec['nat'] === 'enable';
  const unlike = [
    ...beyond('srcintf', config.srcInterfaces),
    ...beyond('dstintf', config.dstInterfaces),
    ...(translates === config.nat || spec['action'] === 'deny' ? [] : [`nat ${translates ? 'enable' : 'disable'}`]),
    ...(spec['ippool'] === 'enable' ? ['ippool'] : []),
    ...besidesPorts(namesIn(spec['service']), found).map((name) => `service ${name}`),
    ...(spec['action'] === 'deny' ? [] : changedIn(spec, found)),
  ];
  return unlike.length === 0 ? {} : { unlike: unlike.join(', ') };
}

/** What may send the flows that it lets through elsewhere: a tunnel, a virtual IP, and whatever a field does that is not known here. */
function changedIn(spec: JsonObject, found: Found): string[] {
  const fields = Object.entries(spec).filter(
    ([field, value]) => isSaid(value) && !plain.test(field) && !narrowing.test(field),
  );
  const targets = (['', '6'] as const).flatMap((suffix) =>
    namesIn(spec[`dstaddr${suffix}`]).filter(
      (name) =>
        name !== 'all' && ['address', 'addrgrp'].every((kind) => !found.has(`firewall/${kind}${suffix} ${name}`)),
    ),
  );
  return [
    ...(spec['action'] === 'ipsec' ? ['action ipsec'] : []),
    ...targets.map((name) => `dstaddr ${name}, which may be a virtual IP`),
    ...fields.map(([field, value]) => `${field} ${textIn(value)}`.slice(0, 60)),
  ];
}

/** Services that are about more than TCP and UDP; of `ALL` that is known. */
function besidesPorts(names: readonly string[], found: Found, seen: ReadonlySet<string> = new Set()): string[] {
  return names.flatMap((name) => {
    if (name === 'ALL' || seen.has(name)) return [];
    const spec = found.get(`firewall.service/custom ${name}`)?.spec;
    const members = namesIn(found.get(`firewall.service/group ${name}`)?.spec['member']);
    if (spec === undefined) return besidesPorts(members, found, new Set([...seen, name]));
    const isOther = /^(ICMP|ALL_ICMP)/.test(textIn(spec['protocol'] ?? '')) || isSaid(spec['sctp-portrange'] ?? '');
    return isOther ? [name] : [];
  });
}

/** Fields that narrow it in a way that Postern does not model. */
function doubtsIn(spec: JsonObject, { srcInterfaces, dstInterfaces }: FortigateConfig): string[] {
  const fields = Object.entries(spec).filter(([, value]) => isSaid(value));
  return fields.flatMap(([field, value]) => {
    // Into a tunnel, whose other end decides what it takes.
    if (field === 'action') return value === 'ipsec' ? ['action ipsec'] : [];
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
