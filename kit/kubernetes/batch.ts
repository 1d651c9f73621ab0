import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { Resource } from '../../src/core/model/resource.ts';

/** Changes that are reported together; more at once only delays what is told of the first. */
const most = 64;

/**
 * One native call per object. Changes that follow each other share a batch, and are made side by side, while they are
 * of one phase, one operation and one kind: such objects do not need each other.
 */
export function batchObjects<R extends Resource>(changes: readonly Change<R>[]): readonly Batch<R>[] {
  const runs: Change<R>[][] = [];
  for (const change of changes) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && run.length < most && alike(last, change)) run.push(change);
    else runs.push([change]);
  }
  return runs.map((run) => ({ changes: run, atomic: false, nativeCalls: run.length }));
}

function alike(a: Change, b: Change): boolean {
  return a.phase === b.phase && a.op === b.op && a.key.kind === b.key.kind && a.key.name !== b.key.name;
}
