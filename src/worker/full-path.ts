import type { Stopwatch } from '../adapter/adapter.ts';
import { closedUntil } from '../core/plan/window/change-window.ts';
import { controllerLost, hasExpired, withoutGrants } from '../core/plan/controller-loss.ts';
import { everyPodListed } from '../core/plan/guard/explained.ts';
import type { DesiredState } from '../core/model/desired.ts';
import { canonical } from '../core/model/json.ts';
import { startedAt } from '../core/model/pending.ts';
import type { Change } from '../core/model/plan.ts';
import { keyOf } from '../core/model/resource.ts';
import { differencesOf } from '../core/status/drift.ts';
import type { WorkLease } from '../queue/work-queue.ts';
import type { DesiredSnapshot, Work } from '../store/desired-store.ts';
import type { EndedOperations, Polling } from './polling.ts';
import type { ReadBack } from './read-back.ts';
import type { Remembered } from './remembered.ts';
import type { Retries } from './retries.ts';
import { nothingApplied, withOutcomesOf, type BatchTarget } from './sync/apply-batches.ts';
import { noUpdates, type ConcurrentUpdates } from './sync/concurrent-updates.ts';
import { syncPoint, type SyncResult, type SyncTask } from './sync/sync-point.ts';
import type { OpenPoint } from './sessions/sessions.ts';
import type { UpdatesInFlight } from './sync/updates-in-flight.ts';
import type { SyncReport } from './sync-report.ts';
import { updatesOf } from './updates-of.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** A point with its session, its place, and the source of its news. */
export type Target = BatchTarget &
  Pick<OpenPoint, 'place'> & { readonly lease: Pick<WorkLease, 'requested' | 'othersWait'> };

interface FullSync {
  /** The device is at the version of the work. */
  readonly arrived: boolean;
  readonly ended: EndedOperations;
  /** What goes on beside a read-back; absent: what is published from now on. */
  readonly inFlight?: UpdatesInFlight | undefined;
}

interface FullPathParts {
  readonly polling: Polling;
  readonly readBack: ReadBack;
  readonly retries: Retries;
  readonly remembered: Remembered;
}

/** A data plane that has not caught up yet is looked at again after this. */
const activationLookMs = 2_000;

/** The full path: reads the device and brings it where it should be. */
export class FullPath {
  readonly #deps: WorkerDeps;
  readonly #polling: Polling;
  readonly #readBack: ReadBack;
  readonly #retries: Retries;
  readonly #remembered: Remembered;

  constructor(deps: WorkerDeps, parts: FullPathParts) {
    this.#deps = deps;
    this.#polling = parts.polling;
    this.#readBack = parts.readBack;
    this.#retries = parts.retries;
    this.#remembered = parts.remembered;
  }

