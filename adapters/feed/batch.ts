import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';

/** Everything in one: the document is replaced as a whole, by one request. */
export function batch(changes: readonly Change[]): readonly Batch[] {
  return changes.length === 0 ? [] : [{ changes, atomic: true, nativeCalls: 1 }];
}
