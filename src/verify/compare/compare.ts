import type { Answer } from '../intent/intent.ts';
import type { IntentLayer } from '../intent/intent-layer.ts';
import type { PodClass } from './pod-classes.ts';
import type { SharedAccess } from './shared-access.ts';
import { acceptedGapFor } from './accepted-gaps.ts';
import type { Findings, Finding } from './findings.ts';
import type { AcceptedGap, Layers } from '../layers.ts';
import { elsewhere, type MeshLayer, type EgressPath } from '../mesh/mesh-layer.ts';
import type { Perimeters, PointDecision } from '../perimeter/perimeters.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Probe } from '../flows/probes.ts';
import type { Sources } from '../perimeter/sources.ts';

export interface Comparison {
  readonly layers: Layers;
  readonly index: ProbeIndex;
  readonly intent: IntentLayer;
  readonly mesh: MeshLayer | undefined;
  readonly perimeters: Perimeters;
  readonly sources: Sources;
  readonly sharedAccess: SharedAccess;
  readonly findings: Findings;
}

/** How one flow of one class fares: what is wanted, whether and how the mesh lets it out. */
interface Case {
  readonly pods: PodClass;
  readonly probe: Probe;
  readonly wanted: boolean;
  /** What the mesh does with it; undefined: it leaves as wanted, and nothing in the cluster sees to that. */
  readonly way: EgressPath | undefined;
}

/** Every flow of one class of pods, through every layer. */
export function compare(comparison: Comparison, pods: PodClass): void {
  const { intent, index, mesh } = comparison;
  const accepted = intent.accepts(pods.policies);
  const ways = mesh?.paths(pods.client, pods.meshKey);
  const reached = reachedBy(ways);
  for (const probe of index.probes) {
    const way = ways?.[probe.index];
    const governing = way !== undefined && governs(pods, probe, way) ? way : undefined;
    const one: Case = { pods, probe, wanted: accepted[probe.index] === 1, way: governing };
    if (governing?.verdict === 'Accept') leaving(comparison, one, governing);
    else if (governing === undefined && one.wanted) unmeshed(comparison, one);
    else if (one.wanted) stopped(comparison, one, reached.has(probe.index));
    else unwanted(comparison, one);
    if (!one.wanted) pastProxy(comparison, one);
  }
}

/** Flows that leave under another name or port than they were asked for: TLS made by a gateway. */
function reachedBy(ways: readonly EgressPath[] | undefined): ReadonlySet<number> {
  const reached = new Set<number>();
  for (const { verdict, outside } of ways ?? []) if (verdict === 'Accept') reached.add(outside.index);
  return reached;
}

/**
 * Has the mesh a say? Where nothing of it is about a pod or a protocol, and at a ztunnel, which lets pass what nobody
 * has told it about, that it lets flows pass means nothing.
 */
function governs({ inMesh, client }: PodClass, { protocol }: Probe, { decided, verdict }: EgressPath): boolean {
  if (decided || verdict === 'Deny') return true;
  return inMesh.some(({ mode }) => mode === 'none' || (protocol === 'TCP' && client.meshed === 'sidecar'));
}

