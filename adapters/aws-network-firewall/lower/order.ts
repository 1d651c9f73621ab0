import { deniedBeforeNames, sourcesMeet } from '../../../kit/common/rules/denied-before-names.ts';
import { intersectPorts } from '../../../src/core/destinations/ports.ts';
import type { AddressGroup, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { isForEveryNetwork } from './destination.ts';

/**
 * Rules that accept names although a rule below denies networks on the same ports, perhaps to the same sources, by their ids:
 * what is denied there is dropped at its first packet, before the client has said a name.
 */
export function orderLosses(
  rules: readonly Rule[],
  groups: ReadonlyMap<string, AddressGroup>,
): ReadonlyMap<string, Loss> {
  const meet = sourcesMeet(groups);
  const losses = new Map<string, Loss>();
  let below: readonly Rule[] = [];
  for (const rule of rules.toReversed()) {
    if (dropsFirstPacket(rule)) below = [rule, ...below];
    if (!acceptsNames(rule)) continue;
    const first = below.find((denying) => meetsTcp(denying, rule) && meet(denying, rule));
    if (first === undefined) continue;
    const name = `${first.origin.kind}/${first.origin.name}`;
    const to = first.destination.networks.slice(0, 3).join(', ');
    losses.set(rule.id, deniedBeforeNames(rule, { name, to }, 'A network is denied before a client has said a name'));
  }
  return losses;
}

function dropsFirstPacket({ action, destination }: Rule): boolean {
  return action === 'Deny' && destination.networks.length > 0 && !isForEveryNetwork(destination);
}

function acceptsNames({ action, destination }: Rule): boolean {
  return action === 'Accept' && !destination.any && destination.names.length > 0;
}

/** On UDP the first packet says the name. */
function meetsTcp(a: Rule, b: Rule): boolean {
  const common = intersectPorts(a.ports, b.ports);
  return common !== undefined && (common.length === 0 || common.some(({ protocol }) => protocol === 'TCP'));
}
