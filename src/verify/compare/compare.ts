import { familyOf } from '../../net/address.ts';
import type { Probe } from '../flows/probes.ts';
import type { EgressPath } from '../mesh/egress-path.ts';
import { bypassesProxy, notWanted, proxyKeeper, stoppedInCluster } from './in-cluster.ts';
import { underClaimedName } from './claimed-names.ts';
import { letOut, withoutMesh } from './let-out.ts';
import type { PodClass } from './pod-classes.ts';
import type { Case, Comparison } from './report.ts';

/**
 * Every flow of one class of pods, through every layer.
 *
 * @returns those that nobody wants and the cluster stops
 */
export function compare(comparison: Comparison, pods: PodClass): readonly Probe[] {
  const { intent, index, mesh, perimeters } = comparison;
  const accepted = intent.accepts(pods.policies);
  const paths = mesh?.paths(pods.client, pods.meshKin);
  const open = perimeters.letOut(pods, index.probes);
  const isWatched = proxyKeeper(comparison, pods) !== undefined;
  const isPossible = possible(pods);
  let reached: ReadonlySet<number> | undefined;
  const isReached = ({ index: at }: Probe): boolean => (reached ??= reachedBy(paths ?? [])).has(at);
  const stopped: Probe[] = [];
  for (const probe of index.probes) {
    if (!isPossible(probe)) continue;
    const found = paths?.[probe.index];
    const wanted = accepted[probe.index] === 1;
    if (!wanted && found?.verdict === 'Deny') {
      stopped.push(probe);
      if (probe.address !== undefined) underClaimedName(comparison, { pods, probe, wanted, path: found });
      // Most flows: nobody wants them, and whoever is asked stops them.
      if (open[probe.index] !== 1 && !isWatched) continue;
    }
    const path = governing(pods, probe, found);
    if (wanted || path !== undefined || open[probe.index] === 1 || isWatched)
      compareOne(comparison, { pods, probe, wanted, path }, isReached);
  }
  return stopped;
}

function compareOne(comparison: Comparison, one: Case, isReached: (probe: Probe) => boolean): void {
  const { path, wanted, probe } = one;
  if (path?.verdict === 'Accept') letOut(comparison, one, path);
  else if (path === undefined && wanted) withoutMesh(comparison, one);
  else if (wanted) stoppedInCluster(comparison, one, isReached(probe));
  else notWanted(comparison, one);
  if (!wanted) bypassesProxy(comparison, one);
}

/** A pod without an address of a family has no flows of it. */
function possible({ pod: { addresses } }: PodClass): (probe: Probe) => boolean {
  const families = new Set(addresses.map(familyOf));
  return ({ address }) => address === undefined || families.size === 0 || families.has(familyOf(address));
}

/** Flows that leave under another name or port than they were asked for: TLS made by a gateway. */
function reachedBy(paths: readonly EgressPath[]): ReadonlySet<number> {
  const reached = new Set<number>();
  for (const { verdict, outside } of paths) if (verdict === 'Accept') reached.add(outside.index);
  return reached;
}

/**
 * What the mesh does with it, if it has a say: where nothing of it is about a pod or a protocol, and at a ztunnel, which
 * lets pass what nobody has told it about, that it lets flows pass means nothing.
 */
function governing(
  { inMesh, client }: PodClass,
  { protocol }: Probe,
  path: EgressPath | undefined,
): EgressPath | undefined {
  if (path === undefined || path.decided || path.verdict === 'Deny') return path;
  const isBound = inMesh.some(({ mode }) => mode === 'none' || (protocol === 'TCP' && client.meshed === 'sidecar'));
  return isBound ? path : undefined;
}
