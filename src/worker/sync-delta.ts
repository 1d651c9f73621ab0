import type { Adapter, LowerContext, Session } from '../adapter/adapter.ts';
import type { GroupDelta } from '../core/model/desired.ts';
import { phases, type Change } from '../core/model/plan.ts';
import type { Resource } from '../core/model/resource.ts';
import { carryOut, type CarriedOut } from './carry-out.ts';

/** A point that may be written to. */
export interface DeltaCarrier<C = unknown, R extends Resource = Resource> {
  readonly adapter: Adapter<C, R>;
  readonly session: Session<R>;
  readonly context: LowerContext<C>;
  readonly signal: AbortSignal;
  /** Asked before each write; throws when the point is no longer ours to write to. */
  readonly confirm?: () => Promise<void>;
}

/**
 * The fast path: membership deltas straight to the device, without reading it and without looking at anything that has
 * not changed. Withdrawals first. Undefined when a delta needs the full path; then nothing has been sent.
 */
export async function syncDelta<C, R extends Resource>(
  deltas: readonly GroupDelta[],
  carrier: DeltaCarrier<C, R>,
): Promise<CarriedOut | undefined> {
  const changes = lowerDeltas(deltas, carrier);
  return changes && (await carryOut(changes, carrier));
}

/** The changes that carry these deltas, in the order of their phases; undefined when one needs the full path. */
export function lowerDeltas<C, R extends Resource>(
  deltas: readonly GroupDelta[],
  { adapter, context }: Pick<DeltaCarrier<C, R>, 'adapter' | 'context'>,
): readonly Change<R>[] | undefined {
  const changes: Change<R>[] = [];
  for (const delta of deltas) {
    const lowered = adapter.lowerDelta?.(delta, context);
    if (lowered === undefined) return undefined;
    changes.push(...lowered);
  }
  return phases.flatMap((phase) => changes.filter((change) => change.phase === phase));
}
