import type { Rule } from '../../../../src/core/model/desired.ts';
import type { Protocol } from '../../objects/visible-ports.ts';
import { lost, type Losses } from '../losses.ts';

/** A port of a destination as a client uses it. */
export interface EgressPort {
  readonly port: number;
  readonly protocol: Protocol;
  /** Port outside; another than `port` only where the gateway originates TLS. */
  readonly outside: number;
  readonly originate: boolean;
}

const mostPorts = 32;
type RulePort = Rule['ports'][number];

/** The ports of a rule one by one, and what is spoken there. */
export function egressPortsOf(rule: Rule, losses: Losses): readonly EgressPort[] {
  if (rule.ports.length === 0) losses.add(rule, lost.everyPort());
  const ports: readonly RulePort[] =
    rule.ports.length === 0 ? [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] : rule.ports;
  const found = new Map<number, EgressPort>();
  for (const range of ports) {
    for (const number of numbersOf(rule, range, losses)) {
      const port = rule.originate === true ? originating(number) : plain(number, range.appProtocol);
      if (port === undefined) losses.add(rule, lost.originate('Port 80', noPlainPort));
      else if (!found.has(port.port)) found.set(port.port, port);
    }
  }
  return [...found.values()];
}

const noPlainPort =
  'TLS is to be originated, so write the port on which the destination listens for TLS; applications then use http://HOST.';

function numbersOf(rule: Rule, { port, endPort = port, protocol }: RulePort, losses: Losses): readonly number[] {
  if (protocol === 'UDP') losses.add(rule, lost.udp(port));
  else if (endPort - port >= mostPorts) losses.add(rule, lost.manyPorts(port, endPort, mostPorts));
  else return Array.from({ length: endPort - port + 1 }, (_, index) => port + index);
  return [];
}

/** Applications say http://HOST and the gateway goes to 443; for any other port they say http://HOST:PORT. */
function originating(outside: number): EgressPort | undefined {
  if (outside === 80) return undefined;
  return { port: outside === 443 ? 80 : outside, protocol: 'HTTP', outside, originate: true };
}

function plain(port: number, appProtocol: RulePort['appProtocol']): EgressPort {
  const usual = port === 443 ? 'tls' : port === 80 ? 'http' : 'tcp';
  const protocol = ({ tls: 'TLS', https: 'TLS', http: 'HTTP', tcp: 'TCP' } as const)[appProtocol ?? usual];
  return { port, protocol, outside: port, originate: false };
}

/** Does a rule deny this port, or accept it? A rule says the port outside, as the perimeter sees it. */
export function concerns({ action, ports, originate }: Rule, egress: EgressPort): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ port, endPort = port, protocol, appProtocol }) => {
    const meant = protocol === 'TCP' && port <= egress.outside && egress.outside <= endPort;
    if (!meant || action === 'Deny') return meant;
    if (originate === true || egress.originate) return originate === egress.originate;
    return plain(egress.port, appProtocol).protocol === egress.protocol;
  });
}
