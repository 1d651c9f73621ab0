import { parse } from 'yaml';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { KubernetesObjects } from '../../../src/adapter/kubernetes-objects.ts';
import type { IstioConfig } from '../config.ts';
import { isAtLeast, learned, meshCapabilities, oldest, readVersion } from '../mesh-facts.ts';
import { listOf, mapIn, mapOf, textOf } from '../objects/fields.ts';
import { apiGroups, kindsOf, read } from '../objects/kinds.ts';
import { settingsName } from '../objects/names.ts';
import { foreignObjects } from './foreign-objects.ts';
import { otherMode, podsOutside, portsOf, waypointOf } from './prerequisites.ts';
import { checkVisibility } from './service-visibility.ts';
import { isGoTrue } from '../../../src/core/text/go-boolean.ts';

type Choices = Capabilities['choices'];

/**
 * What the mesh is. Where something is missing without which objects would be written that do half of what they
 * should, it throws, and nothing is written.
 *
 * @throws AdapterError `unsupported` without Istio, its revision, a gateway or waypoint; `forbidden` without permissions
 */
export async function probe(config: IstioConfig, objects: KubernetesObjects): Promise<Capabilities> {
  await checkKinds(config, objects);
  const mesh = await meshConfig(config, objects);
  const version = config.istioVersion ?? (await versionOf(config, objects));
  const known = readVersion(version);
  if (known && !isAtLeast(known, oldest)) {
    throw new AdapterError(
      'unsupported',
      `Istio ${version} is too old: ${oldest.join('.')} or later is needed. Update the mesh.`,
    );
  }
  await checkVisibility(mesh, config, objects);
  const choices = {
    ...told(mesh, config, known),
    ...(version !== '' && { [learned.version]: { value: version, reason: 'read from the control plane' } }),
    ...(config.plane === 'ambient' ? await waypointOf(config, objects) : {}),
    ...(config.plane === 'gateway' ? await portsOf(config, objects) : {}),
    ...(await otherMode(config, objects)),
    ...(await podsOutside(config, objects)),
    ...(await foreignObjects(config, objects)),
  };
  return { ...meshCapabilities, version, choices };
}

async function checkKinds({ api }: IstioConfig, objects: KubernetesObjects): Promise<void> {
  for (const kind of kindsOf(api)) {
    if ((await objects.version(kind)) === undefined) {
      throw new AdapterError(
        'unsupported',
        `The API server does not know ${kind.kind} (${kind.group}). Install ${kind.group === apiGroups.gateway ? 'version 1.6 of the Gateway API' : `Istio ${oldest.join('.')} or later`}, or delete this enforcement point.`,
      );
    }
    const missing = await objects.missing(kind, ['get', 'list', 'create', 'patch', 'update', 'delete']);
    if (missing.length > 0) {
      throw new AdapterError(
        'forbidden',
        `May not ${missing.join(', ')} ${[kind.plural, kind.group].filter(Boolean).join('.')}. Grant it to the account of the worker; the README of the adapter has the ClusterRole.`,
      );
    }
  }
}

/** https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig */
async function meshConfig(config: IstioConfig, objects: KubernetesObjects): Promise<ReturnType<typeof mapOf>> {
  const { rootNamespace } = config;
  const { name } = settingsName(config);
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
      `The settings of the mesh in ConfigMap ${rootNamespace}/${name} are not YAML. Correct them.`,
    );
  }
}

function told(
  mesh: ReturnType<typeof mapOf>,
  { rootNamespace, telemetry }: IstioConfig,
  version: ReturnType<typeof readVersion>,
): Choices {
  const root = textOf(mesh['rootNamespace']) || rootNamespace;
  if (root !== rootNamespace) {
    throw new AdapterError(
      'invalid',
      `The root namespace of the mesh is ${root}, not ${rootNamespace}. Correct rootNamespace of this enforcement point.`,
    );
  }
  const trustDomain = textOf(mesh['trustDomain']) || 'cluster.local';
  const metadata = mapIn(mesh['defaultConfig'], 'proxyMetadata');
  const allocates =
    (version !== undefined && isAtLeast(version, [1, 25])) ||
    isGoTrue(textOf(metadata['ISTIO_META_DNS_AUTO_ALLOCATE']));
  const captures = isGoTrue(textOf(metadata['ISTIO_META_DNS_CAPTURE'])) && allocates;
  const providers = listOf(mesh['extensionProviders']).map((provider) => textOf(mapOf(provider)['name']));
  const hasProvider = providers.includes(telemetry.provider);
  return {
    [learned.trustDomain]: { value: trustDomain, reason: 'setting of the mesh' },
    [learned.dnsCapture]: {
      value: captures ? 'on' : 'off',
      reason:
        'ISTIO_META_DNS_CAPTURE in the settings of the mesh, and addresses for names (ISTIO_META_DNS_AUTO_ALLOCATE, by itself since 1.25)',
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
    const pod = mapIn(found?.['spec'], 'template', 'spec');
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
