import type { KubernetesObject } from '../../../src/adapter/kubernetes-objects.ts';
import { listOf, mapOf, textOf } from '../objects/fields.ts';

/** A pod that runs, as far as it matters who stands before it. */
export interface MeshPod {
  /** `shop/checkout-5b4f8c-x2v9p` */
  readonly name: string;
  readonly namespace: string;
  readonly account: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  readonly ready: boolean;
}

/** The pods of a list that run and stay. */
export function podsIn(objects: readonly KubernetesObject[]): readonly MeshPod[] {
  return objects.flatMap(({ metadata, spec, status }): MeshPod[] => {
    if (mapOf(status)['phase'] !== 'Running' || 'deletionTimestamp' in metadata) return [];
    const { namespace = '', labels = {}, annotations = {} } = metadata;
    const { serviceAccountName, hostNetwork } = mapOf(spec);
    const ready = listOf(mapOf(status)['conditions'])
      .map(mapOf)
      .find(({ type }) => type === 'Ready');
    return [
      {
        name: `${namespace}/${metadata.name}`,
        namespace,
        account: `${namespace}/${textOf(serviceAccountName) || 'default'}`,
        labels,
        annotations,
        hostNetwork: hostNetwork === true,
        ready: ready?.['status'] === 'True',
      },
    ];
  });
}

/** The label by which a pod of a waypoint, or of a gateway of the Gateway API, says whose it is. */
export const gatewayName = 'gateway.networking.k8s.io/gateway-name';

const traffic = 'traffic.sidecar.istio.io/';

/**
 * What keeps a pod's connections from its proxy, continuing its name; undefined: nothing that can be told without
 * knowing where they go. What single networks are excepted for, `postern verify` says.
 *
 * @param ports that were granted to it
 * @see https://istio.io/latest/docs/reference/config/annotations/
 */
export function bypassOf(
  { hostNetwork, annotations }: MeshPod,
  mode: 'sidecar' | 'ambient',
  ports: ReadonlySet<number>,
): string | undefined {
  if (hostNetwork) return 'is on the network of its node, which no proxy catches';
  if (mode === 'ambient') {
    return annotations['ambient.istio.io/redirection'] === 'enabled' ? undefined : 'is not redirected to ztunnel';
  }
  // The injector adds nothing to a pod that is there already, and marks every one to which it added a sidecar, native or not.
  if (annotations['sidecar.istio.io/status'] === undefined) return 'runs without a sidecar';
  const said = (name: string): readonly string[] | undefined =>
    annotations[traffic + name]?.split(',').flatMap((part) => part.trim() || []);
  if (annotations['sidecar.istio.io/interceptionMode']?.toUpperCase() === 'NONE')
    return 'has its sidecar catch nothing (sidecar.istio.io/interceptionMode)';
  const port = said('excludeOutboundPorts')?.find((text) => ports.has(Number(text)));
  if (port !== undefined) return `takes port ${port} around its sidecar (${traffic}excludeOutboundPorts)`;
  if (said('excludeOutboundIPRanges')?.some((range) => range === '*' || range.endsWith('/0')))
    return `takes everything around its sidecar (${traffic}excludeOutboundIPRanges)`;
  const caught = said('includeOutboundIPRanges');
  if (caught?.length === 0) return `has its sidecar catch nothing (${traffic}includeOutboundIPRanges)`;
  return undefined;
}

/** Do the labels have all of these? */
export function hasLabels(pod: MeshPod, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => pod.labels[key] === value);
}
