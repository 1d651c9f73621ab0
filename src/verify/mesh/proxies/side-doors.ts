import { passed, type MeshAnswer, type MeshTarget, type Trail } from '../answer.ts';
import { endpointPort } from '../registry/endpoints.ts';
import { isSeen } from '../registry/lookup.ts';
import type { PortProtocol, RegistryPort, RegistryService } from '../registry/registry.ts';
import type { Scope } from '../registry/scope.ts';
import type { World } from '../world.ts';
import { pastNetwork } from './upstream.ts';

/*
 * Ways to a destination by asking for something else: what stops a flow that says where it wants to go does not stop
 * a workload that goes there by such a way.
 */

/** What the sidecar makes of another flow of the same client. */
export type Ask = (target: MeshTarget) => MeshAnswer;

export function throughSideDoor(world: World, scope: Scope, trail: Trail, ask: Ask): MeshAnswer | undefined {
  const { host = '', address = '', port } = trail.target;
  const found = byHostHeader(world, scope, trail) ?? byEndpoint(world, scope, trail, ask);
  if (found === undefined) return undefined;
  const out = passed({ ...trail, path: 'direct' }, { layer: 'sidecar', object: found.by, reason: found.how });
  return pastNetwork(world, out, trail.pod, { host, address, port });
}

interface Door {
  readonly by: string;
  /** Continues the name of the object. */
  readonly how: string;
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
