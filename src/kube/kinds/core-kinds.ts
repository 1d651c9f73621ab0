import { z } from 'zod';
import { canonicalAddress } from '../../net/address.ts';
import { topController, type Owner } from './top-controller.ts';
import type { Namespace, Node, Pod, ServiceAccount } from '../../core/model/snapshot.ts';

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
  return readBy(namespaceSchema, input, ({ metadata: { name, labels } }) => ({
    name,
    labels: { [nameLabel]: name, ...labels },
  }));
}

export function readServiceAccount(input: unknown): ReadResult<ServiceAccount> {
  return readBy(serviceAccountSchema, input, ({ metadata: { name, namespace } }) => ({
    namespace: namespace ?? 'default',
    name,
  }));
}

export function readNode(input: unknown): ReadResult<Node> {
  return readBy(nodeSchema, input, ({ metadata: { name, labels }, status }) => ({
    name,
    labels: labels ?? {},
    addresses: [...new Set((status?.addresses ?? []).flatMap(({ type, address }) => nodeAddress(type, address)))],
  }));
}

export function readPod(input: unknown): ReadResult<Pod> {
  return readBy(podSchema, input, ({ metadata, spec, status }) => {
    const namespace = metadata.namespace ?? 'default';
    const labels = metadata.labels ?? {};
    return {
      uid: metadata.uid ?? `${namespace}/${metadata.name}`,
      namespace,
      name: metadata.name,
      labels,
      serviceAccount: accountOf(spec),
      node: spec.nodeName ?? '',
      hostNetwork: spec.hostNetwork ?? false,
      phase: status?.phase ?? 'Pending',
      ...failedBy(status),
      deleting: metadata.deletionTimestamp != null,
      ...deletionAsked(metadata),
      addresses: onePerFamily(status),
      created: metadata.creationTimestamp ?? '',
      ...startedAt(status?.startTime),
      ...topController(ownerOf(metadata), labels),
      ...sidecarOf(metadata.annotations),
      ...(isGated(spec) && { gate: isOpen(status?.conditions) ? 'open' : 'closed' }),
    };
  });
}

const injectedBy = 'sidecar.istio.io/status';
const aboutSidecars = /^(traffic\.sidecar\.istio\.io\/|sidecar\.istio\.io\/(status|inject|interceptionMode)$)/;

/** The first letters of annotations about sidecars. */
export const sidecarAnnotations = ['sidecar.istio.io/', 'traffic.sidecar.istio.io/'];

function sidecarOf(annotations: z.output<typeof labelsSchema>): Pick<Pod, 'sidecar'> {
  const said = Object.entries(annotations ?? {}).filter(([key]) => aboutSidecars.test(key));
  if (said.length === 0) return {};
  return { sidecar: Object.fromEntries(said.map(([key, value]) => [key, key === injectedBy ? '' : value])) };
}

/** Why a pod failed, such as `Evicted`. */
function failedBy(status: z.output<typeof podSchema>['status']): Pick<Pod, 'failedBy'> {
  return status?.phase === 'Failed' && status.reason ? { failedBy: status.reason } : {};
}

/** The controlling owner; a pod without one owns itself. */
/** A static pod is kept by its node, which is no workload: it stands for itself. */
function ownerOf({ name, ownerReferences }: z.output<typeof metadataSchema>): Owner {
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined || owner.kind === 'Node' ? { kind: 'Pod', name } : owner;
}

/** A path as users write it: `spec.to[1].networks[0]`. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** Checks an object by its schema, and reduces it if it has no faults. */
export function readBy<S extends z.ZodType, T>(
  schema: S,
  input: unknown,
  reduce: (object: z.output<S>) => T,
): ReadResult<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { object: reduce(parsed.data) };
  return { faults: parsed.error.issues.map(({ path, message }) => ({ field: fieldPath(path), message })) };
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

const addressSchema = z
  .string()
  .refine((text) => canonicalAddress(text) !== undefined, 'must be an IPv4 or IPv6 address');

const namespaceSchema = z.object({ metadata: metadataSchema });
const serviceAccountSchema = z.object({ metadata: metadataSchema });
const nodeSchema = z.object({
  metadata: metadataSchema,
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish() }).nullish(),
});
const podSchema = z.object({
  metadata: metadataSchema.extend({ annotations: labelsSchema }),
  spec: podSpecSchema,
  status: z
    .object({
      // The API server takes any word: of one that nobody knows, nobody knows whether the pod has ended.
      phase: z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']).nullish().catch('Unknown'),
      reason: z.string().nullish(),
      startTime: z.string().nullish(),
      podIP: addressSchema.or(z.literal('')).nullish(),
      podIPs: z.array(z.object({ ip: addressSchema })).nullish(),
      /** Every pod has some; they are read only of pods with our readiness gate. */
      conditions: z.unknown().optional(),
    })
    .nullish(),
});

/** Host names are no addresses; a node is not refused for having some. */
function nodeAddress(type: string, text: string): readonly string[] {
  const address = type === 'InternalIP' || type === 'ExternalIP' ? canonicalAddress(text) : undefined;
  return address === undefined ? [] : [address];
}

/** The pod condition that says whether its addresses are live on every enforcement point. */
export const gateCondition = 'postern.dev/perimeter';

function isGated({ readinessGates }: z.output<typeof podSpecSchema>): boolean {
  return readinessGates?.some(({ conditionType }) => conditionType === gateCondition) ?? false;
}

function isOpen(conditions: unknown): boolean {
  const read = z.array(z.looseObject({ type: z.string(), status: z.string() })).safeParse(conditions);
  return read.success && read.data.some(({ type, status }) => type === gateCondition && status === 'True');
}

function startedAt(time: string | null | undefined): Pick<Pod, 'started'> {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? {} : { started: ms / 1_000 };
}

/** The API server sets the timestamp to when the deletion is due: when it was asked for, and the time that the pod is given. */
function deletionAsked({
  deletionTimestamp,
  deletionGracePeriodSeconds,
}: z.output<typeof metadataSchema>): Pick<Pod, 'deletionAsked'> {
  const due = Date.parse(deletionTimestamp ?? '');
  return Number.isNaN(due) ? {} : { deletionAsked: due / 1_000 - (deletionGracePeriodSeconds ?? 0) };
}

function onePerFamily(status: z.output<typeof podSchema>['status']): readonly string[] {
  const listed = status?.podIPs?.map(({ ip }) => ip) ?? [];
  const all = [...listed, ...(status?.podIP ? [status.podIP] : [])].flatMap((text) => canonicalAddress(text) ?? []);
  const four = all.find((address) => !address.includes(':'));
  const six = all.find((address) => address.includes(':'));
  return all.filter((address, index) => (address === four || address === six) && all.indexOf(address) === index);
}
