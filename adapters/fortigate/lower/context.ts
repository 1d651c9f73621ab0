import type { ShardRules } from '../../../kit/common/groups/shards.ts';
import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { Capabilities } from '../../../src/adapter/capabilities.ts';
import type { FortigateConfig } from '../config.ts';
import { sentinelName, tables, type Table } from '../objects/names.ts';

export type Context = LowerContext<FortigateConfig>;
export type Carrier = 'objects' | 'pushFeed';

/** How addresses get to the device: as probed; before that, as the config says, and objects unless it says otherwise. */
export function carrierOf({ choices }: Capabilities, config: FortigateConfig): Carrier {
  const chosen = choices['carrier']?.value ?? config.carrier;
  return chosen === 'pushFeed' ? 'pushFeed' : 'objects';
}

/** The tables that a policy's `srcaddr` and `srcaddr6` name. */
export function sourceTables(carrier: Carrier): readonly [Table, Table] {
  return carrier === 'pushFeed' ? [tables.feed, tables.feed] : [tables.group, tables.group6];
}

/** What a group without members holds: nothing, or the sentinel where FortiOS forbids that. */
export function fillerOf({ capabilities, owner }: Pick<Context, 'capabilities' | 'owner'>): string | undefined {
  return capabilities.emptyGroup === 'nothing' ? undefined : sentinelName(owner);
}

/** FortiOS groups hold a few hundred members (600 on the sample device), and groups. */
export function shardRules(context: Pick<Context, 'capabilities' | 'owner'>): ShardRules {
  const name = fillerOf(context);
  return {
    limit: context.capabilities.maxMembersPerGroup,
    depth: 'nested',
    replaceFrom: 12,
    ...(name !== undefined && { filler: { name, stands: 'when-empty' } }),
  };
}
