import { parseIp, parseRange, within, type Ip } from './addresses.ts';
import { EndMatcher, type Endpoint, type Knowledge } from './matching.ts';
import { addressesOf } from './names.ts';
import { namesAt, textAt, type Row } from './row.ts';
import { expiryInstant, onetimeInstant } from './rules/schedule.ts';
import type { Store } from './store.ts';

/** A packet that opens a session. */
export interface Packet {
  readonly src: Ip;
  readonly dst: Endpoint;
  /** IP protocol number. */
  readonly protocol: number;
  readonly port: number;
  /** Absent: the way it takes is not looked at. */
  readonly srcintf?: string | undefined;
  readonly dstintf?: string | undefined;
}

/** What a flow from outside is as a packet; a destination known by name only goes to the first address of that name. */
export function packetOf(flow: {
  readonly src: string;
  readonly dst?: string | undefined;
  readonly host?: string | undefined;
  readonly port: number;
  readonly protocol: number;
}): Packet | undefined {
  const src = parseIp(flow.src);
  if (src === undefined) return undefined;
  const literal = parseIp(flow.dst ?? flow.host ?? '');
  const host = flow.host === undefined || parseIp(flow.host) !== undefined ? undefined : flow.host;
  const resolved = host === undefined ? undefined : addressesOf(host).find((ip) => ip.family === src.family);
  return { src, dst: { ip: literal ?? resolved, host }, protocol: flow.protocol, port: flow.port };
}

/** The first policy of the table that the packet matches; undefined: the implicit deny at the end. */
export function firstMatch(store: Store, packet: Packet, known: Knowledge, now: number): Row | undefined {
  const { family } = packet.src;
  const ends = {
    srcaddr: new EndMatcher(store, family, { ip: packet.src, host: undefined }, known),
    dstaddr: new EndMatcher(store, family, packet.dst, known),
  };
  if (packet.dst.ip !== undefined && packet.dst.ip.family !== family) return undefined;
  for (const policy of store.rows('firewall/policy').values()) {
    if (isInForce(store, policy, now) && policyMatches(store, policy, packet, ends)) return policy;
  }
  return undefined;
}

function isInForce(store: Store, policy: Row, now: number): boolean {
  if (policy['status'] !== 'enable') return false;
  if (policy['policy-expiry'] === 'enable' && expiryInstant(textAt(policy, 'policy-expiry-date')) <= now) return false;
  const schedule = textAt(policy, 'schedule');
  const recurring = store.get('firewall.schedule/recurring', schedule);
  if (recurring !== undefined) return isWithinWeek(recurring, now);
  const onetime = store.get('firewall.schedule/onetime', schedule);
  if (onetime === undefined) return false;
  return onetimeInstant(textAt(onetime, 'start')) <= now && now < onetimeInstant(textAt(onetime, 'end'));
}

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function isWithinWeek(schedule: Row, now: number): boolean {
  const at = new Date(now);
  if (
    !textAt(schedule, 'day')
      .split(' ')
      .includes(days[at.getUTCDay()] ?? '')
  )
    return false;
  const time = at.toISOString().slice(11, 16);
  const start = textAt(schedule, 'start');
  const end = textAt(schedule, 'end');
  // Equal times are the whole day.
  return start === end || (time >= start && time < end);
}

type Ends = Readonly<Record<'srcaddr' | 'dstaddr', EndMatcher>>;

function policyMatches(store: Store, policy: Row, packet: Packet, ends: Ends): boolean {
  if (!passesInterface(policy, 'srcintf', packet.srcintf)) return false;
  if (!passesInterface(policy, 'dstintf', packet.dstintf)) return false;
  const suffix = packet.src.family === 4 ? '' : '6';
  if (!endMatches(policy, `srcaddr${suffix}`, ends.srcaddr)) return false;
  // With internet-service the addresses and services are ignored; what the service contains is not known here, so the
  // policy is taken for the widest thing it can be.
  if (policy['internet-service'] === 'enable') return true;
  return endMatches(policy, `dstaddr${suffix}`, ends.dstaddr) && serviceMatches(store, policy, packet);
}

function passesInterface(policy: Row, field: string, wanted: string | undefined): boolean {
  const names = namesAt(policy, field);
  return wanted === undefined || names.includes('any') || names.includes(wanted);
}

function endMatches(policy: Row, field: string, end: EndMatcher): boolean {
  const names = namesAt(policy, field);
  // A policy without addresses of this family is not about it, negated or not.
  if (names.length === 0) return false;
  const matches = names.some((name) => end.isIn(name));
  return policy[`${field}-negate`] === 'enable' ? !matches : matches;
}

function serviceMatches(store: Store, policy: Row, packet: Packet): boolean {
  const matches = namesAt(policy, 'service').some((name) => serviceNameMatches(store, name, packet));
  return policy['service-negate'] === 'enable' ? !matches : matches;
}

function serviceNameMatches(store: Store, name: string, packet: Packet): boolean {
  const service = store.get('firewall.service/custom', name);
  if (service !== undefined) return customMatches(service, packet);
  const group = store.get('firewall.service/group', name);
  return group !== undefined && namesAt(group, 'member').some((member) => serviceNameMatches(store, member, packet));
}

const portFields: Readonly<Record<number, string>> = { 6: 'tcp-portrange', 17: 'udp-portrange', 132: 'sctp-portrange' };

function customMatches(service: Row, packet: Packet): boolean {
  const range = textAt(service, 'iprange');
  if (range !== '0.0.0.0' && range !== '') {
    const bound = parseRange(range);
    if (packet.dst.ip === undefined || bound === undefined || !within(packet.dst.ip, bound)) return false;
  }
  switch (service['protocol']) {
    case 'IP':
      return service['protocol-number'] === 0 || service['protocol-number'] === packet.protocol;
    case 'ALL':
      return true;
    case 'ICMP':
      return packet.protocol === 1;
    case 'ICMP6':
      return packet.protocol === 58;
    default: {
      const field = portFields[packet.protocol];
      return field !== undefined && portsHold(textAt(service, field), packet.port);
    }
  }
}

function portsHold(ranges: string, port: number): boolean {
  return ranges
    .split(' ')
    .filter((range) => range !== '')
    .some((range) => {
      const [from, to = from] = (range.split(':')[0] ?? '').split('-').map(Number);
      return from !== undefined && to !== undefined && port >= from && port <= to;
    });
}
