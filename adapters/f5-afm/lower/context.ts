import type { ShardRules } from '../../../kit/common/groups/shards.ts';
import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { F5AfmConfig } from '../config.ts';
import { placeholderAddress } from '../objects/members.ts';

export type Context = LowerContext<F5AfmConfig>;

/** The id of the route domain that addresses belong to: as the device tells it of the context, or as configured. */
export function routeDomainOf({ capabilities, config }: Pick<Context, 'capabilities' | 'config'>): number {
  return Number(capabilities.choices['routeDomain']?.value ?? config.routeDomain);
}

/** AFM replaces a list as a whole, so a change of one member sends all that share its list; all parts hang on the one that rules name. */
export function shardRules({ capabilities }: Pick<Context, 'capabilities'>): ShardRules {
  const limit = capabilities.maxMembersPerGroup;
  return { limit, depth: 'flat', replaceFrom: 1, filler: { name: placeholderAddress, stands: 'always' } };
}
