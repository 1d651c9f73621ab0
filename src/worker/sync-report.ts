import type { AdapterError } from '../adapter/errors.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Difference } from '../core/model/outcome.ts';
import type { PendingOperation } from '../core/model/pending.ts';
import type { ApplyResult } from './sync/apply-batches.ts';
import type { SyncResult } from './sync/sync-point.ts';

/** What happened at a point, for output, metrics and status. */
export type SyncReport =
  | {
      readonly point: string;
      readonly path: 'full';
      readonly version: number;
      /** The version that was read back, where a newer one was sent in the meantime. */
      readonly readBack?: number;
      readonly desired: DesiredState;
      /** Where the session writes to, in words; absent: it is not known. */
      readonly place?: string | undefined;
      /** What addresses are of: `spec.vantage.type`, and the network beside the pod network. */
      readonly vantage: string;
      readonly result: SyncResult;
      /** What the device is at work on; empty unless `result.state` is `in-progress` or something failed beside it. */
      readonly pending: readonly PendingOperation[];
      /** What was different although nothing had been asked of the device since it was last as desired. */
      readonly drift: readonly Difference[];
      /** As the device tells it; absent: it does not. */
      readonly deviceVersion?: string;
    }
  | {
      readonly point: string;
      readonly path: 'delta';
      readonly version: number;
      /** There was nothing to send: this version is what was read back last. */
      readonly readBack?: number;
      /** What was sent, or came to its end, without the device being read. */
      readonly result: ApplyResult;
      readonly pending: readonly PendingOperation[];
    }
  | { readonly point: string; readonly path: 'none'; readonly version: number; readonly error: AdapterError };
