import type { DestinationRef } from '../../api/fields/destination.ts';
import type { EgressPolicy } from '../../api/kinds.ts';
import { containsCidr, parseCidr } from '../../net/cidr.ts';
import { nameCovers } from '../../net/name.ts';
import { portsCover, type Ports } from '../destinations/ports.ts';
import { canonical } from '../model/json.ts';

/**
 * Does a text of a policy permit all that another one does? Entry by entry, and only where all else is the same: where it cannot be
 * told from the two, it does not.
 */
export function permitsAll(now: EgressPolicy, before: EgressPolicy): boolean {
  if (canonical(besides(now)) !== canonical(besides(before))) return false;
  if (now.spec.action === 'Deny') return canonical(now.spec.to) === canonical(before.spec.to);
  return before.spec.to.every((entry) => partsOf(entry).every((part) => now.spec.to.some((one) => covers(one, part))));
}

/** What decides beside the destinations: who, how, until when, and, by its labels, where. */
function besides({ metadata: { labels }, spec }: EgressPolicy): unknown {
  const { to: _, governance: { expiresAt, reviewBy } = {}, ...rest } = spec;
  return { labels, ...rest, expiresAt, reviewBy };
}

type Part = Pick<DestinationRef, 'externalService'> & {
  readonly domainName?: string;
  readonly network?: string;
  /** Undefined: those that the service has. */
  readonly ports: Ports | undefined;
};

function partsOf({ externalService, domainNames = [], networks = [], ...entry }: DestinationRef): readonly Part[] {
  const ports = portsOf({ externalService, ...entry });
  if (externalService !== undefined) return [{ externalService, ports }];
  return [
    ...domainNames.map((domainName) => ({ domainName, ports })),
    ...networks.map((network) => ({ network, ports })),
  ];
}

/** No ports at all is every port, as rules have it. */
function portsOf({ externalService, ports }: DestinationRef): Ports | undefined {
  return ports ?? (externalService === undefined ? [] : undefined);
}

function covers(entry: DestinationRef, { externalService, domainName, network, ports }: Part): boolean {
  const own = portsOf(entry);
  if (entry.externalService !== externalService) return false;
  if (own !== undefined && !(ports !== undefined && holdAll(own, ports))) return false;
  if (domainName !== undefined) return entry.domainNames?.some((name) => nameCovers(name, domainName)) ?? false;
  if (network !== undefined) return entry.networks?.some((outer) => within(network, outer)) ?? false;
  return true;
}

/** With what is spoken on top: where a mesh is told of a name, opaque TCP is more than TLS is. */
function holdAll(own: Ports, ports: Ports): boolean {
  if (own.length === 0 || !portsCover(own, ports)) return own.length === 0;
  return ports.every((port) => {
    const alike = own.filter(({ appProtocol }) => appProtocol === port.appProtocol);
    return alike.length > 0 && portsCover(alike, [port]);
  });
}

function within(inner: string, outer: string): boolean {
  const [a, b] = [parseCidr(inner), parseCidr(outer)];
  return inner === outer || (a !== undefined && b !== undefined && containsCidr(b, a));
}
