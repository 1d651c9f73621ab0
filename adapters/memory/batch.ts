import type { Batch, LowerContext } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';

/** Everything in one transaction if the device can, one call for each change if not. */
export function batch(changes: readonly Change[], { capabilities }: LowerContext): readonly Batch[] {
  if (!capabilities.transactions)
    return changes.map((change) => ({ changes: [change], atomic: false, nativeCalls: 1 }));
  return changes.length === 0 ? [] : [{ changes, atomic: true, nativeCalls: 1 }];
}
