import type { Difference } from '../../core/model/consistency.ts';
import type { Probe } from '../flows/probes.ts';

/**
 *   meshOnly       the mesh, or where it says nothing the intent, lets it out, and a perimeter stops it
 *   perimeterOnly  every perimeter lets it out, though it should not leave that way: a bypass is possible
 *   blocked        the intent permits it and the perimeters let it out, and an object in the cluster stops it
 *   wider          the point permits what the intent does not; something else stops it
 *   narrower       the point stops what the intent permits, as all others do that could be asked
 *   unknown        nobody can say what an object in the cluster does with it
 *   known          the point says itself that it cannot tell these apart or cannot express them, and another layer does
 */
export type Side = 'meshOnly' | 'perimeterOnly' | 'blocked' | 'wider' | 'narrower' | 'unknown' | 'known';

export type Finding = Pick<Difference, 'point' | 'rule' | 'reason' | 'assumed'> & {
  readonly side: Side;
  readonly probe: Omit<Probe, 'index'>;
};

/** Gathers findings: one flow stands for all of one workload that differ in the same way and from the same rule. */
export class Findings {
  readonly #found = new Map<string, { readonly side: Side; readonly flow: Difference; count: number }>();

  add(
    who: Pick<Difference, 'namespace' | 'workload' | 'workloadBy' | 'pod'>,
    pods: number,
    { side, point, rule, reason, assumed, probe }: Finding,
  ): void {
    const key = keyOf(who, { side, point, rule, reason });
    const found = this.#found.get(key);
    if (found) {
      found.count += pods;
      return;
    }
    const { host, address = '', port, protocol } = probe;
    const flow = {
      ...who,
      destination: host ?? address,
      port,
      protocol,
      rule,
      point,
      reason,
      ...(assumed && { assumed }),
      count: pods,
    };
    this.#found.set(key, { side, flow, count: pods });
  }

  on(side: Side): readonly Difference[] {
    const found = [...this.#found.values()].filter((finding) => finding.side === side);
    return found.map(({ flow, count }) => ({ ...flow, count }));
  }
}

/** What a point says of itself, and what nobody knows of an object, is told once. */
function keyOf(
  { namespace, workload }: Pick<Difference, 'namespace' | 'workload'>,
  { side, point, rule, reason }: Omit<Finding, 'probe'>,
): string {
  if (side === 'known') return `known ${point} ${reason}`;
  if (side === 'unknown') return `unknown ${point} ${rule} ${reason}`;
  return [side, point, rule, namespace, workload, reason].join(' ');
}
