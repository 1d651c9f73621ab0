import type { Change } from '../../src/core/model/plan.ts';

/** Neighbouring changes that may share a native call. */
export interface Run<L extends string> {
  readonly lane: L;
  readonly changes: Change[];
  size: number;
}

/** How changes are packed on one device. */
export interface Packing<L extends string> {
  laneOf(change: Change): L;
  /** In what the limit of a lane counts: requests, entries. */
  sizeOf(change: Change, lane: L): number;
  /** May a change of the same lane join this run? */
  joins(run: Run<L>, change: Change, size: number): boolean;
}

/** What shares a native call: neighbours of one lane, as many as fit. Keeps the order. */
export function pack<L extends string>(changes: readonly Change[], packing: Packing<L>): readonly Run<L>[] {
  const runs: Run<L>[] = [];
  for (const change of changes) {
    const lane = packing.laneOf(change);
    const size = packing.sizeOf(change, lane);
    const last = runs.at(-1);
    if (last?.lane === lane && packing.joins(last, change, size)) {
      last.changes.push(change);
      last.size += size;
    } else runs.push({ lane, changes: [change], size });
  }
  return runs;
}
