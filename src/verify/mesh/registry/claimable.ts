import { grouped } from '../../../core/model/grouped.ts';
import type { RegistryPort, RegistryService } from './registry.ts';

/** A service and a port of it, under whose name a sidecar goes to any address. */
export interface Claimable {
  readonly service: RegistryService;
  readonly port: RegistryPort;
}

/** By the port on which they leave. */
export function readClaimable(services: readonly RegistryService[]): ReadonlyMap<number, readonly Claimable[]> {
  return grouped(
    services.flatMap((service) =>
      service.ports
        .filter((port) => keepsAddress(service, port))
        .map((port) => [service.headless ? port.number : (port.target ?? port.number), { service, port }] as const),
    ),
  );
}

function keepsAddress(
  { entry, headless, resolution, addresses }: RegistryService,
  { protocol }: RegistryPort,
): boolean {
  if (headless) return protocol === 'HTTP';
  const isUnresolved = entry !== undefined && resolution === 'NONE' && addresses.length === 0;
  return isUnresolved && (protocol === 'TLS' || protocol === 'HTTP');
}
