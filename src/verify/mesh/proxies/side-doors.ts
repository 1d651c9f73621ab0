import type { Finding, MeshAnswer, MeshTarget, Trail } from '../answer.ts';
import { endpointPort } from '../registry/endpoints.ts';
import { isSeen } from '../registry/lookup.ts';
import { portOf, type PortProtocol, type RegistryPort, type RegistryService } from '../registry/registry.ts';
import type { Scope } from '../registry/scope.ts';
import type { World } from '../world.ts';
import { keepsAddress } from './kept-address.ts';
import { leaveAsAsked } from './upstream.ts';

/*
 * Ways to a destination by asking for something else: what stops a flow that says where it wants to go does not stop
 * a workload that goes there by such a way.
 */

/** What the sidecar makes of another flow of the same client. */
export type Ask = (target: MeshTarget) => MeshAnswer;

export function throughSideDoor(world: World, scope: Scope, trail: Trail, ask: Ask): MeshAnswer | undefined {
  const found =
    byHostHeader(world, scope, trail) ?? byEndpoint(world, scope, trail, ask) ?? byKeptAddress(world, scope, trail);
  return found === undefined ? beside(world, trail) : outBy(world, trail, found);
}

/** Where what is asked of another host is copied or carried on to this one. Whether the workload may ask the other is not looked into. */
export function beside(world: World, trail: Trail): MeshAnswer | undefined {
  const { host = '', port } = trail.target;
  const aside = world.asides.get(host)?.find(({ ports }) => ports.length === 0 || ports.includes(port));
  return aside && outBy(world, trail, { ...aside, certain: false });
}

function outBy(world: World, trail: Trail, { by: object, how: reason, certain = true }: Door): MeshAnswer {
  const finding: Finding = { layer: 'sidecar', object, reason, certain, doubt: 'object' };
  return leaveAsAsked(world, { ...trail, path: 'direct' }, trail.pod, finding);
}

interface Door {
  readonly by: string;
  /** Continues the name of the object. */
  readonly how: string;
  /** Absent: it is. */
  readonly certain?: boolean;
}

/** A sidecar goes to whatever host and port an HTTP request names, as long as the host is below the wildcard. */
function byHostHeader({ registry }: World, scope: Scope, { client, target }: Trail): Door | undefined {
  const { host } = target;
  const taken = new Set<number>();
  for (const service of host === undefined ? [] : registry.byHost.covering(host).flat()) {
    for (const { number, protocol } of service.ports) {
      if (protocol !== 'HTTP' || taken.has(number)) continue;
      if (!isSeen(scope, { client, target: { ...target, port: number } }, service)) continue;
      if (service.resolution === 'DYNAMIC_DNS') {
        return {
          by: service.id,
          how: `lets a request to port ${number} name any port of a host below ${service.host}`,
        };
      }
      taken.add(number);
    }
  }
  return undefined;
}

/** A service may stand for addresses outside of the cluster. */
function byEndpoint({ registry }: World, scope: Scope, { client, target }: Trail, ask: Ask): Door | undefined {
  const { address, port } = target;
  for (const service of address === undefined ? [] : registry.leadingOutside) {
    for (const endpoint of service.endpoints.filter(({ at }) => at === address)) {
      const { by } = endpoint;
      const way = service.ports.find((one) => endpointPort(endpoint, one, service.resolution) === port);
      if (way === undefined || !isSeen(scope, { client, target: { ...target, port: way.number } }, service)) continue;
      if (service.service !== undefined || leadsTo(ask(askingFor(service, way)), target)) {
        return { by, how: `puts it behind ${service.host} port ${way.number}` };
      }
    }
  }
  return undefined;
}

/** Where a sidecar keeps the address that was asked for, a workload that a route takes to the service gets to any on its port. */
function byKeptAddress(world: World, scope: Scope, { client, target }: Trail): Door | undefined {
  for (const { service, subset, isRouted } of world.keeping) {
    if (!isRouted || portOf(service, target.port) === undefined || !isSeen(scope, { client, target }, service))
      continue;
    const policy = world.policyOf({ from: client, to: service, port: target.port, subset });
    if (policy.keepsAddress) return { by: policy.object, how: keepsAddress, certain: false };
  }
  return undefined;
}

const spoken: Readonly<Record<PortProtocol, 'tls' | 'http' | 'tcp'>> = {
  HTTP: 'http',
  TLS: 'tls',
  TCP: 'tcp',
  AUTO: 'tcp',
  UDP: 'tcp',
};

function askingFor({ host }: RegistryService, { number: port, protocol }: RegistryPort): MeshTarget {
  return { host, names: [], port, protocol: 'TCP', appProtocol: spoken[protocol] };
}

function leadsTo({ verdict, path, outside }: MeshAnswer, { address, port }: MeshTarget): boolean {
  return verdict === 'Accept' && path === 'direct' && outside.address === address && outside.port === port;
}
