import type { Rule } from '../../../../src/core/model/desired.ts';
import { NetworkSet } from '../../../../src/net/network-set.ts';
import { isWildcard } from '../../../../src/net/name.ts';
import { isAtLeast } from '../../mesh-facts.ts';
import type { EgressPort } from './egress-ports.ts';
import { lost } from '../losses.ts';
import { hostOfNetwork, isSingle, type Host } from './destination.ts';
import type { Context } from '../context.ts';

const dnsLabels = /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** The destinations of an accepting rule that the plane can lead to through this egress port; what it cannot is told. */
export function supportedHosts(
  rule: Rule,
  egressPort: EgressPort,
  denied: readonly string[],
  scope: Context,
): readonly Host[] {
  const { destination } = rule;
  const names = destination.names.filter((name) => {
    const why = obstacleToName(name, egressPort, scope);
    if (why !== undefined) scope.losses.add(rule, why);
    return why === undefined;
  });
  const networks = destination.networks.filter((network) => {
    const why = obstacleToNetwork(network, egressPort, scope);
    if (why !== undefined) scope.losses.add(rule, why);
    return why === undefined;
  });
  return [
    ...names.map((host) => targetOfName(host, scope)),
    ...networks
      .flatMap((network) => apart(network, denied))
      .map((network): Host => ({ host: hostOfNetwork(network), network })),
  ];
}

function targetOfName(host: string, { config }: Context): Host {
  const canonicalHost = config.plane === 'gateway' ? config.canonicalHosts[host] : undefined;
  return canonicalHost === undefined ? { host } : { host, canonicalHost };
}

function obstacleToName(
  name: string,
  egressPort: EgressPort,
  scope: Context,
): ReturnType<typeof lost.name> | undefined {
  if (!dnsLabels.test(name)) return lost.name(name);
  if (egressPort.originate && scope.config.plane === 'direct') {
    return lost.originate(
      name,
      'TLS is to be originated, which only a gateway or a waypoint does. Use plane gateway or ambient, or tls: Passthrough.',
    );
  }
  if (!isWildcard(name)) return undefined;
  if (egressPort.originate) return lost.originate(name, 'TLS can be originated for exact names only. List them.');
  const why = obstacleToWildcard(name, egressPort, scope);
  return why === undefined ? undefined : lost.wildcard(name, why);
}

function obstacleToWildcard(
  name: string,
  { protocol, port }: EgressPort,
  { config, facts }: Context,
): string | undefined {
  if (protocol === 'TCP') return `opaque TCP (port ${port}) has no name in it. Set appProtocol tls, or list the names.`;
  switch (config.plane) {
    case 'gateway':
      if (protocol === 'HTTP') return 'an egress gateway cannot resolve a wildcard for HTTP. List the names.';
      return config.canonicalHosts[name] === undefined
        ? `an egress gateway cannot resolve a wildcard. Where one host serves all names below, name it in canonicalHosts; else list the names, or use plane ambient.`
        : undefined;
    case 'direct':
      if (protocol === 'HTTP') {
        return `a sidecar connects to any port that a request names, so plain HTTP (port ${port}) to a wildcard would open every port of the names below it. List the names, or use plane ambient.`;
      }
      return isAtLeast(facts.version, [1, 30])
        ? undefined
        : 'a sidecar resolves wildcards since Istio 1.30; before, a workload could go to any address under such a name. List the names, or update Istio.';
    case 'ambient':
      if (!isAtLeast(facts.version, protocol === 'TLS' ? [1, 30] : [1, 28])) {
        return 'a waypoint resolves wildcards since Istio 1.28, for TLS reliably since 1.30. List the names, or update Istio.';
      }
      return protocol === 'TLS' && !config.waypoint.wildcardTls
        ? 'a waypoint resolves wildcards for TLS only with ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS of istiod. Set it, and waypoint.wildcardTls here.'
        : undefined;
  }
}

function obstacleToNetwork(
  network: string,
  { originate }: EgressPort,
  { config, facts }: Context,
): ReturnType<typeof lost.name> | undefined {
  if (originate) return lost.originate(network, 'TLS can be originated for names only.');
  if (isSingle(network) || config.plane === 'direct') return undefined;
  if (config.plane === 'gateway') {
    return lost.network(
      network,
      'an egress gateway does not see the original destination address, so only single addresses can be routed through it. Name the destination, or list the addresses.',
    );
  }
  return isAtLeast(facts.version, [1, 31])
    ? undefined
    : lost.network(network, 'a waypoint takes networks since Istio 1.31. List the addresses, or update Istio.');
}

/** The network in pieces of which each is denied as a whole or not at all. Of two networks one holds the other, or they are apart. */
function apart(network: string, denied: readonly string[]): readonly string[] {
  const within = (whole: string, list: readonly string[]): readonly string[] => {
    const set = NetworkSet.of([whole]);
    return list.filter((other) => other !== whole && set.covers(NetworkSet.of([other])));
  };
  const inside = within(network, denied);
  if (inside.length === 0) return [network];
  return [network, ...new Set(inside)].flatMap((whole) =>
    NetworkSet.of([whole])
      .without(NetworkSet.of(within(whole, inside)))
      .networks(),
  );
}
