import type { EnforcementPoint } from '../api/kinds.ts';
import { formatAddress } from '../net/address.ts';
import type { Labels } from '../core/model/snapshot.ts';
import { acceptedGapFor } from '../verify/compare/accepted-gaps.ts';
import type { FlowSet } from '../verify/flows/flow-set.ts';
import type { Flow } from '../verify/flows/probes.ts';
import { covers, type AcceptedGap } from '../verify/layers.ts';

/** A point by which flows are let out or stopped, as one of the two worlds has it. */
export interface LayerPoint {
  readonly point: EnforcementPoint;
  readonly gaps: readonly AcceptedGap[];
}

/** What one point has to do with a flow of a namespace that it covers. */
export interface Layer {
  readonly point: string;
  readonly adapter: string;
  /** Does it do as intended? One that only observes does not, nor one that cannot express it. */
  readonly enforces: 'yes' | 'partly' | 'no';
  /** Why not, or not wholly; empty if it does. */
  readonly reason: string;
}

/** Which points see to flows out of a namespace, of which one is given. */
export function layersFor(
  points: readonly LayerPoint[],
  namespaceLabels: Labels,
  sample: FlowSet | undefined,
): readonly Layer[] {
  return points.flatMap(({ point, gaps }): readonly Layer[] | Layer => {
    if (!covers(point, namespaceLabels)) return [];
    const { metadata, spec } = point;
    const common = { point: metadata.name, adapter: spec.adapter } as const;
    if (spec.mode === 'Observe') return { ...common, enforces: 'no', reason: 'it only observes' };
    const gap = sample && acceptedGapFor(gaps, flowIn(sample));
    if (gap === undefined) return { ...common, enforces: 'yes', reason: '' };
    return { ...common, enforces: gap.effect === 'narrowed' ? 'partly' : 'no', reason: gap.message };
  });
}

/** One flow of a set. */
function flowIn({ to, ports: [first] }: FlowSet): Flow {
  const protocol = first?.space === 'UDP' ? 'UDP' : 'TCP';
  const port = Number(first?.first ?? 0n) || 1;
  if ('name' in to) return { host: to.name.replace(/^\*/, 'any'), port, protocol };
  const [span] = to.addresses;
  const family = span?.space === 6 ? 6 : 4;
  return { address: formatAddress({ family, value: span?.first ?? 0n }), port, protocol };
}
