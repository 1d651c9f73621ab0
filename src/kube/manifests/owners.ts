import { z } from 'zod';
import type { Pod } from '../../core/model/snapshot.ts';
import { topController, type Owner } from '../kinds/top-controller.ts';

/** The controlling owner of every object in manifests, by `namespace/Kind/name`; undefined: it has none. */
export type Owners = ReadonlyMap<string, Owner | undefined>;

const owned = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default('default'),
    ownerReferences: z
      .array(z.looseObject({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
      .nullish(),
  }),
});

/** An object of any kind as an entry of `Owners`; undefined: it has no name. */
export function ownersEntry(value: unknown): readonly [string, Owner | undefined] | undefined {
  const read = owned.safeParse(value);
  if (!read.success) return undefined;
  const { kind, metadata } = read.data;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return [`${metadata.namespace}/${kind}/${metadata.name}`, owner && { kind: owner.kind, name: owner.name }];
}

/** Pods under the top controllers that the references in manifests lead to. */
export function withTopControllers(pods: readonly Pod[], owners: Owners): readonly Pod[] {
  return pods.map((pod) => {
    const { workloadBy: _, ...rest } = pod;
    const owner = owners.get(`${pod.namespace}/Pod/${pod.name}`);
    if (owner === undefined || owner.kind === 'Node') return pod;
    const ownersOf = ({ kind, name }: Owner) => {
      const id = `${pod.namespace}/${kind}/${name}`;
      return owners.has(id) ? { owner: owners.get(id) } : undefined;
    };
    return { ...rest, ...topController(owner, pod.labels, ownersOf) };
  });
}
