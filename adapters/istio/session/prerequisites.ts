import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects, ObjectKind } from '../../../src/adapter/kubernetes-objects.ts';
import { gatewaysOf, type GatewayRef, type IstioConfig } from '../config.ts';
import { learned } from '../mesh-facts.ts';
import { listOf, mapIn, mapOf, numberOf } from '../objects/fields.ts';
import { read } from '../objects/kinds.ts';

/*
 * What a mesh has to have around the objects that are written: gateways, a waypoint, namespaces in the right mode.
 */

type Choices = Capabilities['choices'];

export async function waypointOf(
  { waypoint: { namespace, name } }: IstioConfig,
  objects: KubernetesObjects,
): Promise<Choices> {
  const served = await objects.version(read.waypoint);
  const found = served === undefined ? undefined : await objects.get(read.waypoint, { namespace, name });
  if (found !== undefined) return {};
  throw new AdapterError(
    'unsupported',
    `There is no waypoint ${namespace}/${name} (Gateway of the Gateway API). Create it with \`istioctl waypoint apply -n ${namespace} --name ${name} --for service\`, or correct waypoint of this enforcement point.`,
  );
}

export async function portsOf(config: IstioConfig, objects: KubernetesObjects): Promise<Choices> {
  const choices: Record<string, Choices[string]> = {};
  for (const gateway of gatewaysOf(config)) {
    const { namespace, service } = gateway;
    if (namespace === config.rootNamespace) {
      throw new AdapterError(
        'invalid',
        `The gateway ${namespace}/${service} is in the root namespace, where its policies would be for the whole mesh. Give it a namespace of its own.`,
      );
    }
    const found = await objects.get(read.service, { namespace, name: service });
    if (found === undefined) {
      throw new AdapterError(
        'unsupported',
        `There is no Service ${namespace}/${service} of an egress gateway. Install the gateway, or correct gateway of this enforcement point; nothing is written until it is there.`,
      );
    }
    checkSelector(gateway, found);
    if (gateway.ports === undefined) {
      choices[learned.gatewayPorts(gateway)] = {
        value: exposed(gateway, found),
        reason: 'ports of the Service, each with that of its pods',
      };
    }
  }
  return choices;
}

function checkSelector({ namespace, service, selector }: GatewayRef, found: KubernetesObject): void {
  const pods = mapIn(found['spec'], 'selector');
  const wrong = Object.entries(selector).find(([key, value]) => pods[key] !== undefined && pods[key] !== value);
  if (wrong === undefined && Object.keys(selector).some((key) => key in pods)) return;
  throw new AdapterError(
    'invalid',
    `Service ${namespace}/${service} is for other pods than the selector of its gateway here. Make the selector that of the Service.`,
  );
}

function exposed({ namespace, service }: GatewayRef, found: KubernetesObject): string {
  const pairs = listOf(mapOf(found['spec'])['ports']).map(mapOf);
  return pairs
    .map(({ port, targetPort }) => {
      if (typeof targetPort === 'string') {
        throw new AdapterError(
          'invalid',
          `Service ${namespace}/${service} calls the port ${targetPort} of its pods by a name. Write the number, there or as ports of the gateway here: policies go by it.`,
        );
      }
      return `${numberOf(port)}:${numberOf(targetPort ?? port)}`;
    })
    .join(', ');
}

/**
 * Single pods whose labels take them out of the mesh: nothing there is permitted by it, and nothing prevented.
 * https://istio.io/latest/docs/ambient/usage/add-workloads/
 * https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy
 */
export async function podsOutside({ plane }: IstioConfig, objects: KubernetesObjects): Promise<Choices> {
  const labelSelector = plane === 'ambient' ? 'istio.io/dataplane-mode=none' : 'sidecar.istio.io/inject=false';
  const pods = await listed(objects, read.pod, { labelSelector });
  if (pods.length === 0) return {};
  const names = [...new Set(pods.map(({ metadata }) => metadata.namespace ?? ''))].sort();
  return { [learned.podsOutside]: { value: names.join(', '), reason: `pods there have the label ${labelSelector}` } };
}

/** What may not be looked at is not known of; a kind that is not there has no objects. */
export async function listed(
  objects: KubernetesObjects,
  kind: ObjectKind,
  filter: Parameters<KubernetesObjects['list']>[1] = {},
): Promise<readonly KubernetesObject[]> {
  try {
    return (await objects.version(kind)) === undefined ? [] : await objects.list(kind, filter);
  } catch (error) {
    if (error instanceof AdapterError && error.errorClass === 'forbidden') return [];
    throw error;
  }
}

/** A namespace in the other mode would be shown objects that its workloads do not go by. */
export async function otherMode({ plane }: IstioConfig, objects: KubernetesObjects): Promise<Choices> {
  const namespaces = await objects.list(read.namespace);
  const ambient = ({ metadata }: KubernetesObject): boolean =>
    metadata.labels?.['istio.io/dataplane-mode'] === 'ambient';
  const injected = ({ metadata: { labels = {} } }: KubernetesObject): boolean =>
    labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined;
  const other = namespaces.filter((namespace) =>
    plane === 'ambient' ? injected(namespace) && !ambient(namespace) : ambient(namespace),
  );
  if (other.length === 0) return {};
  const names = other.map(({ metadata }) => metadata.name).sort();
  const reason = plane === 'ambient' ? 'they have sidecars' : 'they are in ambient mode';
  return { [learned.otherMode]: { value: names.join(', '), reason: `${reason}, so this point does not reach them` } };
}