/** The mesh lets it out. */
function leaving(comparison: Comparison, { pods, probe }: Case, way: EgressPath): void {
  const { intent, perimeters, mesh, sharedAccess } = comparison;
  const accepted =
    way.outside.index === elsewhere
      ? intent.answer(pods.policies, way.outside).verdict === 'Accept'
      : intent.accepts(pods.policies)[way.outside.index] === 1;
  const stands = perimeters.meet(pods, way.gateway, way.outside);
  const stop = stands.find(({ stops }) => stops);
  if (accepted) {
    for (const stand of stands)
      if (stand.stops) report(comparison, pods, stoppedThere(comparison, pods, stand, way, probe));
    if (!way.certain) uncertain(comparison, pods, probe);
    if (way.gateway !== '')
      reportBypass(comparison, pods, probe, 'gets round the gateway: from the pod itself it leaves too');
    return;
  }
  const object = decisive(mesh?.answer(pods.client, probe).steps ?? []);
  const unwanted = `${object} lets it out, and ${denies(intent.answer(pods.policies, way.outside))}`;
  const point = meshPoint(pods);
  if (stop === undefined) {
    const [stand] = stands;
    const told = stand ? { point: stand.point, rule: stand.rule } : { point, rule: object };
    report(comparison, pods, { side: stand ? 'perimeterOnly' : 'wider', ...told, reason: unwanted, probe });
  } else if (!way.certain || sharedAccess.inMesh(pods, way.outside)) {
    const reason = `lets out what the intent denies, and the perimeter has to stop it: ${
      way.certain ? 'it cannot tell these workloads from others that may' : 'nobody knows for certain what it does'
    }`;
    report(comparison, pods, { side: 'known', point, rule: object, reason, probe });
  } else report(comparison, pods, { side: 'meshOnly', point: stop.point, rule: stop.rule, reason: unwanted, probe });
}

function stoppedThere(
  { layers }: Comparison,
  { inMesh }: PodClass,
  { at, point, rule, sources }: PointDecision,
  { gateway }: EgressPath,
  probe: Probe,
): Finding {
  const excuse = acceptedGapFor(layers.perimeters[at]?.acceptedGaps ?? [], probe);
  const who = gateway === '' ? '' : ` for ${gateway}, whose address it meets`;
  const where = rule === 'default' ? `no rule accepts it${who}` : `its rule stops it${who}`;
  const nobody = gateway !== '' && sources.length === 0 ? `no pod of ${gateway} has an address` : where;
  const by = inMesh.length > 0 ? 'the mesh lets it out' : 'the intent permits it';
  return { side: 'meshOnly', point, rule, reason: `${by}, ${excuse?.message ?? nobody}`, probe };
}

/** Nothing in the cluster sees to it, so that the perimeter has to let it out. */
function unmeshed(comparison: Comparison, { pods, probe }: Case): void {
  for (const stand of comparison.perimeters.meet(pods, '', probe)) {
    if (!stand.stops) continue;
    const excuse = acceptedGapFor(comparison.layers.perimeters[stand.at]?.acceptedGaps ?? [], probe);
    const { point, rule } = stand;
    const why = rule === 'default' ? 'no rule accepts it' : 'its rule stops it';
    report(comparison, pods, {
      side: 'meshOnly',
      point,
      rule,
      reason: `the intent permits it, ${excuse?.message ?? why}`,
      probe,
    });
  }
}

/** It is wanted, and the mesh stops it. */
function stopped(comparison: Comparison, { pods, probe, way }: Case, reached: boolean): void {
  if (reached || way === undefined) return;
  const { perimeters, mesh } = comparison;
  const steps = mesh?.answer(pods.client, probe).steps ?? [];
  const object = decisive(steps);
  const excuse = excuseInMesh(pods, steps.at(-1)?.layer === 'network-policy', probe);
  const grants = perimeters.grants(pods, probe);
  const [grant] = grants;
  const point = meshPoint(pods);
  if (excuse !== undefined)
    report(comparison, pods, { side: 'known', point, rule: object, reason: excuse.message, probe });
  else if (grant !== undefined && grants.every(({ stops }) => !stops)) {
    const reason = `the intent permits it, and ${object} stops it in the mesh`;
    report(comparison, pods, { side: 'perimeterOnly', point: grant.point, rule: grant.rule, reason, probe });
  } else report(comparison, pods, { side: 'narrower', point, rule: object, reason: 'the intent permits it', probe });
}

/** Only the losses of those who stop it excuse that; one who leaves it to a mesh is excused where there is none. */
function excuseInMesh({ inMesh }: PodClass, byNetwork: boolean, probe: Probe): AcceptedGap | undefined {
  const proxied = inMesh.some(({ mode }) => mode !== 'none');
  const responsible = inMesh.filter(({ mode }) => (mode === 'none') === byNetwork);
  const excuses = responsible.flatMap((point) => point.acceptedGaps.filter(({ elsewhere }) => !(elsewhere && proxied)));
  return acceptedGapFor(excuses, probe);
}

