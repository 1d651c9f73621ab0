import type { Rule } from '../../../src/core/model/desired.ts';
import type { Protocol } from '../exported.ts';
import { lost, type Losses } from './losses.ts';

/** A port of a destination as a client uses it. */
export interface Door {
  readonly port: number;
  readonly protocol: Protocol;
  /** Port outside; another than `port` only where the gateway originates TLS. */
  readonly outside: number;
  readonly originate: boolean;
}

const most = 32;
type Port = Rule['ports'][number];

/** The ports of a rule one by one, and what is spoken there. */
export function doorsOf(rule: Rule, losses: Losses): readonly Door[] {
  if (rule.ports.length === 0) losses.add(rule, lost.everyPort());
  const ports: readonly Port[] =
    rule.ports.length === 0 ? [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] : rule.ports;
  const doors = new Map<number, Door>();
  for (const port of ports) {
    for (const number of numbersOf(rule, port, losses)) {
      const door = rule.originate === true ? originating(number) : plain(number, port.appProtocol);
      if (door === undefined)
        losses.add(
          rule,
          lost.originate(
            'Port 80',
            'TLS is to be originated, so say the port where the destination listens for TLS; applications then use http://HOST.',
          ),
        );
      else if (!doors.has(door.port)) doors.set(door.port, door);
    }
  }
  return [...doors.values()];
}

function numbersOf(rule: Rule, { port, endPort = port, protocol }: Port, losses: Losses): readonly number[] {
  if (protocol === 'UDP') losses.add(rule, lost.udp(port));
  else if (endPort - port >= most) losses.add(rule, lost.manyPorts(port, endPort, most));
  else return Array.from({ length: endPort - port + 1 }, (_, index) => port + index);
  return [];
}

/** Applications say http://HOST and the gateway goes to 443; for any other port they say http://HOST:PORT. */
function originating(outside: number): Door | undefined {
  if (outside === 80) return undefined;
  return { port: outside === 443 ? 80 : outside, protocol: 'HTTP', outside, originate: true };
}

function plain(port: number, appProtocol: Port['appProtocol']): Door {
  const usual = port === 443 ? 'tls' : port === 80 ? 'http' : 'tcp';
  const protocol = ({ tls: 'TLS', https: 'TLS', http: 'HTTP', tcp: 'TCP' } as const)[appProtocol ?? usual];
  return { port, protocol, outside: port, originate: false };
}

/** Does a denying rule close this door, or an accepting one open it? A rule says the port outside, as the perimeter sees it. */
export function concerns({ action, ports, originate }: Rule, door: Door): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ port, endPort = port, protocol, appProtocol }) => {
    const meant = protocol === 'TCP' && port <= door.outside && door.outside <= endPort;
    if (!meant || action === 'Deny') return meant;
    if (originate === true || door.originate) return originate === door.originate;
    return plain(door.port, appProtocol).protocol === door.protocol;
  });
}
