import type { z } from 'zod';
import { maxOf } from '../core/model/extremes.ts';
import { enforcementPointSchema } from '../api/enforcement-point.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';
import { CoalescedDeltas } from './coalesced-deltas.ts';
import { desiredStateSchema, groupDeltasSchema } from './desired-schema.ts';
import type { MemberChanges, DesiredSnapshot, Work } from './desired-store.ts';
import { decodeDocument, parseDocument } from './document.ts';
import { decodePending } from './pending-sync.ts';
import { stateFields, stateSchema } from './store-scripts.ts';

/* Reads the replies of the scripts. An error names the part that cannot be read. */

type Reply = readonly [state: readonly (Buffer | null)[], log: readonly Buffer[], ended: readonly Buffer[]];

/**
 * @param now on the clock of this process that cannot be set
 * @returns undefined: nothing is published. @throws Error where something unreadable is
 */
export function readWork(
  [state, log, ended, silentMs, storeNow]: readonly [...Reply, number, number],
  now: number,
): Omit<Work, 'snapshot'> | undefined {
  const known = readState(state);
  if (known === undefined) return undefined;
  return {
    ...describe(known, ended),
    acknowledged: known.acknowledged,
    deltas: known.pending === undefined && known.acknowledged >= known.wholeUntil ? readLog(log) : undefined,
    readBackDueAt: known.readBackAt && now + dueInMs(known.readBackAt - storeNow, known.readBackIn),
    controllerSilentMs: Math.max(0, silentMs),
    pending: known.pending === undefined ? undefined : decodePending(known.pending),
  };
}

/** Undefined: nothing is published. @throws Error where something unreadable is */
export function readChanges([state, log, ended]: Reply, since: number): MemberChanges | undefined {
  const known = readState(state);
  if (known === undefined) return undefined;
  return { ...describe(known, ended), groups: readLog(log), membersOnly: known.wholeUntil <= since };
}

/** Undefined: nothing is published. @throws Error where something unreadable is */
export async function readSnapshot([state, log, ended, document]: readonly [...Reply, Buffer | null]): Promise<
  DesiredSnapshot | undefined
> {
  const known = readState(state);
  if (known === undefined) return undefined;
  if (document === null) throw new Error('document: it is missing');
  const desired = await decodeDocument(document, desiredStateSchema, known.digest).catch((error: unknown) => {
    throw new Error(`document: ${(error as Error).message}`);
  });
  const reached = known.acknowledged >= Math.max(known.documentVersion, maxOf(log.map(versionOf)));
  return { ...describe(known, ended), reached, desired: withDeltas(desired, readLog(log)) };
}

/** NTP corrects less than this all the time. */
const correctionMs = 1_000;

/**
 * How long until something is due; at once where that is further ahead than when it was written: the clock of the store
 * went back, or another server's is behind.
 */
function dueInMs(leftMs: number, writtenAheadMs = Infinity): number {
  return leftMs > writtenAheadMs + correctionMs ? 0 : leftMs;
}

type State = z.infer<typeof stateSchema>;

function readState(values: readonly (Buffer | null)[]): State | undefined {
  const found = stateFields.flatMap((field, index) => (values[index] == null ? [] : [[field, String(values[index])]]));
  const state: unknown = Object.fromEntries(found);
  if (!found.some(([field]) => field === 'point')) return undefined;
  return parseDocument(JSON.stringify(state), stateSchema);
}

function describe(state: State, ended: readonly Buffer[]): Pick<Work, 'point' | 'version' | 'synced' | 'ended'> {
  return {
    point: parseDocument(state.point, enforcementPointSchema),
    version: state.version,
    synced: state.synced === '1',
    ended: new Set(ended.map(String)),
  };
}

function versionOf(entry: Buffer): number {
  return Number(entry.subarray(0, entry.indexOf(' ')).toString());
}

/** All entries of the log as one delta. */
function readLog(log: readonly Buffer[]): readonly GroupDelta[] {
  const changes = new CoalescedDeltas();
  for (const entry of log) changes.add({ groups: readEntry(entry), ended: [] }, versionOf(entry));
  return changes.since(0);
}

/** An entry is its version, a space, and the deltas. */
function readEntry(entry: Buffer): readonly GroupDelta[] {
  try {
    return parseDocument(entry.subarray(entry.indexOf(' ') + 1), groupDeltasSchema);
  } catch (error) {
    throw new Error(`log: ${(error as Error).message}`);
  }
}

/** A desired state with these changes of members. */
function withDeltas(desired: DesiredState, deltas: readonly GroupDelta[]): DesiredState {
  if (deltas.length === 0) return desired;
  const changes = new Map(deltas.map((delta) => [delta.id, delta]));
  const groups = desired.groups.map((group) => {
    const delta = changes.get(group.id);
    if (delta === undefined) return group;
    const members = new Set([...group.members, ...delta.added]);
    for (const address of delta.removed) members.delete(address);
    return { ...group, members: [...members].sort() };
  });
  return { ...desired, groups };
}
