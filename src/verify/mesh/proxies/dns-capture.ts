import type { Labels } from '../../../core/model/snapshot.ts';
import type { Trail } from '../answer.ts';
import type { ProxyConfig } from '../objects/extensions.ts';
import { labelsMatch } from '../registry/scope.ts';
import type { World } from '../world.ts';

/* Whether a sidecar answers names itself, and so knows of what it catches which name it was meant for. */

/** `true`, or anything else: what the annotation of a pod says of its own sidecar. */
const own = 'proxy.istio.io/config ISTIO_META_DNS_CAPTURE';

/** The mesh as the sidecar of a pod has it: what the pod says of its proxy comes before what the mesh says of all. */
export function asToldByPod(world: World, sidecar: Labels | undefined): World {
  const said = sidecar?.[own];
  return said === undefined ? world : withDnsCapture(world, said === 'true');
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
    const differs = said !== undefined && (said === 'true') !== config.dnsCapture;
    return differs && isMeant && labelsMatch(selector?.matchLabels ?? {}, podLabels);
  });
}
