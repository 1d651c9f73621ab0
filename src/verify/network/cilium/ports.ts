import { allOf, anyOf, triState, type TriState } from '../../values/tri-state.ts';
import { addressesOf, type End, type Wire } from '../ends/ends.ts';
import { isNamedPort } from '../kubernetes/peers.ts';
import type { EgressRule, IcmpField, Port, PortRule } from './objects.ts';
import { portOf } from './refused.ts';

/** Is a flow on one of a rule's ports? A rule without ports and ICMP types is about every protocol. */
export function isOnPort({ toPorts, icmps }: EgressRule, to: End, wire: Wire): TriState {
  if (toPorts.length + icmps.length === 0) return 'yes';
  if (wire.protocol === 'ICMP')
    return anyOf(icmps.flatMap(({ fields }) => fields.map((field) => isOfType(field, to, wire))));
  return anyOf(toPorts.flatMap((rule) => rule.ports.map((port) => allOf([isPort(port, to, wire), isNamed(rule, to)]))));
}

/** What a rule of ports asks beside them, which a proxy judges; undefined: nothing of a connection as a whole. */
export function proxyDoubt({ toPorts }: EgressRule): string | undefined {
  if (toPorts.some(({ listener }) => listener !== undefined))
    return 'it leads to a listener of a CiliumEnvoyConfig, which is not modelled';
  const names = toPorts.flatMap(({ serverNames }) => serverNames);
  return names.length === 0
    ? undefined
    : `it is for TLS with SNI ${names.join(', ')} alone, and the client says the SNI`;
}

/** `serverNames`: TLS with one of these as SNI. Who asks for another host or for an address may say it all the same. */
function isNamed({ serverNames, listener }: PortRule, to: End): TriState {
  if (listener !== undefined) return 'unknown';
  if (serverNames.length === 0) return 'yes';
  const asked = to.kind === 'outside' ? to.host : undefined;
  return serverNames.some((name) => name.toLowerCase() === asked) ? 'yes' : 'unknown';
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
