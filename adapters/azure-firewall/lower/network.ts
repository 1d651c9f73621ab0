import { isOf } from '../../../kit/common/groups/parts.ts';
import { portRanges } from '../../../kit/common/rules/ports.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { isWildcard } from '../../../src/net/name.ts';
import { subtractPorts } from '../../../src/core/destinations/ports.ts';
import { knowsNames, type Context } from './context.ts';
import { appPortOf, webPorts, type Port } from './application.ts';

/*
 * Network rules decide by addresses, ports and names that the firewall resolves, and all of them before any application rule.
 */

/** A part of a rule: what tells its name from those of the others, and what it says beside who it is for. */
export interface Form {
  readonly suffix: string;
  readonly fields: JsonObject;
}

/**
 * @param isAbove does a rule stand below it that accepts on the ports of the web what an application rule that denies every
 *   name does not see? Absent it, a rule that denies everything leaves these ports to an application rule, so that those
 *   above it that accept names are asked.
 */
export function networkForms(rule: Rule, context: Context, isAbove: boolean): readonly Form[] {
  if (isForAnyDestination(rule, context)) {
    const to = { destinationAddresses: ['*'] };
    if (rule.action === 'Accept' || isAbove) return portForms(rule.ports, '', to);
    const rest = subtractPorts(rule.ports, webPorts);
    if (rest === undefined) return [];
    return rule.ports.length === 0 ? everythingElse(rest, to) : portForms(rest, '', to);
  }
  const own = rule.destination.networks.filter((network) => isOf('IPv4', network));
  const names = resolvedNames(rule, context);
  const ports = rule.action === 'Deny' ? rule.ports : portsWithoutAppProtocol(rule);
  return [
    ...(own.length === 0 ? [] : portForms(rule.ports, '', { destinationAddresses: own })),
    ...(names.length === 0 || ports === undefined ? [] : portForms(ports, '-names', { destinationFqdns: names })),
  ];
}

/** Is it about every destination? */
export function isForAnyDestination(rule: Rule, context: Context): boolean {
  const { any, networks } = rule.destination;
  return any || networks.includes('0.0.0.0/0') || deniesAnyInstead(rule, context);
}

/** A name that the firewall cannot resolve is denied with everything else on its ports. */
export function deniesAnyInstead({ action, destination }: Rule, context: Context): boolean {
  return action === 'Deny' && destination.names.some((name) => isWildcard(name) || !knowsNames(context));
}

/** Names that network rules take: the firewall resolves them, and knows no wildcards there. */
export function resolvedNames({ destination }: Rule, context: Context): readonly string[] {
  return knowsNames(context) ? destination.names.filter((name) => !isWildcard(name)) : [];
}

/** The ports on which no application rule sees the name; undefined: there are none. */
export function portsWithoutAppProtocol(rule: Rule): Rule['ports'] | undefined {
  if (rule.ports.length === 0) return subtractPorts([], webPorts);
  const left = rule.ports.filter((port) => appPortOf(port) === undefined);
  return left.length === 0 ? undefined : left;
}

/** The ports of the web that a rule is about. */
export function webOf({ ports }: Pick<Rule, 'ports'>): readonly Port[] {
  const isIn = ({ protocol, port, endPort = port }: Port, web: number): boolean =>
    protocol === 'TCP' && port <= web && web <= endPort;
  return webPorts.filter((web) => ports.length === 0 || ports.some((port) => isIn(port, web.port)));
}

/** All but the ports of the web, ICMP included. */
function everythingElse(rest: Rule['ports'], to: JsonObject): readonly Form[] {
  const tcp = { ipProtocols: ['TCP'], destinationPorts: portRanges({ ports: rest }, 'TCP') };
  return [
    { suffix: '', fields: { ...to, ...tcp } },
    { suffix: '-udp', fields: { ...to, ipProtocols: ['ICMP', 'UDP'], destinationPorts: ['*'] } },
  ];
}

/** A rule has one list of ports for all its protocols. */
function portForms(ports: Rule['ports'], suffix: string, to: JsonObject): readonly Form[] {
  const form = (ipProtocols: readonly string[], destinationPorts: readonly string[], more = ''): Form => ({
    suffix: suffix + more,
    fields: { ...to, ipProtocols, destinationPorts },
  });
  if (ports.length === 0) return [form(['Any'], ['*'])];
  const [tcp, udp] = [portRanges({ ports }, 'TCP'), portRanges({ ports }, 'UDP')];
  if (tcp.join() === udp.join()) return [form(['TCP', 'UDP'], tcp)];
  return [...(tcp.length === 0 ? [] : [form(['TCP'], tcp)]), ...(udp.length === 0 ? [] : [form(['UDP'], udp, '-udp')])];
}
