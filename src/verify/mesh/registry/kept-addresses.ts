import type { MeshSnapshot } from '../objects/snapshot.ts';
import { keepingSubsets } from './destination-rules.ts';
import { hostPatternsOverlap } from './host.ts';
import { fullHost, type RegistryService } from './registry.ts';

/** A service under whose name some proxies go to any address. */
export interface Keeping {
  readonly service: RegistryService;
  /** Undefined: without one. */
  readonly subset: string | undefined;
}

/**
 * With the load balancer PASSTHROUGH a proxy goes to whatever address a workload asks for, as soon as it names, by SNI or
 * Host, a service that it may reach: all that stops it from going anywhere on that port is that it tells the truth.
 * These are the services of all namespaces; which rule is in force for whom is another question.
 */
export function readKeeping(
  { destinationRules, config }: Pick<MeshSnapshot, 'destinationRules' | 'config'>,
  services: readonly RegistryService[],
): readonly Keeping[] {
  return destinationRules.flatMap((rule) => {
    const subsets = keepingSubsets(rule);
    const host = fullHost(rule.host, rule.namespace, config);
    const meant = subsets.length === 0 ? [] : services.filter((service) => hostPatternsOverlap(host, service.host));
    return meant.flatMap((service) => subsets.map((subset) => ({ service, subset })));
  });
}
