import { AdapterError, errorPolicy } from '../../adapter/errors.ts';
import type { PendingOperation } from '../../core/model/pending.ts';
import type { Change } from '../../core/model/plan.ts';
import type { Resource } from '../../core/model/resource.ts';
import type { PlanProgress } from '../../core/plan/in-flight/overtaken.ts';
import type { ApplyResult, OvertakeWhile } from './apply-batches.ts';

/** Member updates that are sent beside whatever else is done at the device. See docs/decisions/0007. */
export interface ConcurrentUpdates<R extends Resource = Resource> {
  /**
   * Reads, and tells beside the answer which changes were in flight: of those the answer proves nothing.
   *
   * @throws AdapterError also when an update failed: the device may be like anything then, and what is planned from the
   *   reading would take for done what is not
   */
  whileReading<T>(read: () => Promise<T>): Promise<{ readonly answer: T; readonly inFlight: readonly Change<R>[] }>;
  /**
   * Sends members that are to be shut out, of what was published since, ahead of the rest of a plan.
   *
   * @returns the members that moved; those of objects that are not there yet count as moved, for the plan is to make them so
   * @throws AdapterError when it failed: the device may be like anything then
   */
  overtake(progress: PlanProgress): Promise<readonly Change<R>[]>;
  /** As `overtake`, for as long as a call is made that moves no members. */
  readonly overtakeWhile: OvertakeWhile;
  /** The device is not as it was thought to be: from here on updates only withdraw. */
  stopGrants(): void;
  /** May members still be let in? Not once something had to wait: what comes later may depend on it. */
  readonly grants: boolean;
  /** Have rules been published since? Then what is being written may be for some that are no longer desired. */
  readonly rulesChanged: boolean;
  /** Operations that updates have started and that have not ended. */
  readonly pending: readonly PendingOperation[];
  /** The newest version that the device was brought to; undefined: none. */
  readonly acknowledged: number | undefined;
  /** What came after this version was not sent in full; Infinity: nothing is known to be left. */
  readonly reach: number;
  /** Was anything sent? Then it has yet to be read back. */
  readonly used: boolean;
  /** What was sent and not reported. */
  readonly unreported: readonly ApplyResult[];
  /** Ends when what was begun has ended: nothing is written to the device after this. @throws AdapterError when it failed */
  end(): Promise<void>;
}

/** Nothing is sent while the device is read. */
export const noUpdates: ConcurrentUpdates<never> = {
  whileReading: async (read) => ({ answer: await read(), inFlight: [] }),
  overtake: () => Promise.resolve([]),
  overtakeWhile: async (_, call) => ({ answer: await call(), moved: [] }),
  stopGrants: () => undefined,
  grants: false,
  rulesChanged: false,
  pending: [],
  acknowledged: undefined,
  reach: Infinity,
  used: false,
  unreported: [],
  end: () => Promise.resolve(),
};

/** What would be quarantined is left to a sync that has read the device: that quarantines it and does the rest. */
export function replanned(failure: AdapterError): AdapterError {
  const { then } = errorPolicy[failure.errorClass];
  return then === 'quarantine' ? new AdapterError('conflict', failure.message) : failure;
}
