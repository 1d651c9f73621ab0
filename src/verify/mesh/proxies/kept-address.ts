import { passed, type Trail } from '../answer.ts';
import type { Found } from '../registry/lookup.ts';
import type { World } from '../world.ts';

/* Where a sidecar goes to the address that the client asked for, whatever the service is that the client has named. */

export const keepsAddress =
  'has the sidecar go to whatever address is asked for under the name of its service (PASSTHROUGH)';

/** What a sidecar goes to for a service, and how it got there: a DestinationRule or a headless Service has it keep the address. */
export function keeping(
  world: World,
  trail: Trail,
  found: Found,
  subset: string | undefined,
): { readonly found: Found; readonly trail: Trail } {
  const { service, port } = found;
  const rule = world.keeping.some((one) => one.service === service)
    ? world.policyOf({ from: trail.client, to: service, port: port.number, subset })
    : undefined;
  const isKept = rule?.keepsAddress === true;
  if (service.external ? !isKept : !(service.headless || isKept) || !isElsewhere(world, trail, found))
    return { found, trail };
  const told = isKept ? passed(trail, { layer: 'sidecar', object: rule.object, reason: keepsAddress }) : trail;
  return { found: asAddressed(found), trail: told };
}

/** A service that leads to the address that was asked for, also where it is none of its own. */
export function asAddressed(found: Found): Found {
  const service = { ...found.service, external: true, resolution: 'NONE', endpoints: [] };
  return { ...found, service, port: { ...found.port, target: undefined } };
}

/** A sidecar knows requests to a Service by their Host alone, and may be asked for an address that is none of its pods. */
function isElsewhere({ network }: World, { target }: Trail, { port }: Found): boolean {
  const { address, protocol } = target;
  if (port.protocol !== 'HTTP' || address === undefined) return false;
  return network.endsOf(address, { port: port.number, protocol }).every(({ end }) => end.kind === 'outside');
}
