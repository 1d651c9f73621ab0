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
    services
      .filter(
        ({ entry, resolution, addresses }) => entry !== undefined && resolution === 'NONE' && addresses.length === 0,
      )
      .flatMap((service) =>
        service.ports
          .filter(({ protocol }) => protocol === 'TLS' || protocol === 'HTTP')
          .map((port) => [port.target ?? port.number, { service, port }] as const),
      ),
  );
}
