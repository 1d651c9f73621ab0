import type { ServiceEntry } from '../objects/traffic.ts';
import { ageUnknown } from './age.ts';
import type { RegistryService } from './registry.ts';

/**
 * Of services with one host, the one that a proxy of the namespace uses: for a sidecar that of its own namespace; a Service;
 * what is exported by name before what is exported to all; then the oldest. Others of its kind lend it their ports.
 */
export function preferred(
  services: readonly RegistryService[],
  namespace: string,
  proxy: 'sidecar' | 'gateway' = 'sidecar',
): RegistryService | undefined {
  const [first, ...others] = [...services].sort((a, b) => ranked(a, namespace, proxy) - ranked(b, namespace, proxy));
  const alike = others.filter((other) => first !== undefined && lendsPorts(other, first));
  if (first === undefined || alike.length === 0) return first;
  const known = new Set(first.ports.map(({ number }) => number));
  const lent = alike.flatMap(({ ports }) => ports).filter(({ number }) => !known.has(number) && known.add(number));
  return { ...first, ports: [...first.ports, ...lent] };
}

/** Which of two counts depends on their age alone, and nobody knows it. */
export function rivalOf(
  services: readonly RegistryService[],
  chosen: RegistryService,
  namespace: string,
): RegistryService | undefined {
  const rank = ranked(chosen, namespace, 'sidecar');
  return services.find(
    (other) => other.id !== chosen.id && ranked(other, namespace, 'sidecar') === rank && ageUnknown(other, chosen),
  );
}

function ranked({ namespace, service, exportTo }: RegistryService, proxy: string, kind: 'sidecar' | 'gateway'): number {
  const own = kind === 'sidecar' && namespace === proxy ? 0 : 4;
  return own + (service === undefined ? 2 : 0) + (exportTo.includes('*') ? 1 : 0);
}

function lendsPorts({ entry: other, ...a }: RegistryService, { entry, ...b }: RegistryService): boolean {
  if (entry === undefined || other === undefined || a.namespace !== b.namespace) return false;
  const alike = (x: ServiceEntry, service: typeof a): string =>
    JSON.stringify([
      service.resolution,
      Object.entries(x.labels).sort(),
      x.workloadSelector,
      [...service.exportTo].sort(),
    ]);
  return alike(other, a) === alike(entry, b);
}