  /** Reads the device and brings it where it should be; members that change in the meantime are sent as far as may be. */
  async sync(work: Work, target: Target, { arrived, ended, inFlight }: FullSync): Promise<void> {
    const point = work.point.metadata.name;
    const { audit, clock, store, queue } = this.#deps;
    const expired = hasExpired(work.point.spec, work.controllerSilentMs);
    const snapshot = emptiedIf(expired, reachedIn(await work.snapshot(), inFlight));
    // It may be another device by now, to which the next turn connects.
    if (canonical(snapshot.point.spec) !== canonical(work.point.spec)) return queue.enqueue(point);
    await this.#noteUnsure(point);
    await audit.fullSync(snapshot);
    const { mode, guard, vantage } = snapshot.point.spec;
    const allowedBy = { limits: guard, ...(await this.#window(snapshot)) };
    const updates = expired ? noUpdates : this.#updatesWhileReading(work, snapshot, target, { arrived, inFlight });
    const { mostPerBatch, quarantined: refused } = ended;
    const isOutdated = outdatedBy(updates, clock);
    const task = { ...target, ...snapshot, mode, ...allowedBy, updates, refused, mostPerBatch, isOutdated };
    const synced = heldBackIf(expired, await syncPoint(task));
    await audit.read(point, synced.observed.length, synced.remaining);
    const left = restOf(synced, updates, ended);
    if (left !== undefined) return this.#again(work, target, left);
    if (!expired) await this.#keepInForce(snapshot, synced);
    const drift = snapshot.reached ? differencesOf(synced.plan.changes) : [];
    const { version, ...readBack } = versionsOf(snapshot, updates, inFlight?.proven ?? work.version);
    const pending = [...updates.pending, ...startedAt(clock.now(), synced.pending)];
    const result = inProgressIf(pending.length > 0, {
      ...synced,
      ...withOutcomesOf(synced, [...updates.unreported, ended]),
    });
    const { version: deviceVersion } = target.context.capabilities;
    const report = {
      point,
      path: 'full',
      version,
      ...readBack,
      desired: snapshot.desired,
      place: target.place,
      vantage: wordOf(vantage),
      result,
      pending,
      drift,
      ...(deviceVersion !== '' && { deviceVersion }),
    } as const;
    if (isFamiliar(result)) this.#remembered.familiar.add(target.session);
    else this.#remembered.familiar.delete(target.session);
    if (pending.length > 0) {
      const membersOnly = updates.grants && synced.pending.length + synced.waiting === 0;
      const rest = { refused: result.quarantined, ...(mostPerBatch && { mostPerBatch }), seen: version, membersOnly };
      return this.#polling.leave(report, rest, result.error);
    }
    if (work.pending !== undefined && result.state !== 'failed') await store.keepPending(point, undefined);
    await this.#deps.report(report);
    await this.#follow(point, version, result, updates.used);
  }

  /** By another plan. Whose rules change all the time keeps no other point from this worker. */
  async #again(work: Work, target: Target, ended: EndedOperations): Promise<void> {
    if (await target.lease.othersWait()) return this.#deps.queue.enqueue(work.point.metadata.name);
    return this.sync(work, target, { arrived: false, ended });
  }

  async #noteUnsure(point: string): Promise<void> {
    if (await this.#deps.audit.hasUnsettled(point)) this.#remembered.unsure.add(point);
  }

  /** Whether a change window is closed, and what to hold to in the meantime. */
  async #window(snapshot: DesiredSnapshot): Promise<Pick<SyncTask, 'closedUntil' | 'inForce' | 'now' | 'narrowed'>> {
    const { audit, clock, readings } = this.#deps;
    const { metadata, spec } = snapshot.point;
    const now = clock.now();
    const until = closedUntil(spec.changeWindows, now);
    if (until === undefined) return {};
    const inForce = await readings.inForce(metadata.name);
    return { closedUntil: until, inForce, now, narrowed: (desired) => audit.fullSync({ ...snapshot, desired }) };
  }

  async #keepInForce({ point, desired }: DesiredSnapshot, synced: SyncResult): Promise<void> {
    const { readings } = this.#deps;
    const { name } = point.metadata;
    // What is kept is of no use, and would be out of date once there are windows again.
    if (point.spec.changeWindows === undefined) return readings.forgetInForce(name);
    const kept = inForceAfter(synced, desired, point.spec.mode);
    if (kept !== undefined) await readings.keepInForce(name, kept);
  }

  /** What a full sync leaves to be done. @param updated members were sent while the device was read */
  async #follow(point: string, version: number, result: SyncResult, updated: boolean): Promise<void> {
    const { state, error, quarantined } = result;
    const failure = error ?? quarantined[0]?.error;
    if (failure !== undefined) await this.#retries.later(point, failure, hasMadeRoom(result));
    else if (state === 'held') await this.#deps.store.distrust(point);
    else if (state === 'programmed' || state === 'activating')
      await this.#readBack.arrived(point, version, this.#lookAt(point, result, updated));
  }

  #updatesWhileReading(
    work: Work,
    { point, version }: DesiredSnapshot,
    target: Target,
    { arrived, inFlight }: Pick<FullSync, 'arrived' | 'inFlight'>,
  ): ConcurrentUpdates {
    if (inFlight !== undefined) return inFlight;
    const { sendWhileReading = false } = target.context.capabilities;
    if (point.spec.mode === 'Observe') return noUpdates;
    // Before the first read, an object of that name may belong to another owner.
    const whileReading = sendWhileReading && (arrived || this.#remembered.familiar.has(target.session));
    const since = arrived ? work.version : whileReading ? 0 : version;
    const { lease } = target;
    return updatesOf(this.#deps, work, target, { since, grants: whileReading && arrived, whileReading, lease });
  }

  /** When to look at the device again, on the clock that cannot be set; undefined: it was seen as it should be. */
  #lookAt(
    point: string,
    { state, lookAgainAfterMs }: Pick<SyncResult, 'state' | 'lookAgainAfterMs'>,
    updated: boolean,
  ): number | undefined {
    const now = this.#deps.clock.elapsed();
    const { readBackAfterMs } = this.#deps;
    if (state === 'activating') return now + (lookAgainAfterMs ?? activationLookMs);
    // A sync that failed or was held leaves this to the next one.
    const isUnsure = this.#remembered.unsure.delete(point);
    if (updated || (isUnsure && readBackAfterMs > 0)) return now + readBackAfterMs;
    // Who reads back at once does not stay, and what is left is done when its sessions close.
    return lookAgainAfterMs === undefined || readBackAfterMs === 0 ? undefined : now + lookAgainAfterMs;
  }
}

