import type { Address } from '../../../src/net/address.ts';
import type { SimulatedFlow } from '../simulator.ts';
import { parseIp } from './addresses.ts';
import { addressesOf } from './names.ts';

/** The first packet of a connection, which a firewall decides about. It carries addresses, and no name. */
export interface Packet {
  readonly source: Address;
  readonly destination: Address;
  readonly port: number;
  /** IP protocol number. */
  readonly protocol: number;
}

const protocolNumbers: Readonly<Record<string, number>> = { TCP: 6, UDP: 17 };

/**
 * What a client puts on the wire for a flow: where it gives only a name, the packet goes to the address that the name
 * server has for it. Undefined where there is no such packet: no address, or two families in one.
 */
export function packetOf(
  flow: Pick<SimulatedFlow, 'src' | 'dst' | 'host' | 'port'> & { readonly protocol: string | number },
): Packet | undefined {
  const source = parseIp(flow.src);
  const given = parseIp(flow.dst ?? flow.host ?? '');
  const resolved = flow.host === undefined ? [] : addressesOf(flow.host);
  const destination = given ?? resolved.find(({ family }) => family === source?.family);
  if (source === undefined || destination?.family !== source.family) return undefined;
  const protocol = typeof flow.protocol === 'number' ? flow.protocol : (protocolNumbers[flow.protocol] ?? 0);
  return { source, destination, port: flow.port, protocol };
}

/** The answer to `isIn(name)` for objects that contain each other by name: each is decided once. */
export function membership(
  decide: (name: string, isIn: (name: string) => boolean) => boolean,
): (name: string) => boolean {
  const answers = new Map<string, boolean>();
  const isIn = (name: string): boolean => {
    const answer = answers.get(name) ?? decide(name, isIn);
    answers.set(name, answer);
    return answer;
  };
  return isIn;
}

/** Works out once what is made of a row: rows never change in place. */
export function remembered<Row extends object, T>(make: (row: Row) => T): (row: Row) => T {
  const known = new WeakMap<Row, { readonly made: T }>();
  return (row) => {
    const old = known.get(row);
    if (old !== undefined) return old.made;
    const made = make(row);
    known.set(row, { made });
    return made;
  };
}
