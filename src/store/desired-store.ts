import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';
import type { Fenced } from '../redis/fencing.ts';
import type { PendingSync } from './pending-sync.ts';

/** The state of a point after a change, as the controller publishes it. */
export interface Publication {
  readonly point: EnforcementPoint;
  /** Builds the whole desired state; called only when it is needed. It may be newer, and then what tells of it is published. */
  readonly desired: () => DesiredState | Promise<DesiredState>;
  readonly rulesChanged: boolean;
  readonly groups: readonly GroupDelta[];
  /** Addresses of pods whose end the controller has seen. */
  readonly ended: readonly string[];
  /** All caches of the controller were filled when it was compiled. */
  readonly synced: boolean;
}

/** The work that a worker has at a point. */
export interface Work {
  readonly point: EnforcementPoint;
  /** Grows with every call of `publish`, `distrust` and `failed`. */
  readonly version: number;
  /** The version that was acknowledged last. */
  readonly acknowledged: number;
  /** All changes since then; undefined: a full sync is needed, or something is pending. */
  readonly deltas: readonly GroupDelta[] | undefined;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
  /**
   * When the device has to be read because deltas were sent, on the clock of this process that cannot be set
   * (`performance.now`): those of workers may be apart, and go back. Undefined: it need not be.
   */
  readonly readBackDueAt: number | undefined;
  /** For how long no controller has looked after the point, in milliseconds, by the clock of the store; 0: one does. */
  readonly controllerSilentMs: number;
  /** A sync whose operations on the device have not ended; undefined: there is none. */
  readonly pending: PendingSync | undefined;
  /** Fetches the desired state, with all that belongs to its version. */
  snapshot(): Promise<DesiredSnapshot>;
}

/** The desired state of a point at one version, which may be newer than that of the work it was asked from. */
export interface DesiredSnapshot {
  readonly point: EnforcementPoint;
  readonly version: number;
  readonly desired: DesiredState;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
  /** The device has been in this state: what differs now, another client has changed. */
  readonly reached: boolean;
}

/** Changes that were published while a worker was busy with the point. */
export interface MemberChanges {
  readonly point: EnforcementPoint;
  /** The version that the point has with these changes. */
  readonly version: number;
  /** Changes of members, as one delta. */
  readonly groups: readonly GroupDelta[];
  /** Only members have changed, so that sending the delta is enough. */
  readonly membersOnly: boolean;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
}

/** The latest desired state of every point, and its changes since a worker last acknowledged it. */
export interface DesiredStore extends Fenced<DesiredStore> {
  /**
   * Rejects when the store fails; then the point has to be published again, as a change of rules.
   *
   * @returns the new version of the point
   */
  publish(publication: Publication): Promise<number>;
  withdraw(point: string): Promise<void>;
  /** Every published point, of any controller. A point that was just withdrawn may be among them. */
  points(): Promise<readonly string[]>;
  /** Undefined: the point is not published, or its stored state cannot be read. */
  take(point: string): Promise<Work | undefined>;
  /**
   * Changes after a version, for a worker that is busy with the point. Undefined: there are none, or the point was
   * withdrawn.
   *
   * @param since 0: all changes of members that were not acknowledged
   */
  changesSince(point: string, since: number): Promise<MemberChanges | undefined>;
  /**
   * The device has this version; changes up to it are dropped.
   *
   * @param readBackDueAt when the device has to be read, because it was only written to; on the same clock as that of `Work`
   */
  acknowledge(point: string, version: number, readBackDueAt?: number): Promise<void>;
  /** Stores the operations that the device has not ended; undefined: removes them. */
  keepPending(point: string, pending: PendingSync | undefined): Promise<void>;
  /** The state of the device is unknown: the next sync is a full one. */
  distrust(point: string): Promise<void>;
  /**
   * A sync failed: calls `distrust`. The time of the first failure in a row is stored with the point, so that a new worker
   * keeps to the delay as well; an acknowledgement forgets it.
   *
   * @returns milliseconds since the first failure in a row; 0 if this is the first
   */
  failed(point: string): Promise<number>;
  /**
   * Compares what this process has published with what is stored. Until that has happened, a store that may have gone
   * back to an older state (a failover, a restart) gives workers nothing: `take`, `changesSince` and `snapshot` reject.
   */
  compare(): Promise<Compared>;
}

export interface Compared {
  /**
   * Points that the store no longer has as published: it was emptied or has gone back, or a worker could not read them;
   * and those whose grants may have expired in the meantime. They have to be published again, as a change of rules.
   */
  readonly lost: readonly string[];
  /** Points that are as published, which workers were not sure of: they may go on. */
  readonly confirmed: readonly string[];
}

/** The part of it that a controller uses. */
export type PublishingStore = Pick<DesiredStore, 'publish' | 'withdraw' | 'points' | 'distrust' | 'compare'>;
