import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';
import type { PendingSync } from './pending-sync.ts';

/** The state of a point after a change, as the controller publishes it. */
export interface Publication {
  readonly point: EnforcementPoint;
  /** Built only when somebody needs the whole. */
  readonly desired: () => DesiredState;
  readonly rulesChanged: boolean;
  readonly groups: readonly GroupDelta[];
  /** Addresses of pods individually seen to end. */
  readonly ended: readonly string[];
  /** Have all caches behind it been filled? */
  readonly synced: boolean;
}

/** The work that a worker has at a point. */
export interface Work {
  readonly point: EnforcementPoint;
  /** Grows with every call of `publish`, `distrust` and `failed`. */
  readonly version: number;
  /** All changes since the version acknowledged last; undefined: a full sync is needed. */
  readonly deltas: readonly GroupDelta[] | undefined;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
  /** When the device has to be read back after deltas were sent, in milliseconds since the epoch; undefined: nothing is due. */
  readonly readBackDueAt: number | undefined;
  /** A sync whose native operations have not ended; undefined: there is none. */
  readonly pending: PendingSync | undefined;
  /** The desired state, fetched only when asked for, with everything that belongs to its version. */
  snapshot(): Promise<DesiredSnapshot>;
}

/** The desired state of a point at one version, which may be newer than that of the work it was asked from. */
export interface DesiredSnapshot {
  readonly point: EnforcementPoint;
  readonly version: number;
  readonly desired: DesiredState;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
  /** The device was in this state before: whatever differs now was changed by somebody else. */
  readonly reached: boolean;
}

/** What was published after a version that a worker is still busy with. */
export interface MemberChanges {
  readonly point: EnforcementPoint;
  /** The version that they lead up to. */
  readonly version: number;
  /** Changes of members; of an address the last word. */
  readonly groups: readonly GroupDelta[];
  /** Nothing but members has changed: a delta is enough. */
  readonly membersOnly: boolean;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
}

/** The latest desired state of every point, and what has changed in it since a worker last brought the device there. */
export interface DesiredStore {
  /**
   * Rejects when it cannot be kept; then the point is to be published again, as a change of rules.
   *
   * @returns the version it has from here on
   */
  publish(publication: Publication): Promise<number>;
  withdraw(point: string): Promise<void>;
  /** Every point that is published, by whomever. One that was just withdrawn may still be among them. */
  points(): Promise<readonly string[]>;
  /** Undefined: nothing is published for this point, or nothing that can be read. */
  take(point: string): Promise<Work | undefined>;
  /**
   * Changes after a version, for a worker that is still busy with the point. Undefined: there are none, or the point was
   * withdrawn.
   *
   * @param since 0: everything that has not been acknowledged and is not part of the whole alone
   */
  changesSince(point: string, since: number): Promise<MemberChanges | undefined>;
  /**
   * The device is at this version; changes up to it are dropped.
   *
   * @param readBackDueAt the device was told, but not read: when that is due, in milliseconds since the epoch
   */
  acknowledge(point: string, version: number, readBackDueAt?: number): Promise<void>;
  /** Stores the operations that the device has not ended; undefined: removes them. */
  keepPending(point: string, pending: PendingSync | undefined): Promise<void>;
  /** The state of the device is unknown: the next sync is a full one. */
  distrust(point: string): Promise<void>;
  /**
   * A sync failed: distrusts the device and counts the failure. The count is stored with the point, so that a worker that
   * was just started keeps to the delay; an acknowledgement resets it.
   *
   * @returns how often in a row, this time included
   */
  failed(point: string): Promise<number>;
  /**
   * Points that this process has published and that are no longer there as published - the store was emptied, or went
   * back in time, or a worker could not read them. They are to be published again, as a change of rules.
   */
  lost(): Promise<readonly string[]>;
}

/** The part of it that a controller uses. */
export type PublishingStore = Pick<DesiredStore, 'publish' | 'withdraw' | 'points' | 'distrust' | 'lost'>;
