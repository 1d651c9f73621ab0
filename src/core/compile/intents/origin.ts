import type { ObjectMeta } from '../../../api/meta.ts';
import type { Origin } from '../../model/desired.ts';

/** The origin of a whole policy. */
export function policyOrigin(
  kind: Origin['kind'],
  metadata: Pick<ObjectMeta, 'name' | 'uid' | 'generation' | 'changedBy' | 'creationTimestamp'>,
  tier: Origin['tier'],
  namespace: string,
): Origin {
  const { changedBy, creationTimestamp: createdAt } = metadata;
  return {
    kind,
    namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    tier,
    field: 'spec',
    ...(createdAt !== undefined && { createdAt }),
    ...(changedBy && { changedBy }),
  };
}

/** The origin of one entry of it. Spelled out, because there are many, and objects put together from parts take several times the memory. */
export function entryOrigin(origin: Origin, field: string, externalService: string | undefined): Origin {
  const { kind, namespace, name, uid, generation, tier, changedBy, createdAt } = origin;
  const entry: Origin =
    externalService === undefined
      ? { kind, namespace, name, uid, generation, tier, field }
      : { kind, namespace, name, uid, generation, tier, field, externalService };
  if (changedBy === undefined && createdAt === undefined) return entry;
  return { ...entry, ...(createdAt !== undefined && { createdAt }), ...(changedBy && { changedBy }) };
}

/** `EgressPolicy/test-app/app-a`, as problems name it. */
export function nameOfOrigin({ kind, namespace, name }: Origin): string {
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** The entry, `ClusterEgressPolicy/catalogue spec.egress[0].to[1]`. */
export function nameOfIntent({ origin }: { readonly origin: Origin }): string {
  return `${nameOfOrigin(origin)} ${origin.field}`;
}
