import { namesAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { parseRange, within } from '../../../../kit/simulator/traffic/addresses.ts';
import type { Packet } from '../../../../kit/simulator/traffic/packet.ts';
import type { Vdom } from '../vdom.ts';
import type { Row } from '../tables/schema.ts';
import { objectsWith, type Knowledge } from './addresses.ts';
import { inForceAt } from './schedules.ts';

/** The interfaces that a packet passes; absent: the way it takes is not looked at. */
export interface Route {
  readonly srcintf?: string;
  readonly dstintf?: string;
}

/** The first policy of the table that the packet matches; undefined: the implicit deny at the end. */
export function firstMatch(vdom: Vdom, packet: Packet, route: Route, known: Knowledge, now: number): Row | undefined {
  const { tables } = vdom;
  const suffix = packet.source.family === 4 ? '' : '6';
  const isInForce = inForceAt(tables, now);
  const hasSource = objectsWith(vdom, packet.source, known);
  const hasDestination = objectsWith(vdom, packet.destination, known);
  const matches = (policy: Row): boolean => {
    if (!passes(policy, 'srcintf', route.srcintf) || !passes(policy, 'dstintf', route.dstintf)) return false;
    if (!endMatches(policy, `srcaddr${suffix}`, hasSource)) return false;
    // With internet-service the addresses and services are ignored; what the service contains is not known here, so the
    // policy is treated as the widest thing it can be.
    if (policy['internet-service'] === 'enable') return true;
    return endMatches(policy, `dstaddr${suffix}`, hasDestination) && serviceMatches(tables, policy, packet);
  };
  for (const policy of tables.rows('firewall/policy').values()) {
    if (isInForce(policy) && matches(policy)) return policy;
  }
  return undefined;
}

function passes(policy: Row, field: string, wanted: string | undefined): boolean {
  const names = namesAt(policy, field);
  return wanted === undefined || names.includes('any') || names.includes(wanted);
}

function endMatches(policy: Row, field: string, isIn: (name: string) => boolean): boolean {
  const names = namesAt(policy, field);
  // A policy without addresses of this family is not about it, negated or not.
  return names.length > 0 && names.some(isIn) !== (policy[`${field}-negate`] === 'enable');
}

function serviceMatches(tables: Tables<Row>, policy: Row, packet: Packet): boolean {
  const matches = namesAt(policy, 'service').some((name) => serviceHolds(tables, name, packet));
  return matches !== (policy['service-negate'] === 'enable');
}

function serviceHolds(tables: Tables<Row>, name: string, packet: Packet): boolean {
  const service = tables.get('firewall.service/custom', name);
  if (service !== undefined) return customHolds(service, packet);
  const group = tables.get('firewall.service/group', name);
  return group !== undefined && namesAt(group, 'member').some((member) => serviceHolds(tables, member, packet));
}

const portFields: Readonly<Record<number, string>> = { 6: 'tcp-portrange', 17: 'udp-portrange', 132: 'sctp-portrange' };

function customHolds(service: Row, { destination, protocol, port }: Packet): boolean {
  const range = textAt(service, 'iprange');
  if (range !== '0.0.0.0' && range !== '') {
    const bound = parseRange(range);
    if (bound === undefined || !within(destination, bound)) return false;
  }
  switch (service['protocol']) {
    case 'IP':
      return service['protocol-number'] === 0 || service['protocol-number'] === protocol;
    case 'ALL':
      return true;
    case 'ICMP':
      return protocol === 1;
    case 'ICMP6':
      return protocol === 58;
    default:
      return portsHold(textAt(service, portFields[protocol] ?? ''), port);
  }
}

function portsHold(ranges: string, port: number): boolean {
  return ranges.split(' ').some((range) => {
    const [from = Number.NaN, to = from] = (range.split(':')[0] ?? '').split('-').map(Number);
    return range !== '' && port >= from && port <= to;
  });
}
