import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';
import type { PendingSync } from './pending-sync.ts';

/** What the controller says about a point after a change. */
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

/** What a worker finds when it takes up a point. */
export interface Work {
  readonly point: EnforcementPoint;
  /** Grows with every publication and every distrust. */
  readonly version: number;
  /** Everything since the version acknowledged last; undefined when deltas do not tell the whole story. */
  readonly deltas: readonly GroupDelta[] | undefined;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
  /** When the device, which has got deltas, is to be read back at the latest, in milliseconds since the epoch. */
  readonly readBackDueAt: number | undefined;
  /** A sync that waits for the device to end something; undefined: none does. */
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
  /** The device has been at this very state before: whatever differs on it now was not our doing. */
  readonly reached: boolean;
}

/** What was published after a version that a worker is still busy with. */
export interface MemberChanges {
  readonly point: EnforcementPoint;
  /** The version that they lead up to. */
  readonly version: number;
  /** Changes of members; of an address the last word. */
  readonly groups: readonly GroupDelta[];
  /** Nothing else has changed, and nobody has distrusted the device: the groups tell the whole story. */
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
   * What came after a version, for whoever cannot wait until the point is handed out again. Undefined: nothing, or the
   * point was withdrawn.
   *
   * @param since 0: everything that has not been acknowledged and is not part of the whole alone
   */
  changesSince(point: string, since: number): Promise<MemberChanges | undefined>;
  /**
   * The device is at this version: what led there is forgotten.
   *
   * @param readBackDueAt the device was told, but not read: when that is due, in milliseconds since the epoch
   */
  acknowledge(point: string, version: number, readBackDueAt?: number): Promise<void>;
  /** Keeps with the point what the device is still at work on; undefined: nothing any more. */
  keepPending(point: string, pending: PendingSync | undefined): Promise<void>;
  /** The device is not where we thought: the next work is the whole, not a delta. */
  distrust(point: string): Promise<void>;
  /**
   * The device could not be brought there: distrusts it, and counts. The count is kept with the point, so that workers
   * that come and go do not begin to knock from the start; an acknowledgement ends it.
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
