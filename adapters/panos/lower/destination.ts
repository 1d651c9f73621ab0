import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/net/name.ts';
import { addressResource } from './address.ts';
import type { Context } from './context.ts';
import { addressNetworks, isEmbedded } from './networks.ts';
import { withoutNames } from '../../../kit/common/rules/unknown-names.ts';

/** Where a rule leads; no names at all: nothing of it can be expressed. */
export interface LoweredDestination {
  readonly names: readonly string[];
  readonly objects: readonly Resource[];
  readonly losses: readonly Loss[];
}

/** A wildcard is no address object: an accepting rule does without it, a denying one denies every destination on its ports. */
export function lowerDestination(rule: Rule, { owner }: Context): LoweredDestination {
  const wildcards = rule.destination.names.filter(isWildcard);
  const { destination, losses } = withoutNames(rule, wildcards, {
    code: 'wildcard-unknown-to-device',
    why: `PAN-OS has no address object for ${wildcards.join(', ')}, and a URL category would let the first packets of every connection on these ports through`,
    advice: 'Name exact hosts or networks.',
  });
  if (destination === undefined) return { names: [], objects: [], losses };
  if (destination.any) return { names: ['any'], objects: [], losses };
  const objects = [...destination.networks.flatMap(addressNetworks), ...destination.names].map((text) =>
    addressResource(owner, text),
  );
  const embedded = destination.networks.filter(isEmbedded);
  const more = embedded.length > 0 ? [embeddedLoss(rule, embedded, objects.length === 0)] : [];
  return { names: objects.map(({ name }) => name).sort(), objects, losses: [...losses, ...more] };
}

function embeddedLoss({ id }: Rule, networks: readonly string[], isAll: boolean): Loss {
  const message = `PAN-OS takes IPv4 addresses for a part of ::/96, so that ${networks.join(', ')} would match them, too: it is left out.`;
  return { effect: isAll ? 'rejected' : 'narrowed', id, code: 'ipv6-holds-ipv4', message };
}
