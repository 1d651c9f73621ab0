import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { egressAddressesIn } from '../egress-addresses/objects.ts';
import type { ProbeIndex } from '../flows/probe-index.ts';
import { covers, type Layers } from '../layers.ts';
import { isLive } from '../values/pods.ts';
import { namespaceLabelsIn } from '../values/selector.ts';
import type { Findings } from './findings.ts';

/** What an answer about a point takes for granted. */
export interface Assumption {
  readonly point: string;
  /** Continues `edge: `. */
  readonly reason: string;
  /** The pods concerned, one at least. */
  readonly pods: readonly [Pod, ...Pod[]];
}

/** Where an object has pods leave under other addresses than a point knows, nobody can tell which the point meets: it is taken to know. */
export function assumptionsIn(
  snapshot: Pick<Snapshot, 'namespaces' | 'pods' | 'egressSources'>,
  points: readonly EnforcementPoint[],
): readonly Assumption[] {
  const written = (snapshot.egressSources ?? []).map(({ object }) => object);
  const objects = egressAddressesIn(written, snapshot);
  if (objects.length === 0) return [];
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  return points.flatMap((point): readonly Assumption[] => {
    const { type, network } = point.spec.vantage;
    if ((type !== 'Pod' && type !== 'Node') || network !== undefined) return [];
    const pods = snapshot.pods.filter(
      (pod) => isLive(pod) && !pod.hostNetwork && covers(point, labelsOf(pod.namespace)),
    );
    const taking = objects.filter(({ takes }) => pods.some((pod) => takes(pod, labelsOf(pod.namespace))));
    const [first, ...others] = pods.filter((pod) => taking.some(({ takes }) => takes(pod, labelsOf(pod.namespace))));
    if (first === undefined) return [];
    const reason = `it is assumed to meet pods before ${idsOf(taking.map(({ id }) => id))} has them leave under other addresses: if it stands behind, its rules for them match nothing`;
    return [{ point: point.metadata.name, reason, pods: [first, ...others] }];
  });
}

export function reportAssumptions({ snapshot, perimeters }: Layers, { probes }: ProbeIndex, findings: Findings): void {
  const [probe] = probes;
  if (probe === undefined) return;
  const points = perimeters.map(({ point }) => point);
  for (const { point, reason, pods } of assumptionsIn(snapshot, points)) {
    const [{ namespace, workload, name }] = pods;
    const who = { namespace, workload, pod: `${namespace}/${name}` };
    findings.add(who, pods.length, { side: 'known', assumed: true, point, rule: '', reason, probe });
  }
}

/** As many as a sentence holds, always in the same order. */
function idsOf(ids: readonly string[]): string {
  const sorted = [...ids].sort();
  const more = sorted.length > shown ? ` and ${sorted.length - shown} more` : '';
  return `${sorted.slice(0, shown).join(', ')}${more}`;
}

const shown = 3;
