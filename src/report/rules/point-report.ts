import type { ObjectAt } from '../../core/audit/history.ts';
import { earliestOf, lastChanged, type LiveReading } from './in-force.ts';
import type { RecordedState } from '../record/recorded-state.ts';
import type { Drift, PointEntry, RuleEntry } from '../report.ts';

/** A point and its rules, before they are compared with those of other points. */
export interface PointReport {
  readonly point: Omit<PointEntry, 'live' | 'notLive' | 'unknown' | 'flagged' | 'record'>;
  readonly rules: readonly UnflaggedRule[];
}

/** A rule before its flags, which depend on its counterparts in the mesh. */
export interface UnflaggedRule {
  readonly entry: Omit<RuleEntry, 'flags'>;
  readonly flag: (entry: Omit<RuleEntry, 'flags'>) => RuleEntry['flags'];
}

export function driftOf(
  live: LiveReading | undefined,
  record: Pick<RecordedState, 'lastRead'> | undefined,
): Drift | null {
  if (live !== undefined) return { at: live.at, complete: live.complete, differences: live.differences };
  return record?.lastRead ?? null;
}

export function timesOf(
  objects: readonly ObjectAt[],
  record: RecordedState | undefined,
): Pick<RuleEntry, 'since' | 'changedAt' | 'changeReason' | 'verifiedAt'> {
  if (record === undefined) return { since: null, changedAt: null, changeReason: null, verifiedAt: null };
  const last = lastChanged(objects);
  if (last === undefined) return { since: '', changedAt: '', changeReason: '', verifiedAt: '' };
  const since = earliestOf(objects.map((object) => object.since));
  const verifiedAt = earliestOf(objects.map((object) => record.verifiedAt(object)));
  return { since, changedAt: last.changedAt, changeReason: last.reason, verifiedAt };
}
