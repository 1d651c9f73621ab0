import { z } from 'zod';
import { canonicalAddress, familyOf } from '../../net/address.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { attachmentsOf, networkStatus } from './attachments.ts';
import { accountOf, readBy, type metadataSchema, type podSpecSchema, type ReadResult } from './core-kinds.ts';
import { aboutEgressGateways, egressGatewayOf } from './egress-gateway.ts';
import { podSchema, type PodObject } from './pod-schema.ts';
import { isPlainPod } from './plain-pod.ts';
import { initArgsIn, proxyConfig, sidecarOf } from './sidecar.ts';
import { topController, type Owner } from './top-controller.ts';

export function readPod(input: unknown): ReadResult<Pod> {
  return isPlainPod(input) ? { object: reduced(input) } : readBySchema(input);
}

/** As `readPod`, and slower. */
export function readBySchema(input: unknown): ReadResult<Pod> {
  return readBy(podSchema, input, reduced);
}

function reduced({ metadata, spec, status }: PodObject): Pod {
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
    phase: status?.phase ?? '',
    ...failedBy(status),
    deleting: metadata.deletionTimestamp != null,
    ...deletionAsked(metadata),
    addresses: addressesIn(status),
    created: metadata.creationTimestamp ?? '',
    ...startedAt(status?.startTime),
    ...topController(ownerOf(metadata), labels),
    ...sidecarOf(metadata.annotations, initArgsIn(spec.initContainers)),
    ...attachmentsOf(metadata.annotations),
    ...egressGatewayOf(metadata.annotations),
    ...(isGated(spec) && { gate: isOpen(status?.conditions) ? 'open' : 'closed' }),
  };
}

/** The first letters of the annotations that decide something. */
export const readAnnotations = [
  'sidecar.istio.io/',
  'traffic.sidecar.istio.io/',
  proxyConfig,
  networkStatus,
  aboutEgressGateways,
];

/** Is there an annotation about networks of the pod or egress gateways, and not only about its sidecar? */
export function hasNetworkAnnotations(annotations: Labels): boolean {
  return Object.keys(annotations).some((key) => key === networkStatus || key.startsWith(aboutEgressGateways));
}

/** Why a pod failed, such as `Evicted`. */
function failedBy(status: PodObject['status']): Pick<Pod, 'failedBy'> {
  return status?.phase === 'Failed' && status.reason ? { failedBy: status.reason } : {};
}

/** The controlling owner; a pod without one owns itself. A static pod is kept by its node, which is no workload: it stands for itself. */
export function workloadOwner(controller: Owner | undefined, name: string): Owner {
  return controller === undefined || controller.kind === 'Node' ? { kind: 'Pod', name } : controller;
}

function ownerOf({ name, ownerReferences }: z.output<typeof metadataSchema>): Owner {
  return workloadOwner(
    ownerReferences?.find(({ controller }) => controller === true),
    name,
  );
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

function addressesIn(status: PodObject['status']): readonly string[] {
  const { podIPs, podIP } = status ?? {};
  const texts = (podIPs ?? []).map(({ ip }) => ip);
  return onePerFamily(podIP ? [...texts, podIP] : texts) ?? [];
}

/** The first of each family, canonical; undefined if any of them is no address. */
export function onePerFamily(texts: readonly string[]): readonly string[] | undefined {
  let first: string | undefined;
  let second: string | undefined;
  for (const text of texts) {
    const address = canonicalAddress(text);
    if (address === undefined) return undefined;
    if (first === undefined) first = address;
    else if (second === undefined && familyOf(address) !== familyOf(first)) second = address;
  }
  // Written out, because an array that grows keeps room for more.
  if (first === undefined) return [];
  return second === undefined ? [first] : [first, second];
}
