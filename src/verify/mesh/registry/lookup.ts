import { parseAddress, width, type Address } from '../../../net/address.ts';
import { appOf, type MeshTarget, type Trail } from '../answer.ts';
import { isAllocated } from './allocation.ts';
import { hostCovers } from './host.ts';
import {
  addressFit,
  isExported,
  portOf,
  type PortProtocol,
  type RegistryPort,
  type RegistryService,
} from './registry.ts';
import { preferred, rivalOf } from './preferred.ts';
import type { Scope } from './scope.ts';
import type { World } from '../world.ts';

/** The service that a sidecar takes a connection to be for. */
export interface Found {
  readonly service: RegistryService;
  readonly port: RegistryPort;
  /** How it came to be that one, where that is a surprise. */
  readonly note: string | undefined;
  /** Another one for the same host, when nobody can say which is older and so counts. */
  readonly rival?: RegistryService | undefined;
  /** It was asked for by name, is known by its addresses alone, and what the name resolves to is not known. */
  readonly isUnresolved?: boolean;
}

/**
 * Finds the service of a flow as the listeners of a sidecar do: one for its very address; then by Host or SNI, the most
 * specific host first; then one for opaque TCP by the addresses of its name; and at last whatever has the port
 * without an address, which takes everything that comes to it.
 *
 * @param where `elsewhere`: the name resolves to an address that is of no service
 */
export function lookup(world: World, scope: Scope, trail: Trail, where?: 'elsewhere'): Found | undefined {
  const visible = (service: RegistryService): boolean =>
    isSeen(scope, trail, service) && (where === undefined || !goesByAddress(service, trail.target.port));
  const there = byAddress(world, trail, visible);
  return there === undefined ? (byName(world, trail, visible) ?? byPort(world, trail, visible)) : there.found;
}

/** Has a listener at its own addresses, and not one for its port anywhere. */
function goesByAddress(service: RegistryService, port: number): boolean {
  return service.addresses.length > 0 && portOf(service, port)?.protocol !== 'HTTP';
}

type Visible = (service: RegistryService) => boolean;

/** Does the sidecar know the service, and listen for it on the port of the flow? */
export function isSeen(
  scope: Scope,
  { client, target }: Pick<Trail, 'client' | 'target'>,
  service: RegistryService,
): boolean {
  return (
    isExported(service.exportTo, service.namespace, client.namespace) &&
    scope.imports(service.namespace, service.host, target.port)
  );
}

/** Of the services whose networks hold the address Envoy looks at those with the longest prefix alone: it may be that none takes the flow. */
function byAddress(
  { registry }: World,
  { target }: Trail,
  visible: Visible,
): { readonly found: Found | undefined } | undefined {
  const address = target.address === undefined ? undefined : parseAddress(target.address);
  if (address === undefined) return undefined;
  let closest = 0;
  let nearest: readonly RegistryService[] = [];
  for (const service of registry.byAddress.get(target.port) ?? []) {
    const fit = addressFit(service, address);
    if (fit < closest || (!goesByAddress(service, target.port) && !isHost(target, fit, address)) || !visible(service))
      continue;
    nearest = fit === closest ? [...nearest, service] : [service];
    closest = fit;
  }
  if (nearest.length === 0) return undefined;
  const taking = nearest.find((service) => closest === width[address.family] || isNamed(service, target));
  return { found: taking && foundAt(taking, target.port, undefined) };
}

/** At a single address a listener takes whatever comes; at that of a network TLS has to name the host as well. */
function isNamed(service: RegistryService, { sni, host = '', port }: MeshTarget): boolean {
  return portOf(service, port)?.protocol !== 'TLS' || hostCovers(service.host, sni ?? host);
}

/** Without a name an HTTP request has the address as its Host. */
function isHost(target: MeshTarget, fit: number, { family }: Address): boolean {
  return target.host === undefined && appOf(target) === 'http' && fit === width[family];
}

