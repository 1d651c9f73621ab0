import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import { gatewaysOf, type GatewayRef, type IstioConfig } from './config.ts';
import { listOf, mapIn, mapOf, numberOf } from './objects/fields.ts';

/** The gateways or the waypoint that a point is configured to lead through, as they have to be for what it writes to work. */
export function syntheticObjects(
  config: IstioConfig,
  objects: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  if (config.plane === 'ambient') return [waypoint(config)];
  return config.plane === 'gateway' ? gatewaysOf(config).flatMap((gateway) => gatewayObjects(gateway, objects)) : [];
}

function waypoint({ waypoint: { namespace, name } }: IstioConfig): KubernetesObject {
  const allowedRoutes = { namespaces: { from: 'Same' } };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace },
    spec: {
      gatewayClassName: 'istio-waypoint',
      listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE', allowedRoutes }],
    },
  };
}

function gatewayObjects(
  { namespace, service, selector, ports }: GatewayRef,
  objects: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  const onPods: readonly (readonly [number, number])[] =
    ports === undefined
      ? serverPorts(objects, namespace).map((port) => [port, port])
      : Object.entries(ports).map(([port, target]) => [Number(port), target]);
  const exposed = onPods.map(([port, targetPort]) => ({ name: `p-${port}`, port, targetPort }));
  const template = { metadata: { labels: selector }, spec: { containers: [] } };
  const metadata = { name: service, namespace };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector, ports: exposed } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: selector }, template } },
  ];
}

function serverPorts(objects: readonly KubernetesObject[], namespace: string): readonly number[] {
  const gateways = objects.filter(({ kind, metadata }) => kind === 'Gateway' && metadata.namespace === namespace);
  const servers = gateways.flatMap((gateway) => listOf(mapOf(gateway['spec'])['servers']));
  return [...new Set(servers.map((server) => numberOf(mapIn(server, 'port')['number'])))].sort((a, b) => a - b);
}
