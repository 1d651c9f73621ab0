import type { GroupDelta } from '../../core/model/desired.ts';
import { phases, type Change } from '../../core/model/plan.ts';
import type { Resource } from '../../core/model/resource.ts';
import { applyBatches, type ApplyResult, type BatchTarget } from './apply-batches.ts';

/**
 * The fast path: membership deltas straight to the device, without reading it and without looking at anything that has
 * not changed. Withdrawals first. Undefined when a delta needs the full path; then nothing has been sent.
 */
export async function syncDelta<C, R extends Resource>(
  deltas: readonly GroupDelta[],
  target: BatchTarget<C, R>,
): Promise<ApplyResult | undefined> {
  const changes = lowerDeltas(deltas, target);
  return changes && (await applyBatches(changes, target));
}

/** The changes that carry these deltas, in the order of their phases; undefined when one needs the full path. */
export function lowerDeltas<C, R extends Resource>(
  deltas: readonly GroupDelta[],
  { adapter, context }: Pick<BatchTarget<C, R>, 'adapter' | 'context'>,
): readonly Change<R>[] | undefined {
  const changes: Change<R>[] = [];
  for (const delta of deltas) {
    const lowered = adapter.lowerDelta?.(delta, context);
    if (lowered === undefined) return undefined;
    for (const change of lowered) changes.push(change);
  }
  return phases.flatMap((phase) => changes.filter((change) => change.phase === phase));
}
