import type { EgressApproval } from '../../../api/kinds.ts';
import type { ObjectMeta } from '../../../api/meta.ts';
import type { ApprovedBy, Origin } from '../../model/desired.ts';

/** The origin of a whole policy, and what it is in force by where it needs an approval. */
export function policyOrigin(
  kind: Origin['kind'],
  metadata: Pick<ObjectMeta, 'name' | 'uid' | 'generation' | 'changedBy' | 'creationTimestamp'>,
  tier: Origin['tier'],
  namespace: string,
  approval?: EgressApproval,
): Origin {
  const { name, uid, generation, changedBy, creationTimestamp: createdAt } = metadata;
  const origin: Origin = { kind, namespace, name, uid, generation, tier, field: 'spec' };
  return withHistory(origin, { createdAt, changedBy, approvedBy: approval && approvedBy(approval) });
}

function approvedBy({ metadata, spec: { approver, until = '', breakGlass } }: EgressApproval): ApprovedBy {
  const { name: approval, creationTimestamp: at } = metadata;
  return { approver, approval, ...(at !== undefined && { at }), until, ...(breakGlass && { breakGlass }) };
}

/** The origin of one entry of it. Spelled out, because there are many, and objects put together from parts take several times the memory. */
export function entryOrigin(origin: Origin, field: string, externalService: string | undefined): Origin {
  const { kind, namespace, name, uid, generation, tier } = origin;
  const entry: Origin =
    externalService === undefined
      ? { kind, namespace, name, uid, generation, tier, field }
      : { kind, namespace, name, uid, generation, tier, field, externalService };
  return withHistory(entry, origin);
}

type History = { readonly [K in 'createdAt' | 'changedBy' | 'approvedBy']?: Origin[K] | undefined };

function withHistory(origin: Origin, { createdAt, changedBy, approvedBy: by }: History): Origin {
  if (changedBy === undefined && createdAt === undefined && by === undefined) return origin;
  return {
    ...origin,
    ...(createdAt !== undefined && { createdAt }),
    ...(changedBy && { changedBy }),
    ...(by && { approvedBy: by }),
  };
}

/** `spec.to[0]`: those that nearly all entries have are made once. */
export function fieldOfEntry(list: string, index: number): string {
  return (list === 'spec.to' ? fieldsOfTo[index] : undefined) ?? `${list}[${index}]`;
}

const fieldsOfTo: readonly string[] = Array.from({ length: 16 }, (_, index) => `spec.to[${index}]`);

/** `EgressPolicy/test-app/app-a`, as problems name it. */
export function nameOfOrigin({ kind, namespace, name }: Origin): string {
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** The entry, `ClusterEgressPolicy/catalogue spec.egress[0].to[1]`. */
export function nameOfIntent({ origin }: { readonly origin: Origin }): string {
  return `${nameOfOrigin(origin)} ${origin.field}`;
}
