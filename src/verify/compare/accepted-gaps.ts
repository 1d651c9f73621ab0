import { asNetwork } from '../../net/cidr.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { Loss } from '../../core/model/resource.ts';
import { nameCovers } from '../../net/name.ts';
import { addressIntervals, intersect, portIntervals } from '../flows/intervals.ts';
import type { AcceptedGap } from '../layers.ts';
import { flowSetOf, type Flow } from '../flows/probes.ts';

/** What a layer says itself of why it cannot do as intended with a flow. */
export function acceptedGapFor(excuses: readonly AcceptedGap[], probe: Flow): AcceptedGap | undefined {
  return excuses.find((excuse) => isAbout(excuse, probe));
}

function isAbout({ to, ports }: AcceptedGap, { host, address, port, protocol }: Flow): boolean {
  const [at] = flowSetOf({ address: '0.0.0.0', port, protocol }).ports;
  if (at === undefined || intersect(portIntervals(ports), [at]).length === 0) return false;
  if (to.any) return true;
  if (host !== undefined) return to.names.some((name) => nameCovers(name, host));
  return intersect(addressIntervals(to.networks), addressIntervals([asNetwork(address ?? '')])).length > 0;
}

/** The flows that a point has said it stops although they are intended: those of the rules that its losses name. */
export function acceptedGapsOf(
  { rules }: Pick<DesiredState, 'rules'>,
  losses: readonly Loss[],
): readonly AcceptedGap[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return losses.flatMap(({ id, effect, code, message }) => {
    const rule = byId.get(id);
    if (rule === undefined || effect === 'split' || effect === 'approximate') return [];
    return [{ to: rule.destination, ports: rule.ports, effect, elsewhere: effect === 'elsewhere', code, message }];
  });
}
