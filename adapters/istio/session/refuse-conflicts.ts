import type { Outcome, Session } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { kinds } from '../objects/kinds.ts';
import { hostOf, type HostConflict } from './host-conflicts.ts';

/**
 * Refuses to create a ServiceEntry for a host that an object of others is for. Needed where the names of ours cannot be told from the host, so that
 * a collision is known only when they are about to be written.
 */
export function refusingConflicts(session: Session, conflicts: () => readonly HostConflict[]): Session {
  return {
    probe: () => session.probe(),
    observe: () => session.observe(),
    poll: (handle) => session.poll(handle),
    live: () => session.live(),
    close: () => session.close(),
    send: async (batch, signal) => {
      const refusals = new Map(batch.changes.flatMap((change) => refusalOf(change, conflicts())));
      const changes = batch.changes.filter((change) => !refusals.has(change));
      const sent = changes.length === 0 ? [] : await session.send({ ...batch, changes }, signal);
      const outcomes = sent.values();
      return batch.changes.flatMap((change): readonly Outcome[] => {
        const error = refusals.get(change);
        if (error !== undefined) return [{ key: change.key, result: 'error', error }];
        const { value } = outcomes.next();
        return value === undefined ? [] : [value];
      });
    },
  };
}

function refusalOf(change: Change, conflicts: readonly HostConflict[]): readonly (readonly [Change, AdapterError])[] {
  if (change.op !== 'create' || change.key.kind !== kinds.serviceEntry.kind) return [];
  const host = hostOf(change.after);
  const conflict = conflicts.find((one) => one.host === host);
  if (conflict === undefined) return [];
  const message = `${conflict.found} is there already, and of two it is undefined which one proxies follow; it is left alone. Remove it, or the policy.`;
  return [[change, new AdapterError('foreign-owned', message)]];
}
