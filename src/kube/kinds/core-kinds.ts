import { z } from 'zod';
import { canonicalAddress } from '../../net/address.ts';
import { canonicalCidr } from '../../net/cidr.ts';
import { egressGatewayOf } from './egress-gateway.ts';
import { faultsIn } from '../../api/validation-errors.ts';
import type { Namespace, Node, ServiceAccount } from '../../core/model/snapshot.ts';

/*
 * Core objects of the Kubernetes API, reduced to the fields that decide anything. Unknown fields are ignored; a known field
 * of the wrong type is a fault, never a guess. `null` means absent, as it does to the API server.
 */

/** What is wrong with an object of a kind that is not ours, and where in it. */
export interface Fault {
  /** `status.podIPs[0].ip` */
  readonly field: string;
  readonly message: string;
}

export type ReadResult<T> = { readonly object: T } | { readonly faults: readonly Fault[] };

/** Every API server since 1.21 gives a namespace its name as this label. */
const nameLabel = 'kubernetes.io/metadata.name';

/** A namespace that exists because objects are in it, as far as it is known. */
export function impliedNamespace(name: string): Namespace {
  return { name, labels: { [nameLabel]: name } };
}

export function readNamespace(input: unknown): ReadResult<Namespace> {
  return readBy(namespaceSchema, input, ({ metadata: { name, labels, annotations } }) => ({
    name,
    labels: { [nameLabel]: name, ...labels },
    ...egressGatewayOf(annotations),
  }));
}

export function readServiceAccount(input: unknown): ReadResult<ServiceAccount> {
  return readBy(serviceAccountSchema, input, ({ metadata: { name, namespace } }) => ({
    namespace: namespace ?? 'default',
    name,
  }));
}

export function readNode(input: unknown): ReadResult<Node> {
  return readBy(nodeSchema, input, ({ metadata: { name, labels }, spec, status }) => {
    const podNetworks = (spec?.podCIDRs ?? []).flatMap((text) => canonicalCidr(text) ?? []);
    return {
      name,
      labels: labels ?? {},
      addresses: [...new Set((status?.addresses ?? []).flatMap(({ type, address }) => nodeAddress(type, address)))],
      ...(podNetworks.length > 0 && { podNetworks }),
    };
  });
}

/** Checks an object by its schema, and reduces it if it has no faults. */
export function readBy<S extends z.ZodType, T>(
  schema: S,
  input: unknown,
  reduce: (object: z.output<S>) => T,
): ReadResult<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { object: reduce(parsed.data) };
  return { faults: faultsIn(parsed.error, schema, input).map(({ field, message }) => ({ field, message })) };
}

export const labelsSchema = z.record(z.string(), z.string()).nullish();

export const metadataSchema = z.object({
  name: z.string().min(1),
  namespace: z.string().min(1).nullish(),
  uid: z.string().nullish(),
  labels: labelsSchema,
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  deletionGracePeriodSeconds: z.number().nullish(),
  ownerReferences: z
    .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
    .nullish(),
});

export const podSpecSchema = z.object({
  serviceAccountName: z.string().nullish(),
  /** Deprecated alias, still filled in by the API server. */
  serviceAccount: z.string().nullish(),
  nodeName: z.string().nullish(),
  hostNetwork: z.boolean().nullish(),
  readinessGates: z.array(z.object({ conditionType: z.string() })).nullish(),
});

/** `default` when the pod names none, as the API server fills in. */
export function accountOf(spec: z.output<typeof podSpecSchema> | null | undefined): string {
  return [spec?.serviceAccountName, spec?.serviceAccount].find(Boolean) ?? 'default';
}

const namespaceSchema = z.object({ metadata: metadataSchema.extend({ annotations: labelsSchema }) });
const serviceAccountSchema = z.object({ metadata: metadataSchema });
const nodeSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({ podCIDRs: z.array(z.string()).nullish() }).nullish(),
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish() }).nullish(),
});
/** Host names are no addresses; a node is not refused for having some. */
function nodeAddress(type: string, text: string): readonly string[] {
  const address = type === 'InternalIP' || type === 'ExternalIP' ? canonicalAddress(text) : undefined;
  return address === undefined ? [] : [address];
}
