import type { Probe } from '../flows/probes.ts';
import type { SeenGateway } from '../perimeter/perimeters.ts';
import { remembered } from '../values/remembered.ts';
import type { Finding } from './findings.ts';
import type { PodClass } from './pod-classes.ts';
import { report, type Comparison } from './report.ts';

/** As much of a comparison as is asked about gateways. */
interface Gateways extends Pick<Comparison, 'foreignRoles' | 'findings'> {
  readonly index: Pick<Comparison['index'], 'probes'>;
  readonly perimeters: Pick<Comparison['perimeters'], 'gateways'>;
  readonly sharedAccess: Pick<Comparison['sharedAccess'], 'atGateway'>;
}

type Counted = Pick<PodClass, 'pod' | 'count' | 'seenAt'>;

/** What there is to say of a flow that a perimeter lets out from its gateway: the same of many flows. */
type Said = Pick<Finding, 'side' | 'reason'>;

const known: Said = {
  side: 'known',
  reason: 'it sees only the gateway, so all clients of the gateway get the same access; the mesh tells them apart',
};
const wider: Said = { side: 'wider', reason: 'no client of the gateway may reach it; the mesh stops it' };

/**
 * A perimeter that sees only the gateway grants to all of its users what one of them may: the gateway decides. There are
 * as many such flows as pods and destinations together: they are counted, and each thing that is to say of them is said once.
 *
 * @returns what takes pods, and flows that nobody wants of them and the cluster stops
 */
export function atGateways(comparison: Gateways): (pods: Counted, stopped: readonly Probe[]) => void {
  const { perimeters } = comparison;
  const saidAt = remembered((gateway: SeenGateway) => saidOfProbes(gateway, comparison));
  return (pods, stopped) => {
    for (const gateway of perimeters.gateways(pods)) {
      const said = saidAt(gateway);
      const counts = new Map<Said, { readonly probe: Probe; flows: number }>();
      for (const probe of stopped) {
        const one = said[probe.index];
        if (one === undefined) continue;
        const counted = counts.get(one);
        if (counted === undefined) counts.set(one, { probe, flows: 1 });
        else counted.flows += 1;
      }
      const { point, ruleOf } = gateway;
      for (const [one, { probe, flows }] of counts)
        report(comparison, { pods }, { ...one, point, rule: ruleOf(probe), probe }, flows);
    }
  };
}

/** By probe; the same object where the findings are one, undefined where it does not let the flow out. */
function saidOfProbes(
  { at, point, letOut, ruleOf }: SeenGateway,
  { index, sharedAccess, foreignRoles }: Gateways,
): readonly (Said | undefined)[] {
  const same = new Map<string, Said>();
  return index.probes.map((probe) => {
    if (letOut[probe.index] !== 1) return undefined;
    const rule = ruleOf(probe);
    const isShared = sharedAccess.atGateway(at, probe);
    const key = isShared ? `known ${foreignRoles.get(point)?.get(rule) ?? ''}` : `wider ${rule}`;
    const found = same.get(key) ?? { ...(isShared ? known : wider) };
    same.set(key, found);
    return found;
  });
}
