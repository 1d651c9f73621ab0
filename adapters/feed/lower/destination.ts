import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import type { FeedConfig } from '../config.ts';
import { reachOf } from '../consumers.ts';
import type { FeedRule } from '../document/document.ts';

export interface LoweredDestination {
  /** Undefined: nothing of it can be expressed. */
  readonly destination: FeedRule['destination'] | undefined;
  readonly losses: readonly Loss[];
}

/**
 * Where not every consumer can decide by name, an accepting rule does without its names; a denying rule denies every
 * destination on its ports instead.
 */
export function lowerDestination(rule: Rule, { config }: LowerContext<FeedConfig>): LoweredDestination {
  const { any, names, networks } = rule.destination;
  const everything = { any: true, names: [], networks: [] };
  if (any) return { destination: everything, losses: [] };
  const { nameless } = reachOf(config.consumers);
  if (names.length === 0 || nameless === undefined)
    return { destination: { any: false, names: [...names], networks: [...networks] }, losses: [] };
  const nothingLeft = networks.length === 0;
  const instead =
    rule.action === 'Deny'
      ? `this rule denies every destination on its ports instead of ${names.join(', ')}`
      : nothingLeft
        ? `the rule to ${names.join(', ')} is left out`
        : `${names.join(', ')} is not accepted, the rest of the rule is`;
  const loss: Loss = {
    effect: rule.action === 'Accept' && nothingLeft ? 'rejected' : 'narrowed',
    id: rule.id,
    code: 'consumer-decides-by-address',
    message: `Consumer ${nameless.name} cannot let flows out by a name that comes from a feed (${nameless.device}); ${instead}. Give it a point of its own, or name networks.`,
  };
  if (rule.action === 'Deny') return { destination: everything, losses: [loss] };
  return { destination: nothingLeft ? undefined : { any: false, names: [], networks: [...networks] }, losses: [loss] };
}
