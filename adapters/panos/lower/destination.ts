import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/core/net/name.ts';
import { addressResource } from './address.ts';
import type { Context } from './context.ts';
import { addressNetworks, isEmbedded } from './networks.ts';

/** Where a rule leads; no names at all: nothing of it can be expressed. */
export interface LoweredDestination {
  readonly names: readonly string[];
  readonly objects: readonly Resource[];
  readonly losses: readonly Loss[];
}

/** A wildcard is no address object: an accepting rule does without it, a denying one denies every destination on its ports. */
export function lowerDestination(rule: Rule, { owner }: Context): LoweredDestination {
  const { any, names, networks } = rule.destination;
  if (any) return { names: ['any'], objects: [], losses: [] };
  const wildcards = names.filter(isWildcard);
  const embedded = networks.filter(isEmbedded);
  if (rule.action === 'Deny' && wildcards.length > 0)
    return { names: ['any'], objects: [], losses: [wildcardLoss(rule, wildcards, false)] };
  const texts = [...networks.flatMap(addressNetworks), ...names.filter((name) => !isWildcard(name))];
  const objects = texts.map((text) => addressResource(owner, text));
  const losses = [
    ...(wildcards.length > 0 ? [wildcardLoss(rule, wildcards, objects.length === 0)] : []),
    ...(embedded.length > 0 ? [embeddedLoss(rule, embedded, objects.length === 0)] : []),
  ];
  return { names: objects.map(({ name }) => name).sort(), objects, losses };
}

function wildcardLoss({ id, action }: Rule, wildcards: readonly string[], isAll: boolean): Loss {
  const list = wildcards.join(', ');
  const instead =
    action === 'Deny'
      ? 'this rule denies every destination on its ports instead'
      : isAll
        ? 'the rule is left out'
        : 'it is not accepted, the rest of the rule is';
  const message = `PAN-OS has no address object for ${list}, and a URL category would let the first packets of every connection on these ports through: ${instead}. Name exact hosts or networks.`;
  return { effect: isAll ? 'rejected' : 'narrowed', id, code: 'wildcard-unsupported', message };
}

function embeddedLoss({ id }: Rule, networks: readonly string[], isAll: boolean): Loss {
  const message = `PAN-OS takes IPv4 addresses for a part of ::/96, so that ${networks.join(', ')} would match them, too: it is left out.`;
  return { effect: isAll ? 'rejected' : 'narrowed', id, code: 'ipv6-holds-ipv4', message };
}
