import type { MeshSnapshot } from '../objects/snapshot.ts';
import { keepingSubsets } from './destination-rules.ts';
import { hostPatternsOverlap } from './host.ts';
import { fullHost, type RegistryService } from './registry.ts';

/** A service under whose name some proxies go to any address. */
export interface Keeping {
  readonly service: RegistryService;
  /** Undefined: without one. */
  readonly subset: string | undefined;
  /** May a VirtualService lead there, under another name? */
  readonly isRouted: boolean;
}

/**
 * With the load balancer PASSTHROUGH a proxy goes to whatever address a workload asks for, as soon as it names, by SNI or
 * Host, a service that it may reach: all that stops it from going anywhere on that port is that it tells the truth.
 * These are the services of all namespaces; which rule is in force for whom is another question.
 */
export function readKeeping(
  { destinationRules, virtualServices, config }: Pick<MeshSnapshot, 'destinationRules' | 'virtualServices' | 'config'>,
  services: readonly RegistryService[],
): readonly Keeping[] {
  const isLedTo = ({ host }: RegistryService): boolean =>
    virtualServices.some((one) =>
      [...one.http, ...one.tls, ...one.tcp].some(({ route }) =>
        route.some(({ destination }) => fullHost(destination.host, one.namespace, config) === host),
      ),
    );
  return destinationRules.flatMap((rule) => {
    const subsets = keepingSubsets(rule);
    const host = fullHost(rule.host, rule.namespace, config);
    const meant = subsets.length === 0 ? [] : services.filter((service) => hostPatternsOverlap(host, service.host));
    return meant.flatMap((service) => {
      const isRouted = isLedTo(service);
      return subsets.map((subset) => ({ service, subset, isRouted }));
    });
  });
}
