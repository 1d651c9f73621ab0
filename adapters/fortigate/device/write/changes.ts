import { isIPv6 } from 'node:net';
import type { Dispatch } from '../../../../kit/common/dispatch.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import { revokedSources } from '../../batch.ts';
import { tables } from '../../objects/names.ts';
import type { Fortigate, Work } from '../device.ts';
import { entryOperations } from './entries.ts';
import { createFeed } from './feeds.ts';
import { groupOperations } from './groups.ts';
import { policyOperations } from './policies.ts';

/** What makes changes, in as many requests as each takes. */
export const changes: Dispatch<Work> = {
  kinds: {
    [tables.policy]: policyOperations,
    [tables.group]: groupOperations,
    [tables.group6]: groupOperations,
    [tables.feed]: { ...entryOperations, create: createFeed },
  },
  others: entryOperations,
  // The address of a member may be there for another group, or in use by one; a shard that was left over may be in its place again.
  isUnneeded: ({ inventory }, { op, key: { kind, name } }) => {
    if (op === 'create') return kind !== tables.feed && inventory.hasAddress(kind, name);
    return op === 'delete' && kind !== tables.policy && inventory.groups(kind).isUsed(name);
  },
};

/** Ends what an address that has left an accepting group still has open, where the config asks for it. */
export async function endSessions({ ask, config }: Fortigate, made: readonly Change[]): Promise<void> {
  if (!config.revokeSessions) return;
  for (const saddr of made.flatMap(revokedSources)) {
    const table = isIPv6(saddr) ? 'firewall/session6/close-multiple' : 'firewall/session/close-multiple';
    await ask({ method: 'POST', base: 'monitor', table, body: { saddr } });
  }
}
