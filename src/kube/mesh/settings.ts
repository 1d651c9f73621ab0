import { load } from 'js-yaml';
import { z } from 'zod';
import type { ObjectName } from '../../adapter/kubernetes-objects.ts';
import { pathText } from '../../api/validation-errors.ts';
import { istioDefaults, readMeshConfig, type MeshConfig } from '../../verify/mesh/objects/config.ts';

/** Where a mesh of one revision keeps its settings: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
export const usualSettings: ObjectName = { namespace: 'istio-system', name: 'istio' };

const configMap = z.looseObject({
  kind: z.literal('ConfigMap'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
  data: z.looseObject({ mesh: z.string() }),
});

/** The settings of a mesh, and why they are not those that its ConfigMap holds. */
export interface ReadSettings {
  readonly config: MeshConfig;
  /** `ConfigMap/istio-system/istio`; undefined: there is none, and Istio's own defaults are taken. */
  readonly from: string | undefined;
  /** What is wrong with it; Istio's own defaults are then taken. */
  readonly fault?: string;
}

/** Reads the first ConfigMap among plain objects that has one of these names, or without names, one that is called as Istio calls it. */
export function settingsIn(objects: readonly unknown[], names: readonly ObjectName[] = []): ReadSettings {
  const isMeant = ({ namespace, name }: ObjectName): boolean =>
    names.length === 0
      ? name === usualSettings.name
      : names.some((one) => one.name === name && (namespace === '' || one.namespace === namespace));
  const found = objects
    .flatMap((object) => configMap.safeParse(object).data ?? [])
    .find(({ metadata }) => isMeant(metadata));
  if (found === undefined) return { config: istioDefaults, from: undefined };
  const from = `ConfigMap/${found.metadata.namespace}/${found.metadata.name}`;
  try {
    return { config: readMeshConfig(load(found.data.mesh)), from };
  } catch (error) {
    return { config: istioDefaults, from, fault: `data.mesh: ${firstLineOf(error)}` };
  }
}

function firstLineOf(error: unknown): string {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`)[0] ?? '';
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
