import type { Rule } from '../../../../src/core/model/desired.ts';
import { isWildcard, wildcardsAbove } from '../../../../src/net/name.ts';
import type { GatewayRef } from '../../config.ts';
import { isAtLeast, type MeshFacts } from '../../mesh-facts.ts';
import type { Context } from '../context.ts';
import { lost } from '../losses.ts';
import type { Host, MeshDestination } from './destination.ts';
import { egressPortsOf, type EgressPort } from './egress-ports.ts';
import { PortConflicts } from './port-conflicts.ts';
import { supportedHosts } from './supported-hosts.ts';

type Destinations = Map<string, MeshDestination>;

/**
 * Every destination that accepting rules lead to, each once however many rules name it, sorted by host. What contradicts
 * an earlier rule is left out, with a loss.
 */
export function destinationsOf(context: Context): readonly MeshDestination[] {
  const destinations: Destinations = new Map();
  const conflicts = new PortConflicts(context);
  const denied = context.rules.flatMap(({ action, destination }) => (action === 'Deny' ? destination.networks : []));
  for (const rule of context.rules) {
    if (rule.action === 'Deny') continue;
    if (isTooOld(context)) {
      context.losses.add(rule, lost.gatewayApi(context.facts.version.join('.')));
      continue;
    }
    if (rule.destination.any) context.losses.add(rule, lost.anyDestination());
    const gateway = context.config.plane === 'gateway' ? gatewayOf(rule, context) : undefined;
    for (const port of egressPortsOf(rule, context.losses)) {
      for (const host of supportedHosts(rule, port, denied, context)) {
        add(destinations, { rule, port: portTo(host, port), host, gateway }, context, conflicts);
      }
    }
  }
  if (context.config.plane !== 'direct') separateDenied(destinations, context);
  inheritPorts(destinations, context);
  return [...destinations.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
}

/** Older ones take other versions of the routes, some only with a flag: none of that was played. */
function isTooOld({ config: { plane, api }, facts: { version } }: Context): boolean {
  return plane === 'gateway' && api === 'GatewayAPI' && !isAtLeast(version, [1, 31]);
}

/** Behind an address nothing but the port tells what is meant. */
function portTo({ network }: Host, port: EgressPort): EgressPort {
  return network === undefined ? port : { ...port, protocol: 'TCP' };
}

interface Wanted {
  readonly rule: Rule;
  readonly port: EgressPort;
  readonly host: Host;
  readonly gateway: GatewayRef | undefined;
}

function add(
  destinations: Destinations,
  { rule, port, host, gateway }: Wanted,
  { losses, facts }: Context,
  conflicts: PortConflicts,
): void {
  const known = destinations.get(host.host);
  const there = known?.ports.get(port.port);
  const shared = sharing(known, port.port, facts);
  if (known && !sameGateway(known.gateway, gateway)) losses.add(rule, lost.twoGateways(host.host, known.rule));
  else if (there && !samePort(there, port)) losses.add(rule, lost.protocolConflict(host.host, port.port, there.rule));
  else if (gateway && facts.podPort(gateway, port.port) === undefined) {
    losses.add(rule, lost.gatewayPort(`${gateway.namespace}/${gateway.service}`, port.port));
  } else if (shared !== undefined) losses.add(rule, lost.sharedPodPort(host.host, port.port, shared));
  else if (conflicts.take(rule, port, host)) {
    const destination = known ?? { ...host, ...(gateway && { gateway }), ports: new Map(), rule };
    destinations.set(host.host, destination);
    if (!there) destination.ports.set(port.port, { ...port, rule });
  }
}

/** Another port of the destination that comes to the same port on the pods of its gateway. */
function sharing(known: MeshDestination | undefined, port: number, facts: MeshFacts): number | undefined {
  if (known?.gateway === undefined) return undefined;
  const { gateway, ports } = known;
  const onPods = facts.podPort(gateway, port);
  return [...ports.keys()].find((other) => other !== port && facts.podPort(gateway, other) === onPods);
}

function gatewayOf({ origin }: Rule, { config }: Context): GatewayRef {
  const { services, namespaces } = config.dedicated;
  const ofService = origin.externalService === undefined ? undefined : own(services, origin.externalService);
  return ofService ?? own(namespaces, origin.namespace) ?? config.gateway;
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function sameGateway(a: GatewayRef | undefined, b: GatewayRef | undefined): boolean {
  return a?.namespace === b?.namespace && a?.service === b?.service;
}

function samePort(a: EgressPort, b: EgressPort): boolean {
  return a.protocol === b.protocol && a.outside === b.outside && a.originate === b.originate;
}

/** A name that is denied below a wildcard becomes a destination of its own, without a permission for the denied sources. */
function separateDenied(destinations: Destinations, { rules }: Context): void {
  for (const rule of rules) {
    for (const host of rule.action === 'Deny' ? rule.destination.names : []) {
      const above = destinations.has(host) ? undefined : wildcardAbove(destinations, host);
      if (!above) continue;
      const { canonicalHost: _, ...rest } = above;
      destinations.set(host, { ...rest, host, ports: new Map(), rule });
    }
  }
}

/**
 * The more special name hides the wildcard with all of its ports, so it gets those that it lacks; and so does the host
 * that serves a wildcard, which is there only once.
 */
function inheritPorts(destinations: ReadonlyMap<string, MeshDestination>, { facts, losses }: Context): void {
  const inherit = (to: MeshDestination | undefined, from: MeshDestination | undefined): void => {
    for (const [number, port] of from?.ports ?? []) {
      if (to === undefined || to.ports.has(number)) continue;
      const other = sharing(to, number, facts);
      if (other === undefined) to.ports.set(number, port);
      else losses.add(port.rule, lost.sharedPodPort(to.host, number, other));
    }
  };
  for (const one of destinations.values()) {
    for (const name of one.network === undefined ? wildcardsAbove(one.host) : []) inherit(one, destinations.get(name));
    if (one.canonicalHost !== undefined) inherit(destinations.get(one.canonicalHost), one);
  }
}

function wildcardAbove(destinations: ReadonlyMap<string, MeshDestination>, host: string): MeshDestination | undefined {
  const name = wildcardsAbove(host).find((above) => destinations.has(above) && isWildcard(above));
  return name === undefined ? undefined : destinations.get(name);
}
