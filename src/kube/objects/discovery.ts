import { z } from 'zod';
import type { ObjectKind } from '../../adapter/kubernetes-objects.ts';

/** One answer about every group: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
export const aggregatedDiscovery = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const resource = z.looseObject({
  resource: z.string(),
  responseKind: z.looseObject({ kind: z.string().default('') }).default({ kind: '' }),
  scope: z.string().default(''),
  verbs: z.array(z.string()).default([]),
});
const group = z.looseObject({
  metadata: z.looseObject({ name: z.string().default('') }),
  versions: z.array(z.looseObject({ version: z.string(), resources: z.array(resource).default([]) })).default([]),
});
export const discoverySchema = z.looseObject({ kind: z.literal('APIGroupDiscoveryList'), items: z.array(group) });

/** The kinds of a group of which there is a list. */
export function kindsOf({ metadata: { name }, versions }: z.output<typeof group>): readonly ObjectKind[] {
  const found = new Map<string, ObjectKind>();
  for (const { version, resources } of versions) {
    for (const { resource: plural, responseKind, scope, verbs } of resources) {
      if (responseKind.kind === '' || !verbs.includes('list')) continue;
      const known = found.get(plural)?.versions ?? [];
      const namespaced = scope === 'Namespaced';
      found.set(plural, { group: name, kind: responseKind.kind, plural, versions: [...known, version], namespaced });
    }
  }
  return [...found.values()];
}
