import type { Work } from '../store/desired-store.ts';
import type { BatchTarget } from './sync/apply-batches.ts';
import { MemberUpdates, type MemberUpdatesDeps } from './sync/member-updates.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Where member updates begin. */
export type UpdatesFrom = Pick<
  MemberUpdatesDeps,
  'since' | 'unsent' | 'unexplained' | 'grants' | 'pending' | 'submitted' | 'whileReading' | 'lease'
>;

/** The member updates of one point, reported and on record as the deltas that they are. */
export function updatesOf(
  { store, clock, audit, report }: WorkerDeps,
  { point: { metadata }, readBackDueAt }: Work,
  target: BatchTarget,
  from: UpdatesFrom,
): MemberUpdates {
  const point = metadata.name;
  return new MemberUpdates({
    point,
    store,
    clock,
    target,
    ...from,
    readBackDueAt,
    onRecord: audit.asDelta.bind(audit),
    report: (version, result) => report({ point, path: 'delta', version, result, pending: [] }),
  });
}
