import type { EgressPath } from '../mesh/egress-path.ts';
import { elsewhere } from '../mesh/mesh-layer.ts';
import type { PointDecision } from '../perimeter/perimeters.ts';
import { onNetworkOfNode } from '../perimeter/sources.ts';
import type { Perimeter } from '../layers.ts';
import type { Probe } from '../flows/probes.ts';
import { acceptedGapFor } from './accepted-gaps.ts';
import type { Finding } from './findings.ts';
import type { PodClass } from './pod-classes.ts';
import { proxyKeeper, reportBypass, sharing } from './in-cluster.ts';
import {
  decisive,
  denies,
  isForAnObject,
  isForMoreThanNames,
  pointInCluster,
  report,
  reportUnknown,
  type Case,
  type Comparison,
} from './report.ts';

/** The cluster lets a flow out: the perimeters have to as well if it is wanted, and have to stop it if not. */
export function letOut(comparison: Comparison, one: Case, path: EgressPath): void {
  const { intent, perimeters } = comparison;
  const { pods } = one;
  const accepted =
    path.outside.index === elsewhere
      ? intent.answer(pods.policies, path.outside).verdict === 'Accept'
      : intent.accepts(pods.policies)[path.outside.index] === 1;
  const decisions = perimeters.meet(pods, path.gateway, path.outside);
  if (!accepted) {
    unwanted(comparison, one, path, decisions);
    return;
  }
  for (const decision of decisions)
    if (decision.stops) report(comparison, one, stoppedAtPerimeter(comparison, one, decision, path));
  if (!path.certain) reportUncertain(comparison, one);
  if (path.gateway !== '') reportBypass(comparison, one, 'gets round the gateway: from the pod itself it leaves too');
}

/** Let out as wanted, unless the cluster does what nobody can foresee. */
function reportUncertain(comparison: Comparison, one: Case): void {
  if (isForAnObject(comparison, one)) {
    reportUnknown(comparison, one);
    return;
  }
  const { pods, probe } = one;
  const rule = decisive(comparison.mesh?.answer(pods.client, probe).steps ?? []);
  const reason = `it is not certain that ${rule === 'default' ? 'the mesh' : rule} lets it out, as the intent permits`;
  report(comparison, one, { side: 'known', point: pointInCluster(one), rule, reason, probe });
}

function unwanted(comparison: Comparison, one: Case, path: EgressPath, decisions: readonly PointDecision[]): void {
  const { intent, mesh } = comparison;
  const { pods, probe } = one;
  const stop = decisions.find(({ stops }) => stops);
  if (!path.certain && (stop === undefined || isForMoreThanNames(comparison, one))) {
    reportUnknown(comparison, one);
    return;
  }
  const steps = mesh?.answer(pods.client, probe).steps ?? [];
  if (stop !== undefined && steps.some(({ doubt }) => doubt === 'names')) return;
  // A team's network policies are held against the intent where a point in the cluster speaks for it.
  if (stop !== undefined && pods.inMesh.length === 0 && steps.every(({ layer }) => layer === 'network-policy')) return;
  const object = decisive(steps);
  const reason = `${object} lets it out, and ${denies(intent.answer(pods.policies, path.outside))}`;
  const point = pointInCluster(one);
  if (stop === undefined) {
    reportOpen(comparison, one, decisions, { rule: object, reason });
    return;
  }
  const told = whyPerimeterStops(comparison, one, path, object);
  if (told === undefined) report(comparison, one, { side: 'wider', point, rule: object, reason, probe });
  else report(comparison, one, { side: 'known', point, rule: object, reason: told, probe });
}

/** Nothing stops it: the first perimeter that it gets through is named, or where there is none the object in the cluster. */
function reportOpen(
  comparison: Comparison,
  one: Case,
  [open]: readonly PointDecision[],
  found: Pick<Finding, 'rule' | 'reason'>,
): void {
  const { probe } = one;
  if (open === undefined) {
    report(comparison, one, { side: 'wider', point: pointInCluster(one), ...found, probe });
    return;
  }
  const { point, rule } = open;
  const reason = `${found.reason}${sharing(comparison, one, open)}`;
  report(comparison, one, { side: 'perimeterOnly', point, rule, reason, probe });
}

/** What was told of an object that lets out what the intent denies; undefined: nothing. */
function whyPerimeterStops(
  comparison: Comparison,
  { pods }: Case,
  path: EgressPath,
  object: string,
): string | undefined {
  if (pods.pod.hostNetwork)
    return 'does not apply to pods on the host network, so the perimeter has to stop what the intent denies';
  if (pods.client.secondaryNetwork !== undefined)
    return `does not apply on network ${pods.client.secondaryNetwork}, beside the pod network, so the perimeter has to stop what the intent denies`;
  if (!path.certain)
    return `may let out what the intent denies, and the perimeter has to stop it: it is not certain what ${object} does`;
  // Network policies are held against the intent pod by pod; a mesh, as far as it can tell them apart.
  const isWatched = pods.client.meshed === 'none' && proxyKeeper(comparison, pods) !== undefined;
  if (isWatched || !comparison.sharedAccess.inMesh(pods, path.outside)) return undefined;
  return 'lets out what the intent denies, and the perimeter has to stop it: it cannot tell these workloads from others that may';
}

function stoppedAtPerimeter(
  { layers }: Comparison,
  { pods, probe }: Case,
  { at, point, rule, sources }: PointDecision,
  { gateway }: EgressPath,
): Finding {
  const gap = toldBeforehand(layers.perimeters[at], pods, probe);
  const who = gateway === '' ? '' : ` for ${gateway}, whose address it meets`;
  const where = rule === 'default' ? `no rule accepts it${who}` : `its rule stops it${who}`;
  const nobody = gateway !== '' && sources.length === 0 ? `no pod of ${gateway} has an address` : where;
  const by = pods.inMesh.length > 0 ? 'the mesh lets it out' : 'the intent permits it';
  const reason = `${by}, ${gap ?? nobody}`;
  return { side: gap === undefined ? 'meshOnly' : 'known', point, rule, reason, probe };
}

/** Nothing in the cluster sees to a wanted flow, so that the perimeter has to let it out. */
export function withoutMesh(comparison: Comparison, one: Case): void {
  const { pods, probe } = one;
  for (const { at, point, rule, stops } of comparison.perimeters.meet(pods, '', probe)) {
    if (!stops) continue;
    const gap = toldBeforehand(comparison.layers.perimeters[at], pods, probe);
    const why = rule === 'default' ? 'no rule accepts it' : 'its rule stops it';
    const reason = `the intent permits it, ${gap ?? why}`;
    report(comparison, one, { side: gap === undefined ? 'meshOnly' : 'known', point, rule, reason, probe });
  }
}

/** Why a point lets out less than is intended, where it said so itself or its vantage does. */
function toldBeforehand(perimeter: Perimeter | undefined, { pod }: PodClass, probe: Probe): string | undefined {
  if (perimeter === undefined) return undefined;
  const gap = acceptedGapFor(perimeter.acceptedGaps, probe);
  if (gap !== undefined) return gap.message;
  const { type } = perimeter.point.spec.vantage;
  const ofNodes = type === 'Node' || type === 'Static';
  return pod.hostNetwork && !ofNodes ? `but ${onNetworkOfNode}: the point has vantage ${type}` : undefined;
}
