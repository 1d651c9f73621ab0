import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Probe } from '../flows/probes.ts';
import type { Answer } from '../intent/intent.ts';
import type { IntentLayer } from '../intent/intent-layer.ts';
import type { Layers } from '../layers.ts';
import type { MeshClient } from '../mesh/answer.ts';
import type { EgressPath } from '../mesh/egress-path.ts';
import type { MeshLayer } from '../mesh/mesh-layer.ts';
import type { Perimeters } from '../perimeter/perimeters.ts';
import type { Finding, Findings } from './findings.ts';
import type { PodClass } from './pod-classes.ts';
import type { SharedAccess } from './shared-access.ts';

export interface Comparison {
  readonly layers: Layers;
  readonly index: ProbeIndex;
  readonly intent: IntentLayer;
  readonly mesh: MeshLayer | undefined;
  readonly perimeters: Perimeters;
  /** What rules of others do to ours, by point and name. */
  readonly foreignRoles: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly sharedAccess: SharedAccess;
  readonly findings: Findings;
}

/** How one flow of one class fares: what is wanted, whether and how the cluster lets it out. */
export interface Case {
  readonly pods: PodClass;
  readonly probe: Probe;
  readonly wanted: boolean;
  /** What the mesh and network policies do with it; undefined: nothing in the cluster sees to it. */
  readonly path: EgressPath | undefined;
}

/** @param flows of these pods for which the one stands that is found */
export function report(
  { findings, foreignRoles }: Pick<Comparison, 'findings' | 'foreignRoles'>,
  { pods }: { readonly pods: Pick<PodClass, 'pod' | 'count'> },
  finding: Finding,
  flows = 1,
): void {
  const { pod, count } = pods;
  const { namespace, name, workload, workloadBy } = pod;
  const role = foreignRoles.get(finding.point)?.get(finding.rule);
  const told = role === undefined ? finding : { ...finding, reason: `${finding.reason}; ${role}` };
  const who = { namespace, workload, pod: `${namespace}/${name}`, ...(workloadBy && { workloadBy }) };
  findings.add(who, count * flows, told);
}

/** Nobody can say what the cluster does with the flow: which object it is about, and why. */
export function reportUnknown(comparison: Comparison, one: Case, client: MeshClient = one.pods.client): void {
  const { object, reason } = unknownStep(comparison, one, client);
  report(comparison, one, { side: 'unknown', point: pointInCluster(one), rule: object, reason, probe: one.probe });
}

function unknownStep({ mesh }: Comparison, { probe }: Case, client: MeshClient): { object: string; reason: string } {
  const steps = mesh?.answer(client, probe).steps ?? [];
  const step = steps.find(({ doubt }) => doubt !== undefined) ?? steps.at(-1);
  const { object = '', reason = 'it is unknown what the mesh does with it' } = step ?? {};
  return { object: object === '' ? 'default' : object, reason };
}

/** Is it an object that nobody understands, and not what Istio leaves undefined? */
export function isForAnObject(comparison: Comparison, one: Case): boolean {
  return isInDoubt(comparison, one, ['object', 'names']);
}

/** The same of a flow that nobody wants and the perimeter stops: which addresses the names of a rule have is then all one. */
export function isForMoreThanNames(comparison: Comparison, one: Case): boolean {
  return isInDoubt(comparison, one, ['object']);
}

function isInDoubt({ mesh }: Comparison, { pods, probe }: Case, doubts: readonly string[]): boolean {
  return mesh?.answer(pods.client, probe).steps.some(({ doubt = '' }) => doubts.includes(doubt)) === true;
}

export function denies({ policy, field }: Answer): string {
  return policy === null ? 'no policy permits it' : `${policy} ${field} denies it`;
}

/** The point in the cluster that the pods are covered by; without one `mesh`, or `cluster` of pods that are in none. */
export function pointInCluster({ pods: { inMesh, client } }: Pick<Case, 'pods'>): string {
  return inMesh[0]?.point.metadata.name ?? (client.meshed === 'none' ? 'cluster' : 'mesh');
}

/** The object that decides, by the last step that names one. */
export function decisive(steps: readonly { readonly object: string }[]): string {
  return steps.findLast(({ object }) => object !== '')?.object ?? 'default';
}
