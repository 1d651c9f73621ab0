import { pack } from '../../kit/common/batches.ts';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { Context } from './lower/context.ts';
import { kinds } from './objects/names.ts';

/**
 *   made   new IP groups and kube selector groups, which no rule names yet: the firewall learns nothing of them, and they are made side by side
 *   rules  every change of rules and of members up to the next of another kind: one update of the firewall
 *   left   those that no rule names any more
 */
type Lane = 'made' | 'rules' | 'left';

const mostMade = 20;

export function batch(changes: readonly Change[], { capabilities }: Pick<Context, 'capabilities'>): readonly Batch[] {
  const runs = pack<Lane>(changes, {
    laneOf,
    sizeOf: () => 1,
    joins: ({ lane, size }) => lane === 'rules' || size < mostMade,
  });
  const firewalls = capabilities.choices['firewalls']?.value.split(', ').filter(Boolean).length ?? 1;
  return runs.map(({ lane, changes: own }) => ({
    changes: own,
    atomic: lane === 'rules',
    nativeCalls: lane === 'rules' ? 2 + firewalls + 2 * groupsChanged(own) : own.length * (lane === 'made' ? 2 : 1),
  }));
}

/** Where a change is written; see above. */
export function laneOf({ key, op }: Change): Lane {
  const isGroup = key.kind === kinds.group || key.kind === kinds.followed;
  if (!isGroup || op === 'members' || op === 'update') return 'rules';
  return op === 'delete' ? 'left' : 'made';
}

/** Each gets a new IP group: it is put, and asked after once. */
function groupsChanged(changes: readonly Change[]): number {
  return new Set(changes.flatMap(({ key }) => (key.kind === kinds.group ? [key.name] : []))).size;
}
