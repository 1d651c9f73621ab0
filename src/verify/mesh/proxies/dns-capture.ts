import type { Labels } from '../../../core/model/snapshot.ts';
import type { Trail } from '../answer.ts';
import type { ProxyConfig } from '../objects/extensions.ts';
import { labelsMatch } from '../registry/scope.ts';
import { autoAllocate, isAllocatable } from '../registry/allocation.ts';
import { isSeen } from '../registry/lookup.ts';
import type { RegistryService } from '../registry/registry.ts';
import type { World } from '../world.ts';
import { isGoTrue } from '../../../core/text/go-boolean.ts';

/* Whether a sidecar answers names itself, and so knows of what it catches which name it was meant for. */

/* What the annotation of a pod says of its own sidecar. */
const annotation = 'proxy.istio.io/config';
const ownCapture = `${annotation} ISTIO_META_DNS_CAPTURE`;
const ownAllocation = `${annotation} ${autoAllocate}`;

/** The mesh as the sidecar of a pod has it: what the pod says of its proxy comes before what the mesh says of all. */
export function asToldByPod(world: World, sidecar: Labels | undefined): World {
  const said = sidecar?.[ownCapture];
  const told = isGoTrue(sidecar?.[ownAllocation]) ? ({ ...world, allocates: 'yes' } as const) : world;
  return said === undefined ? told : withDnsCapture(told, isGoTrue(said));
}

/** An entry that the sidecar of the client may know by an address of its own, or by its port alone. */
export function maybeAllocated(world: World, trail: Trail): RegistryService | undefined {
  const { snapshot, allocates, registry } = world;
  if (!snapshot.config.dnsCapture || allocates !== 'unknown') return undefined;
  const scope = world.scopeOf(trail.client);
  const isInDoubt = (service: RegistryService): boolean =>
    service.entry !== undefined &&
    service.addresses.length === 0 &&
    isAllocatable(service) &&
    isSeen(scope, trail, service);
  return registry.byAddress.get(trail.target.port)?.find(isInDoubt) ?? registry.spelledTwice.flat().find(isInDoubt);
}

export function withDnsCapture(world: World, dnsCapture: boolean): World {
  const { snapshot } = world;
  if (snapshot.config.dnsCapture === dnsCapture) return world;
  return { ...world, snapshot: { ...snapshot, config: { ...snapshot.config, dnsCapture } } };
}

/** Sets whether the sidecar of the client answers names to something else than the mesh does. */
export function differing(
  { proxyConfigs, config }: World['snapshot'],
  { namespace, podLabels }: Trail['client'],
): ProxyConfig | undefined {
  return proxyConfigs.find(({ environmentVariables = {}, selector, ...one }) => {
    const isMeant = one.namespace === namespace || one.namespace === config.rootNamespace;
    const said = environmentVariables['ISTIO_META_DNS_CAPTURE'];
    const differs = said !== undefined && isGoTrue(said) !== config.dnsCapture;
    return differs && isMeant && labelsMatch(selector?.matchLabels ?? {}, podLabels);
  });
}
