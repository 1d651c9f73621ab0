import type { Diversion, MeshTarget, Outside } from '../answer.ts';
import { parseAddress } from '../../../net/address.ts';
import { addressFit, type RegistryService } from '../registry/registry.ts';

/** What chose the service that a connection leaves for. */
export interface Chosen {
  readonly object: string;
  /** Continues the name of the object. */
  readonly reason: string;
}

/** What leaves for somewhere else than was asked for, and what sends it there; undefined: it gets where it wants. */
export function diversionOf(
  target: MeshTarget,
  service: RegistryService,
  outside: Outside,
  chosen: Chosen | undefined,
): Diversion | undefined {
  if (!isFor(target, service, outside)) {
    const { object, reason } = chosen ?? { object: service.id, reason: `leads to ${outside.host || outside.address}` };
    return { object, reason, to: outside, changes: 'host' };
  }
  if (outside.port === target.port) return undefined;
  const own = { object: service.id, reason: `has targetPort ${outside.port} for port ${target.port}` };
  return { ...(chosen ?? own), to: outside, changes: 'port' };
}

/** Is the service one of what was asked for, by its name, an alias of it or an address that it claims? */
function isFor({ host, address }: MeshTarget, service: RegistryService, outside: Outside): boolean {
  if (host !== undefined) return outside.host === host || service.host === host;
  const asked = address === undefined ? undefined : parseAddress(address);
  return outside.address === address || (asked !== undefined && addressFit(service, asked) >= 0);
}
