import type { Probe } from '../flows/probes.ts';
import type { AcceptedGap } from '../layers.ts';
import type { PointDecision } from '../perimeter/perimeters.ts';
import { acceptedGapFor } from './accepted-gaps.ts';
import type { PodClass } from './pod-classes.ts';
import {
  decisive,
  denies,
  isForAnObject,
  pointInCluster,
  report,
  reportUnknown,
  type Case,
  type Comparison,
} from './report.ts';

/** A wanted flow that the mesh or a network policy stops. */
export function stoppedInCluster(comparison: Comparison, one: Case, reached: boolean): void {
  const { pods, probe, path } = one;
  if (reached || path === undefined) return;
  if (!path.certain && isForAnObject(comparison, one)) {
    reportUnknown(comparison, one);
    return;
  }
  const { perimeters, mesh } = comparison;
  const steps = mesh?.answer(pods.client, probe).steps ?? [];
  const object = decisive(steps);
  const gap = gapInCluster(pods, steps.at(-1)?.layer === 'network-policy', probe);
  const grants = perimeters.grants(pods, probe);
  const point = pointInCluster(one);
  if (gap !== undefined) report(comparison, one, { side: 'known', point, rule: object, reason: gap.message, probe });
  else if (grants.length > 0 && grants.every(({ stops }) => !stops)) {
    const reason = `the intent permits it and the perimeter lets it out, and ${object} stops it in the cluster`;
    report(comparison, one, { side: 'blocked', point, rule: object, reason, probe });
  } else report(comparison, one, { side: 'narrower', point, rule: object, reason: 'the intent permits it', probe });
}

/** Only the gaps of those who stop it count; what one leaves to a mesh counts where there is none. */
function gapInCluster({ inMesh }: PodClass, byNetwork: boolean, probe: Probe): AcceptedGap | undefined {
  const proxied = inMesh.some(({ mode }) => mode !== 'none');
  const responsible = inMesh.filter(({ mode }) => (mode === 'none') === byNetwork);
  const gaps = responsible.flatMap((point) => point.acceptedGaps.filter(({ elsewhere }) => !(elsewhere && proxied)));
  return acceptedGapFor(gaps, probe);
}

/** The point whose network policies are to keep the pods from walking around the proxy. */
export function proxyKeeper({ mesh }: Comparison, { inMesh, pod, client }: PodClass): string | undefined {
  if (mesh === undefined || pod.hostNetwork || client.secondaryNetwork !== undefined) return undefined;
  return inMesh.find(({ mode }) => mode === 'none')?.point.metadata.name;
}

/** Where network policies are to keep pods from walking around their proxy, they should. */
export function bypassesProxy(comparison: Comparison, one: Case): void {
  const { mesh, perimeters } = comparison;
  const { pods, probe } = one;
  const point = proxyKeeper(comparison, pods);
  if (mesh === undefined || point === undefined || pods.client.meshed === 'none') return;
  const bypasses = mesh.bypassesProxy(pods.client, pods.meshKin, probe);
  const unproxied = { ...pods.client, meshed: 'none' } as const;
  if (bypasses === 'unknown') {
    const stopped = perimeters.meet(pods, '', probe).some(({ stops }) => stops);
    if (!stopped) reportUnknown(comparison, one, unproxied);
  }
  if (bypasses !== 'yes') return;
  const object = decisive(mesh.answer(unproxied, probe).steps);
  const reason = 'lets it out past the proxy, and the intent does not permit it';
  report(comparison, one, { side: 'wider', point, rule: object, reason, probe });
}

/** Neither the intent nor the cluster wants it. */
export function notWanted(comparison: Comparison, one: Case): void {
  const { perimeters, sharedAccess, intent } = comparison;
  const { pods, probe, path } = one;
  const decisions = perimeters.meet(pods, '', probe);
  if (decisions.every(({ stops }) => stops)) return;
  if (path?.certain === false && isForAnObject(comparison, one)) {
    reportUnknown(comparison, one);
    return;
  }
  if (reportBypass(comparison, one, denies(intent.answer(pods.policies, probe)))) return;
  for (const { at, point, rule, stops, sources } of decisions) {
    if (stops) continue;
    const isShared = sharedAccess.atPerimeter(at, sources, probe);
    const reason = isShared
      ? 'workloads that it sees under one address gain the same access; another layer tells them apart'
      : `${denies(intent.answer(pods.policies, probe))}; ${path === undefined ? 'another point' : 'the mesh'} stops it`;
    report(comparison, one, { side: isShared ? 'known' : 'wider', point, rule, reason, probe });
  }
}

/** Continues why a perimeter lets a flow out that nobody permits, where it takes the pod for others that may. */
export function sharing(
  { sharedAccess, perimeters }: Comparison,
  { pods, probe }: Pick<Case, 'pods' | 'probe'>,
  { at, sources }: Pick<PointDecision, 'at' | 'sources'>,
): string {
  if (!sharedAccess.atPerimeter(at, sources, probe)) return '';
  const named = perimeters.namedBy(pods);
  return named === undefined
    ? '; it meets the perimeter under an address of workloads that may: give those one of their own'
    : `; ${named} makes it the gateway of workloads that may: have gateways chosen by a Namespace or an EgressGatewayPolicy`;
}

/** Is there a way past the proxy on which nothing stops it? Then it is told. */
export function reportBypass(comparison: Comparison, one: Case, reason: string): boolean {
  const { perimeters, mesh } = comparison;
  const { pods, probe } = one;
  const decisions = perimeters.meet(pods, '', probe);
  const [first] = decisions;
  if (first === undefined || decisions.some(({ stops }) => stops)) return false;
  const bypasses = mesh?.bypassesProxy(pods.client, pods.meshKin, probe) ?? 'yes';
  if (bypasses === 'no') return false;
  if (bypasses === 'unknown') {
    reportUnknown(comparison, one, { ...pods.client, meshed: 'none' });
    return true;
  }
  const why = `${reason}${sharing(comparison, one, first)}`;
  report(comparison, one, { side: 'perimeterOnly', point: first.point, rule: first.rule, reason: why, probe });
  return true;
}