/** What a port has to be for what the workload speaks. */
const readable: Readonly<Record<'tls' | 'http' | 'tcp', readonly PortProtocol[]>> = {
  http: ['HTTP', 'AUTO', 'TCP'],
  tls: ['TLS', 'AUTO', 'TCP'],
  tcp: ['TCP', 'AUTO'],
};

function byName(world: World, { client, target }: Trail, visible: Visible): Found | undefined {
  const { registry, snapshot } = world;
  const app = appOf(target);
  const name = app === 'tls' ? (target.sni ?? target.host) : target.host;
  if (name === undefined) return undefined;
  for (const group of registry.byHost.covering(name)) {
    const seen = group.filter(visible);
    const first = preferred(seen, client.namespace);
    const service = first && listening([first, ...seen], first.namespace, target.port);
    const port = service && portOf(service, target.port);
    if (service === undefined || port === undefined || !readable[app].includes(port.protocol)) continue;
    const isAddressed = goesByAddress(service, target.port);
    if (!isAllocated(world, service) && isPassedBy(target, port, isAddressed)) continue;
    const isUnresolved =
      isAddressed && target.address === undefined && !isResolvedTo(service, snapshot.config.dnsCapture);
    return { service, port, note: undefined, rival: rivalOf(seen, service, client.namespace), isUnresolved };
  }
  return undefined;
}

const spoken = { tls: 'TLS', http: 'HTTP', tcp: 'plain TCP' } as const;

/** A visible service for the host and the port that takes nothing of what the flow is taken to speak. */
export function protocolMismatch({ registry }: World, scope: Scope, trail: Trail): string | undefined {
  const { target } = trail;
  const { host, port: number, appProtocol } = target;
  const app = appOf(target);
  for (const group of host === undefined ? [] : registry.byHost.covering(host)) {
    for (const service of group) {
      const port = portOf(service, number);
      if (port === undefined || readable[app].includes(port.protocol) || !isSeen(scope, trail, service)) continue;
      const flow =
        appProtocol === undefined ? `is taken to speak ${spoken[app]}, by its port` : `speaks ${spoken[app]}`;
      return `${service.id} takes ${port.protocol} alone on port ${number}, and the flow ${flow}`;
    }
  }
  return undefined;
}

/** Listeners are made of every service of the namespace that counts for the host, clusters of the first of them alone. */
function listening(services: readonly RegistryService[], namespace: string, port: number): RegistryService | undefined {
  return services.find((one) => one.namespace === namespace && portOf(one, port) !== undefined);
}

/** The service that the sidecar has a cluster of, for the host of one that it listens for. */
export function clusterOf(
  { registry }: World,
  scope: Scope,
  trail: Trail,
  { host }: RegistryService,
): RegistryService | undefined {
  const seen = registry.byHost.exactly(host).filter((one) => isSeen(scope, trail, one));
  return preferred(seen, trail.client.namespace);
}

/** Opaque TCP names nothing; and a known address that fitted no service is not one of this service either, unless the proxy gave the name its own. */
function isPassedBy({ address }: MeshTarget, { protocol }: RegistryPort, isAddressed: boolean): boolean {
  return isAddressed ? address !== undefined : protocol === 'TCP' || protocol === 'AUTO';
}

/** The DNS of a cluster knows its Services; sidecars that answer names themselves do so with single addresses, not with networks. */
function isResolvedTo({ entry, addresses }: RegistryService, dnsCapture: boolean): boolean {
  return entry === undefined || (dnsCapture && addresses.some(({ family, prefix }) => prefix === width[family]));
}

function byPort(world: World, { target }: Trail, visible: Visible): Found | undefined {
  const open = (world.registry.byAddress.get(target.port) ?? []).filter(
    (service) =>
      service.entry !== undefined && service.addresses.length === 0 && !isAllocated(world, service) && visible(service),
  );
  const [service] = open;
  return (
    service && foundAt(service, target.port, `has no addresses, and so takes whatever goes to port ${target.port}`)
  );
}

function foundAt(service: RegistryService, number: number, note: string | undefined): Found | undefined {
  const port = portOf(service, number);
  return port && { service, port, note };
}