/** The version that the device is at, and the one that was read back where a newer one was sent in the meantime. */
function versionsOf(
  snapshot: DesiredSnapshot,
  { acknowledged, reach }: ConcurrentUpdates,
  proven: number,
): Pick<Extract<SyncReport, { path: 'full' }>, 'version' | 'readBack'> {
  const version = Math.min(Math.max(snapshot.version, acknowledged ?? 0), reach);
  return { version, ...(acknowledged !== undefined && proven < version && { readBack: proven }) };
}

/** What the device has of what is desired, as far as that is known. */
function inForceAfter(result: SyncResult, desired: DesiredState, mode: SyncTask['mode']): DesiredState | undefined {
  const { state, inForce, quarantined, violations } = result;
  if (state === 'programmed' || state === 'activating') return desired;
  const isSent =
    mode === 'Enforce' && quarantined.length === 0 && violations.every(({ guard }) => guard === 'change-window');
  return state === 'held' && isSent ? inForce : undefined;
}

/** What is in flight to a device is no reason to take what else differs for something that was asked of it. */
function reachedIn(snapshot: DesiredSnapshot, inFlight: UpdatesInFlight | undefined): DesiredSnapshot {
  const isBegun = inFlight !== undefined && snapshot.version <= inFlight.begun;
  return isBegun ? { ...snapshot, reached: true } : snapshot;
}

/**
 * Rules that go must not wait until all that came before them are written, which may take minutes: a plan begins with what narrows. One that
 * has not been written for as long as it took to make is not given up, so that there is always more done than planned.
 */
function outdatedBy(updates: ConcurrentUpdates, clock: Stopwatch): () => boolean {
  const began = clock.elapsed();
  let planned: number | undefined;
  return () => {
    planned ??= clock.elapsed();
    return updates.rulesChanged && clock.elapsed() - planned >= planned - began;
  };
}

/**
 * What was done until a plan was given up for another one; undefined: it was not, or that one is to be made once the device has
 * ended what it is at work on.
 */
function restOf(
  synced: SyncResult,
  { unreported, pending }: ConcurrentUpdates,
  ended: EndedOperations,
): EndedOperations | undefined {
  if (!synced.isOutdated || synced.error !== undefined || pending.length > 0) return undefined;
  const { quarantined, mostPerBatch } = ended;
  return { ...withOutcomesOf(nothingApplied, [...unreported, ended, synced]), quarantined, mostPerBatch };
}

function inProgressIf(isPending: boolean, result: SyncResult): SyncResult {
  return isPending && result.error === undefined ? { ...result, state: 'in-progress' } : result;
}

/** No pod is permitted anything, which explains every removal. */
function emptiedIf(expired: boolean, snapshot: DesiredSnapshot): DesiredSnapshot {
  if (!expired) return snapshot;
  const ended = new Set([...snapshot.ended, everyPodListed]);
  return { ...snapshot, desired: withoutGrants(snapshot.desired), ended, synced: true, reached: false };
}

/** The device is to be read again: what is published is not what it has. */
function heldBackIf(expired: boolean, result: SyncResult): SyncResult {
  if (!expired) return result;
  const done = result.state === 'programmed' || result.state === 'activating' || result.state === 'held';
  return { ...result, ...(done && { state: 'held' }), violations: [controllerLost, ...result.violations] };
}

/** Addresses on a network beside the pod network are others. */
function wordOf({ type, network }: DesiredSnapshot['point']['spec']['vantage']): string {
  return network === undefined ? type : `${type} ${network.name}`;
}

/** Was something refused for want of room, and something else of its kind taken away after that? */
function hasMadeRoom({ plan, quarantined, remaining }: SyncResult): boolean {
  const full = new Set(quarantined.flatMap(({ key, error }) => (error.errorClass === 'quota' ? [key.kind] : [])));
  const left = new Set(remaining?.map(({ key }) => keyOf(key)));
  const goes = ({ op, key }: Change): boolean => op === 'delete' && full.has(key.kind) && !left.has(keyOf(key));
  return remaining !== undefined && plan.changes.some(goes);
}

const saysNothingOfGroups: ReadonlySet<string> = new Set(['too-many-removals', 'unreadable-policy', 'change-window']);

/** Nothing stands in the way of our groups; what is held for other reasons says nothing about them. */
function isFamiliar({ state, violations }: SyncResult): boolean {
  if (state === 'held') return violations.every(({ guard }) => saysNothingOfGroups.has(guard));
  return state === 'programmed' || state === 'activating';
}
