import { parse } from 'yaml';
import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects } from '../../src/adapter/kubernetes/objects.ts';
import type { GatewayRef, IstioConfig } from './config.ts';
import { isAtLeast, learned, oldest, readVersion } from './facts.ts';
import { listOf, mapOf, numberOf, textOf } from './fields.ts';
import { gatewaysOf } from './lower/floor.ts';
import { kinds, read } from './names.ts';
import { unprobed } from './unprobed.ts';

type Choices = Capabilities['choices'];

/**
 * What the mesh is. Where something is missing without which objects would be written that do half of what they
 * should, it throws, and nothing is written.
 *
 * @throws AdapterError `unsupported` without Istio, its revision, a gateway or waypoint; `forbidden` without permissions
 */
export async function probe(config: IstioConfig, objects: KubernetesObjects): Promise<Capabilities> {
  await checkKinds(objects);
  const mesh = await meshConfig(config, objects);
  const version = config.istioVersion ?? (await versionOf(config, objects));
  const known = readVersion(version);
  if (known && !isAtLeast(known, oldest)) {
    throw new AdapterError(
      'unsupported',
      `Istio ${version} is too old: ${oldest.join('.')} or later is needed. Update the mesh.`,
    );
  }
  const choices = {
    ...told(mesh, config),
    ...(version !== '' && { [learned.version]: { value: version, reason: 'read from the control plane' } }),
    ...(config.plane === 'ambient' ? await waypointOf(config, objects) : {}),
    ...(config.plane === 'gateway' ? await portsOf(config, objects) : {}),
    ...(await otherMode(config, objects)),
  };
  return { ...unprobed, version, choices };
}

async function checkKinds(objects: KubernetesObjects): Promise<void> {
  for (const kind of Object.values(kinds)) {
    if ((await objects.version(kind)) === undefined) {
      throw new AdapterError(
        'unsupported',
        `The API server does not know ${kind.kind} (${kind.group}). Install Istio ${oldest.join('.')} or later, or take this enforcement point away.`,
      );
    }
    const missing = await objects.missing(kind, ['get', 'list', 'create', 'patch', 'update', 'delete']);
    if (missing.length > 0) {
      throw new AdapterError(
        'forbidden',
        `May not ${missing.join(', ')} ${kind.plural}.${kind.group}. Grant it to the account of the worker; the README of the adapter has the ClusterRole.`,
      );
    }
  }
}

/** https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig */
async function meshConfig(
  { revision, rootNamespace }: IstioConfig,
  objects: KubernetesObjects,
): Promise<ReturnType<typeof mapOf>> {
  const name = revision === undefined || revision === 'default' ? 'istio' : `istio-${revision}`;
  const found = await objects.get(read.configMap, { namespace: rootNamespace, name });
  if (found === undefined) {
    throw new AdapterError(
      'unsupported',
      `There is no ConfigMap ${rootNamespace}/${name}, where the mesh keeps its settings. Correct rootNamespace or revision of this enforcement point, or install Istio.`,
    );
  }
  try {
    return mapOf(parse(textOf(mapOf(found['data'])['mesh'])));
  } catch {
    throw new AdapterError(
      'invalid',
      `The settings of the mesh in ConfigMap ${rootNamespace}/${name} are not YAML. Mend them.`,
    );
  }
}

function told(mesh: ReturnType<typeof mapOf>, { rootNamespace, telemetry }: IstioConfig): Choices {
  const root = textOf(mesh['rootNamespace']) || rootNamespace;
  if (root !== rootNamespace) {
    throw new AdapterError(
      'invalid',
      `The root namespace of the mesh is ${root}, not ${rootNamespace}. Correct rootNamespace of this enforcement point.`,
    );
  }
  const trustDomain = textOf(mesh['trustDomain']) || 'cluster.local';
  const metadata = mapOf(mapOf(mesh['defaultConfig'])['proxyMetadata']);
  const captures = textOf(metadata['ISTIO_META_DNS_CAPTURE']) === 'true';
  const providers = listOf(mesh['extensionProviders']).map((provider) => textOf(mapOf(provider)['name']));
  const hasProvider = providers.includes(telemetry.provider);
  return {
    [learned.trustDomain]: { value: trustDomain, reason: 'setting of the mesh' },
    [learned.dnsCapture]: {
      value: captures ? 'on' : 'off',
      reason: 'ISTIO_META_DNS_CAPTURE in the settings of the mesh',
    },
    ...(telemetry.enabled && {
      [learned.provider]: hasProvider
        ? { value: telemetry.provider, reason: 'setting of the mesh' }
        : {
            value: 'missing',
            reason: `the mesh has no extension provider ${telemetry.provider}, so no access is logged; see the README`,
          },
    }),
  };
}

/** Empty where it cannot be seen. Installers write it to different labels; the image has it, too. */
async function versionOf({ rootNamespace, revision }: IstioConfig, objects: KubernetesObjects): Promise<string> {
  const name = revision === undefined || revision === 'default' ? 'istiod' : `istiod-${revision}`;
  try {
    const found = await objects.get(read.deployment, { namespace: rootNamespace, name });
    const pod = mapOf(mapOf(mapOf(found?.['spec'])['template'])['spec']);
    const image = textOf(mapOf(listOf(pod['containers'])[0])['image']);
    const labels = found?.metadata.labels ?? {};
    const texts = [
      image.slice(image.lastIndexOf(':') + 1),
      labels['app.kubernetes.io/version'],
      labels['helm.sh/chart'],
    ];
    return texts.flatMap((text) => /\b(\d+\.\d+\.\d+)/.exec(text ?? '')?.[1] ?? [])[0] ?? '';
  } catch (error) {
    if (error instanceof AdapterError) return '';
    throw error;
  }
}

async function waypointOf(
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

async function portsOf(config: IstioConfig, objects: KubernetesObjects): Promise<Choices> {
  const choices: Record<string, Choices[string]> = {};
  for (const gateway of gatewaysOf({ config })) {
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
  const pods = mapOf(mapOf(found['spec'])['selector']);
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

/** A namespace in the other mode would be shown objects that its workloads do not go by. */
async function otherMode({ plane }: IstioConfig, objects: KubernetesObjects): Promise<Choices> {
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
