import { AdapterError } from '../../../src/adapter/errors.ts';
import type { KubernetesObjects } from '../../../src/adapter/kubernetes-objects.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { gatewaysOf, type IstioConfig } from '../config.ts';
import { listOf, mapOf, textOf, textsOf } from '../objects/fields.ts';
import { read } from '../objects/kinds.ts';

/**
 * Since 1.31 the mesh may hide ServiceEntries from other namespaces whatever they say themselves. Hidden is not blocked:
 * in ambient mode clients then go straight to the host, past the waypoint.
 *
 * @param mesh the MeshConfig
 * @throws AdapterError `unsupported` where those of a namespace that is written to would be hidden
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ServiceEntryVisibility
 */
export async function checkVisibility(
  mesh: JsonObject,
  config: IstioConfig,
  objects: KubernetesObjects,
): Promise<void> {
  const setting = mapOf(mesh['serviceEntryVisibility']);
  if (config.plane !== 'ambient' && setting['applyToSidecars'] !== true) return;
  for (const namespace of homesOf(config)) {
    const found = await objects.get(read.namespace, { namespace: '', name: namespace });
    const visibility = visibilityOf(setting, found?.metadata.labels ?? {});
    if (visibility === 'NAMESPACE' || visibility === 'NONE') {
      throw new AdapterError(
        'unsupported',
        `serviceEntryVisibility of the mesh hides the ServiceEntries of ${namespace} from the namespaces that may use them (${visibility}). Add a policy there with visibility PUBLIC for this namespace; nothing is written until then.`,
      );
    }
  }
}

function homesOf(config: IstioConfig): readonly string[] {
  switch (config.plane) {
    case 'ambient':
      return [config.waypoint.namespace];
    case 'direct':
      return [config.directNamespace];
    case 'gateway':
      return [...new Set(gatewaysOf(config).map(({ namespace }) => namespace))];
  }
}

type Labels = Readonly<Record<string, string>>;

/** The first policy all of whose rules match, else the default; a rule that is not known matches nothing. */
function visibilityOf(setting: JsonObject, labels: Labels): string {
  const policy = listOf(setting['policies'])
    .map(mapOf)
    .find(({ matchingRules }) =>
      listOf(matchingRules).every((rule) => {
        const { namespaceSelector } = mapOf(rule);
        return namespaceSelector !== undefined && matches(mapOf(namespaceSelector), labels);
      }),
    );
  return textOf(policy === undefined ? setting['defaultVisibility'] : policy['visibility']);
}

function matches({ matchLabels, matchExpressions }: JsonObject, labels: Labels): boolean {
  const equal = Object.entries(mapOf(matchLabels)).every(([key, value]) => labels[key] === value);
  return equal && listOf(matchExpressions).every((expression) => holds(mapOf(expression), labels));
}

function holds({ key, operator, values }: JsonObject, labels: Labels): boolean {
  const value = labels[textOf(key)];
  switch (operator) {
    case 'In':
      return value !== undefined && textsOf(values).includes(value);
    case 'NotIn':
      return value === undefined || !textsOf(values).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
