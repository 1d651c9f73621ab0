import type { DesiredState, GroupDelta } from '../core/model/desired.ts';
import type { EnforcementPoint } from '../api/kinds.ts';

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
  /** Grows with every publication. */
  readonly version: number;
  readonly desired: () => DesiredState;
  /** Everything since the version acknowledged last; undefined when deltas do not tell the whole story. */
  readonly deltas: readonly GroupDelta[] | undefined;
  readonly ended: ReadonlySet<string>;
  readonly synced: boolean;
}

/** The latest desired state of every point, and what has changed in it since a worker last brought the device there. */
export interface DesiredStore {
  publish(publication: Publication): Promise<void>;
  withdraw(point: string): Promise<void>;
  take(point: string): Promise<Work | undefined>;
  /** The device is at this version: what led there is forgotten. */
  acknowledge(point: string, version: number): Promise<void>;
  /** The device is not where we thought: the next work is the whole, not a delta. */
  distrust(point: string): Promise<void>;
}
