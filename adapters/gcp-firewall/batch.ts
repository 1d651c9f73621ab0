import { pack } from '../../kit/common/batches.ts';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { kinds } from './objects/names.ts';

/**
 *   groups  address groups that no rule names yet or any longer, and those that another client has edited
 *   rules   every change of rules and of their sources up to the next of another kind: one patch of the policy
 */
type Lane = 'groups' | 'rules';

const mostGroups = 20;

export function batch(changes: readonly Change[]): readonly Batch[] {
  const runs = pack<Lane>(changes, {
    laneOf: ({ key }) => (key.kind === kinds.group ? 'groups' : 'rules'),
    sizeOf: () => 1,
    joins: ({ lane, size }) => lane === 'rules' || size < mostGroups,
  });
  return runs.map(({ lane, changes: own }) => ({
    changes: own,
    atomic: lane === 'rules',
    // The policy is read for its fingerprint, then patched; of a group's change it is asked once what became of it.
    nativeCalls: lane === 'rules' ? 2 : own.length * 2,
  }));
}
