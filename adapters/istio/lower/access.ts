import type { Rule } from '../../../src/core/model/desired.ts';
import { isWildcard } from '../../../src/net/name.ts';
import { isWhole, namespaceOf, type Sources } from '../objects/policy-sources.ts';
import { allowedSources, namespacesOf } from './allowed-sources.ts';
import type { Context } from './context.ts';
import type { MeshDestination } from './destinations/destination.ts';
import { destinationsOf } from './destinations/destinations.ts';
import type { EgressPort } from './destinations/egress-ports.ts';
import { namespacesIn } from './identities.ts';
import { lost } from './losses.ts';
import { meansPort, RuleIndex } from './rule-index.ts';

/** A destination with its permitted sources, by port. */
export interface Access {
  readonly destination: MeshDestination;
  readonly ports: readonly PortAccess[];
  /** The namespaces that see it, sorted. */
  readonly namespaces: readonly string[];
  /** Of a wildcard with a canonical host: that host is a destination itself. */
  readonly hasUpstream: boolean;
}

export interface PortAccess {
  readonly port: EgressPort;
  readonly allowed: Sources;
  /** Ids of the rules that accept, sorted. */
  readonly rules: readonly string[];
}

/** Every destination, and who of the covered workloads gets there. */
export function accessOf(context: Context): readonly Access[] {
  const index = new RuleIndex(context.rules);
  const destinations = destinationsOf(context);
  const hosts = new Set(destinations.map(({ host }) => host));
  const accesses = destinations.map((destination) => {
    const ports = [...destination.ports.values()]
      .sort((a, b) => a.port - b.port)
      .map((port) => portAccess(destination, port, index, context));
    const hasUpstream = destination.canonicalHost !== undefined && hosts.has(destination.canonicalHost);
    const namespaces = new Set(ports.flatMap(({ allowed }) => namespacesOf(allowed)));
    return { destination, ports, hasUpstream, namespaces: [...namespaces].sort() };
  });
  return context.config.plane === 'gateway' ? hideBelowWildcards(accesses) : accesses;
}

function portAccess(destination: MeshDestination, port: EgressPort, index: RuleIndex, context: Context): PortAccess {
  const { host } = destination;
  const direct = context.config.plane === 'direct';
  const below = direct && isWildcard(host) ? index.denyingBelow(host, port) : [];
  for (const rule of below) context.losses.add(rule, lost.denyBelow());
  const rules = [...below, ...index.about(destination, port)];
  if (port.originate) reportTwoWays(destination, port, index, context);
  const allowed = allowedSources(rules, context.identities);
  return {
    port,
    allowed: direct ? wholeNamespaces(allowed, rules, context) : allowed,
    rules: rules.flatMap(({ action, id }) => (action === 'Accept' ? [id] : [])).sort(),
  };
}

const [byItself, byMesh] = ['TLS of their own', 'plain HTTP of which the mesh makes TLS'] as const;

/** TLS that the mesh makes and what the application says by itself are two ways, and each is open to its own users. */
function reportTwoWays(
  destination: MeshDestination,
  egressPort: EgressPort,
  index: RuleIndex,
  { losses }: Context,
): void {
  const { host } = destination;
  const users = index.about(destination, egressPort).filter(({ action }) => action === 'Accept');
  const others = index.inAnotherWay(destination, egressPort);
  const lacking = (rules: readonly Rule[], from: readonly Rule[]): readonly Rule[] => {
    const have = new Set(from.flatMap(({ sources }) => sources));
    return rules.filter(({ sources }) => !sources.every((source) => have.has(source)));
  };
  for (const rule of lacking(others, users)) {
    const hasWay = meansPort(rule, egressPort.outside) && egressPort.outside !== egressPort.port;
    losses.add(
      rule,
      hasWay ? lost.twoWays(host, egressPort.outside, byItself, byMesh) : lost.takenByTls(host, egressPort.port),
    );
  }
  const elsewhere = others.filter(
    (rule) => meansPort(rule, egressPort.outside) && egressPort.outside !== egressPort.port,
  );
  if (elsewhere.length === 0) return;
  for (const rule of lacking(users, elsewhere))
    losses.add(rule, lost.twoWays(host, egressPort.outside, byMesh, byItself));
}

/** Without a gateway a namespace sees a host as a whole or not at all: a subject that is only a part of it gets nothing. */
function wholeNamespaces({ members, except }: Sources, rules: readonly Rule[], context: Context): Sources {
  const cut = new Set(except.map(namespaceOf));
  const whole = members.filter((member) => isWhole(member) && !cut.has(namespaceOf(member)));
  const partial = members.filter((member) => !whole.includes(member)).map(namespaceOf);
  for (const rule of partial.length > 0 ? rules : []) {
    const concerned = namespacesIn(rule.sources, context.identities);
    if (rule.action === 'Accept' && partial.some((name) => concerned.has(name))) {
      context.losses.add(rule, lost.identity());
    }
  }
  return { members: whole, except: [] };
}

/** A name below a wildcard is visible to all that see the wildcard; otherwise a workload that is denied the name would reach it through the wildcard. */
function hideBelowWildcards(accesses: readonly Access[]): readonly Access[] {
  const wild = accesses.filter(({ destination }) => isWildcard(destination.host));
  if (wild.length === 0) return accesses;
  return accesses.map((one) => {
    const { host } = one.destination;
    const above = wild.filter((other) => other !== one && host.endsWith(other.destination.host.slice(1)));
    const namespaces = new Set([...one.namespaces, ...above.flatMap((other) => other.namespaces)]);
    return { ...one, namespaces: [...namespaces].sort() };
  });
}
