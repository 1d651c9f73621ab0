import { grouped } from '../../../core/model/grouped.ts';
import type { Keeping } from './kept-addresses.ts';
import type { RegistryPort, RegistryService } from './registry.ts';

/** A service and a port of it, under whose name a sidecar goes to any address. */
export interface Claimable {
  readonly service: RegistryService;
  readonly port: RegistryPort;
  /** Only where a DestinationRule has it do so. */
  readonly byRule: boolean;
}

/** By the port on which they leave. */
export function readClaimable(
  services: readonly RegistryService[],
  keeping: readonly Keeping[],
): ReadonlyMap<number, readonly Claimable[]> {
  const byThemselves = services.flatMap((service) =>
    service.ports
      .filter((port) => keepsAddress(service, port))
      .map((port) => {
        const number = service.headless ? port.number : (port.target ?? port.number);
        return [number, claimable(service, port, false)] as const;
      }),
  );
  const byRules = [...new Set(keeping.map(({ service }) => service))].flatMap((service) =>
    service.ports
      .filter((port) => isNamed(service, port) && !keepsAddress(service, port))
      .map((port) => [port.number, claimable(service, port, true)] as const),
  );
  return grouped([...byThemselves, ...byRules]);
}

function claimable(service: RegistryService, port: RegistryPort, byRule: boolean): Claimable {
  return { service, port, byRule };
}

function keepsAddress(service: RegistryService, port: RegistryPort): boolean {
  const { entry, headless, resolution, addresses } = service;
  if (headless) return isNamed(service, port);
  return entry !== undefined && resolution === 'NONE' && addresses.length === 0 && isNamed(service, port);
}

/** Is a connection known by the name that it says? To Services of the cluster requests alone are. */
function isNamed({ external }: RegistryService, { protocol }: RegistryPort): boolean {
  return protocol === 'HTTP' || (external && protocol === 'TLS');
}
