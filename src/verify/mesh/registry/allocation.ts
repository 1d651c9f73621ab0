import { isOlder } from '../objects/config.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import { triState, type TriState } from '../../values/tri-state.ts';
import { isPattern } from './host.ts';
import type { RegistryService } from './registry.ts';
import { isGoTrue } from '../../../core/text/go-boolean.ts';

export const autoAllocate = 'ISTIO_META_DNS_AUTO_ALLOCATE';

/**
 * Does istiod give addresses to entries that have none? Since 1.25 by itself, and it writes them into their status; before, where
 * ISTIO_META_DNS_AUTO_ALLOCATE says so: https://istio.io/latest/news/releases/1.25.x/announcing-1.25/change-notes/
 */
export function readAllocation({
  config: { autoAllocates, version },
  serviceEntries,
  proxyConfigs,
}: Pick<MeshSnapshot, 'config' | 'serviceEntries' | 'proxyConfigs'>): TriState {
  if (autoAllocates || serviceEntries.some(({ hasStatusAddresses }) => hasStatusAddresses)) return 'yes';
  const doSome = proxyConfigs.some(({ environmentVariables = {} }) => isGoTrue(environmentVariables[autoAllocate]));
  const isOld = isOlder(version, [1, 25]);
  return version === '' || (isOld && doSome) ? 'unknown' : triState(!isOld);
}

/** Do sidecars that answer names know the service by an address of its own, although it is written without one? */
export function isAllocated(
  { snapshot, allocates }: { readonly snapshot: Pick<MeshSnapshot, 'config'>; readonly allocates: TriState },
  service: RegistryService,
): boolean {
  return snapshot.config.dnsCapture && allocates !== 'no' && isAllocatable(service);
}

/**
 * Would istiod give it an address? Not to an entry whose connections go where they were going, nor to a wildcard:
 * https://istio.io/latest/docs/ops/configuration/traffic-management/dns-proxy/
 */
export function isAllocatable({ entry, host, resolution }: RegistryService): boolean {
  const isOff = entry?.labels['networking.istio.io/enable-autoallocate-ip']?.toLowerCase() === 'false';
  return entry === undefined || (resolution !== 'NONE' && !isPattern(host) && !isOff);
}
