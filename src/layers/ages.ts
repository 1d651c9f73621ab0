import { z } from 'zod';
import type { KubernetesObject } from '../adapter/kubernetes-objects.ts';
import { yetToBeWritten } from '../verify/mesh/registry/age.ts';

const there = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional(), creationTimestamp: z.string() }),
});

/**
 * Our objects as old as they will be among those that are there: a mesh lets the older of two objects count. One that
 * is there already keeps its age when it is written again; one that has yet to be is younger than everything else.
 */
export function amongOthers(
  ours: readonly KubernetesObject[],
  others: readonly unknown[],
): readonly KubernetesObject[] {
  const ages = new Map(
    others.flatMap((other) => {
      const { data } = there.safeParse(other);
      return data === undefined ? [] : [[keyOf(data), data.metadata.creationTimestamp] as const];
    }),
  );
  return ours.map((object) => {
    const creationTimestamp = ages.get(keyOf(object)) ?? yetToBeWritten;
    return { ...object, metadata: { ...object.metadata, creationTimestamp } };
  });
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

function keyOf({ kind, metadata }: Named): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}
