import type { Adapter, LowerContext, Session } from '../adapter/adapter.ts';
import type { GroupDelta } from '../core/model/desired.ts';
import { phases, type Change } from '../core/model/plan.ts';
import type { Resource } from '../core/model/resource.ts';
import { carryOut, type CarriedOut } from './carry-out.ts';

/**
 * The fast path: membership deltas straight to the device, without reading it and without looking at anything that has
 * not changed. Withdrawals first. Undefined when a delta needs the full path; then nothing has been sent.
 */
export async function syncDelta<C, R extends Resource>(
  deltas: readonly GroupDelta[],
  carrier: {
    readonly adapter: Adapter<C, R>;
    readonly session: Session<R>;
    readonly context: LowerContext<C>;
    readonly signal: AbortSignal;
    /** Asked before each write; throws when the point is no longer ours to write to. */
    readonly confirm?: () => Promise<void>;
  },
): Promise<CarriedOut | undefined> {
  const changes: Change<R>[] = [];
  for (const delta of deltas) {
    const lowered = carrier.adapter.lowerDelta?.(delta, carrier.context);
    if (lowered === undefined) return undefined;
    changes.push(...lowered);
  }
  return await carryOut(inPhaseOrder(changes), carrier);
}

function inPhaseOrder<R extends Resource>(changes: readonly Change<R>[]): Change<R>[] {
  return phases.flatMap((phase) => changes.filter((change) => change.phase === phase));
}
