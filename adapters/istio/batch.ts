import type { Batch } from '../../src/adapter/adapter.ts';
import { batchObjects } from '../../kit/kubernetes/batch.ts';
import type { Change } from '../../src/core/model/plan.ts';

/** One request per object, side by side where they do not need each other. */
export function batch(changes: readonly Change[]): readonly Batch[] {
  return batchObjects(changes);
}