function uncertain(comparison: Comparison, pods: PodClass, probe: Probe): void {
  const object = decisive(comparison.mesh?.answer(pods.client, probe).steps ?? []);
  const reason = 'nobody knows for certain what the mesh does with it';
  report(comparison, pods, { side: 'known', point: meshPoint(pods), rule: object, reason, probe });
}

/** Where network policies are to keep pods from walking around the proxy, they should. */
function pastProxy(comparison: Comparison, { pods, probe }: Case): void {
  const { mesh } = comparison;
  const point = pods.inMesh.find(({ mode }) => mode === 'none')?.point.metadata.name;
  if (mesh === undefined || point === undefined) return;
  if (mesh.bypassesProxy(pods.client, pods.meshKey, probe) !== 'yes') return;
  const object = decisive(mesh.answer({ ...pods.client, meshed: 'none' }, probe).steps);
  const reason = 'lets it out past the proxy, and the intent does not permit it';
  report(comparison, pods, { side: 'wider', point, rule: object, reason, probe });
}

/** Neither the intent nor the mesh wants it. */
function unwanted(comparison: Comparison, { pods, probe, way }: Case): void {
  const { perimeters, sharedAccess, intent } = comparison;
  const stands = perimeters.meet(pods, '', probe);
  if (way !== undefined) toGateway(comparison, pods, probe);
  if (stands.every(({ stops }) => stops)) return;
  if (reportBypass(comparison, pods, probe, denies(intent.answer(pods.policies, probe)))) return;
  for (const { at, point, rule, stops, sources } of stands) {
    if (stops) continue;
    const isShared = sharedAccess.atPerimeter(at, sources, probe);
    const reason = isShared
      ? 'workloads that it sees under one address gain the same access; another layer tells them apart'
      : `${denies(intent.answer(pods.policies, probe))}; ${way === undefined ? 'another point' : 'the mesh'} stops it`;
    report(comparison, pods, { side: isShared ? 'known' : 'wider', point, rule, reason, probe });
  }
}

/** A perimeter that sees only the gateway grants to all of its users what one of them may: the gateway decides. */
function toGateway({ perimeters, sharedAccess, ...comparison }: Comparison, pods: PodClass, probe: Probe): void {
  for (const { at, point, rule, stops } of perimeters.gateways(pods, probe)) {
    if (stops) continue;
    const [side, reason] = sharedAccess.atGateway(at, probe)
      ? ([
          'known',
          'it sees the gateway alone, so that all behind it gain the same; the mesh tells them apart',
        ] as const)
      : (['wider', 'nobody behind the gateway may go there; the mesh stops it'] as const);
    report(comparison, pods, { side, point, rule, reason, probe });
  }
}

/** Is there a way past the proxy on which nothing stops it? Then it is told. */
function reportBypass(comparison: Comparison, pods: PodClass, probe: Probe, reason: string): boolean {
  const { perimeters, mesh } = comparison;
  const stands = perimeters.meet(pods, '', probe);
  const [stand] = stands;
  if (stand === undefined || stands.some(({ stops }) => stops)) return false;
  if (mesh?.bypassesProxy(pods.client, pods.meshKey, probe) === 'no') return false;
  report(comparison, pods, { side: 'perimeterOnly', point: stand.point, rule: stand.rule, reason, probe });
  return true;
}

function report({ findings }: Pick<Comparison, 'findings'>, { pod, count }: PodClass, told: Finding): void {
  const { namespace, name, workload } = pod;
  findings.add({ namespace, workload, pod: `${namespace}/${name}` }, count, told);
}

function denies({ policy, field }: Answer): string {
  return policy === null ? 'no policy permits it' : `${policy} ${field} denies it`;
}

function meshPoint({ inMesh }: PodClass): string {
  return inMesh[0]?.point.metadata.name ?? 'mesh';
}

function decisive(steps: readonly { readonly object: string; readonly verdict: string }[]): string {
  return steps.findLast(({ object }) => object !== '')?.object ?? 'default';
}
