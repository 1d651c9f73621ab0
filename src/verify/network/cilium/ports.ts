import { anyOf, triState, type TriState } from '../../values/tri-state.ts';
import { addressesOf, type End, type Wire } from '../ends/ends.ts';
import { isNamedPort } from '../kubernetes/peers.ts';
import type { EgressRule, IcmpField, Port } from './objects.ts';
import { portOf } from './refused.ts';

/** Is a flow on one of a rule's ports? A rule without ports and ICMP types is about every protocol. */
export function isOnPort({ toPorts, icmps }: EgressRule, to: End, wire: Wire): TriState {
  if (toPorts.length + icmps.length === 0) return 'yes';
  if (wire.protocol === 'ICMP')
    return anyOf(icmps.flatMap(({ fields }) => fields.map((field) => isOfType(field, to, wire))));
  return anyOf(toPorts.flatMap(({ ports }) => ports.map((port) => isPort(port, to, wire))));
}

function isPort({ port = '', endPort, protocol = 'ANY' }: Port, to: End, wire: Wire): TriState {
  if (protocol.toUpperCase() !== 'ANY' && protocol.toUpperCase() !== wire.protocol) return 'no';
  const read = portOf(port);
  if (read === undefined) return 'no';
  if ('name' in read) return isNamedPort(read.name, wire, to);
  if (read.number === 0) return 'yes';
  return triState(read.number <= wire.port && wire.port <= Math.max(endPort ?? 0, read.number));
}

/** https://docs.cilium.io/en/stable/security/policy/language/#limit-icmp-icmpv6-types */
const types: Readonly<Record<'IPv4' | 'IPv6', Readonly<Record<string, number>>>> = {
  IPv4: {
    EchoReply: 0,
    DestinationUnreachable: 3,
    Redirect: 5,
    Echo: 8,
    EchoRequest: 8,
    RouterAdvertisement: 9,
    RouterSelection: 10,
    TimeExceeded: 11,
    ParameterProblem: 12,
    Timestamp: 13,
    TimestampReply: 14,
    Photuris: 40,
    ExtendedEchoRequest: 42,
    ExtendedEchoReply: 43,
  },
  IPv6: {
    DestinationUnreachable: 1,
    PacketTooBig: 2,
    TimeExceeded: 3,
    ParameterProblem: 4,
    EchoRequest: 128,
    EchoReply: 129,
  },
};

function isOfType({ family = 'IPv4', type }: IcmpField, to: End, { port }: Wire): TriState {
  const six = family.toUpperCase() === 'IPV6';
  const [address] = addressesOf(to);
  if (address !== undefined && address.includes(':') !== six) return 'no';
  const number =
    typeof type === 'number' ? type : /^\d+$/.test(type) ? Number(type) : types[six ? 'IPv6' : 'IPv4'][type];
  if (number === undefined) return 'unknown';
  return address === undefined ? 'unknown' : triState(number === port);
}
