import type { ProbeIndex } from '../flows/probe-index.ts';
import type { Probe } from '../flows/probes.ts';
import type { EgressPath, MeshLayer } from '../mesh/mesh-layer.ts';
import { bypassesProxy, notWanted, stoppedInCluster } from './in-cluster.ts';
import { letOut, withoutMesh } from './let-out.ts';
import type { PodClass } from './pod-classes.ts';
import type { Case, Comparison } from './report.ts';

/** Every flow of one class of pods, through every layer. */
export function compare(comparison: Comparison, pods: PodClass): void {
  const { intent, index, mesh } = comparison;
  const accepted = intent.accepts(pods.policies);
  const paths = mesh?.paths(pods.client, pods.meshKey);
  const reached = reachedBy(paths);
  for (const probe of possible(index, pods)) {
    const path = paths?.[probe.index];
    const governing = path !== undefined && governs(pods, probe, path) ? path : undefined;
    const one: Case = { pods, probe, wanted: accepted[probe.index] === 1, path: governing };
    if (governing?.verdict === 'Accept') letOut(comparison, one, governing);
    else if (governing === undefined && one.wanted) withoutMesh(comparison, one);
    else if (one.wanted) stoppedInCluster(comparison, one, reached.has(probe.index));
    else notWanted(comparison, one);
    if (!one.wanted) bypassesProxy(comparison, one);
  }
}

/** A pod without an address of a family has no flows of it. */
function possible({ probes }: ProbeIndex, { pod: { addresses } }: PodClass): readonly Probe[] {
  if (addresses.length === 0) return probes;
  const families = new Set(addresses.map((address) => address.includes(':')));
  return probes.filter(({ address }) => address === undefined || families.has(address.includes(':')));
}

/** Flows that leave under another name or port than they were asked for: TLS made by a gateway. */
function reachedBy(paths: ReturnType<MeshLayer['paths']> | undefined): ReadonlySet<number> {
  const reached = new Set<number>();
  for (const { verdict, outside } of paths ?? []) if (verdict === 'Accept') reached.add(outside.index);
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
