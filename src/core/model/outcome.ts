import type { Loss } from './resource.ts';

/**
 * What is known of an enforcement point after a worker has dealt with it: small, without secrets, and all that status,
 * metrics and reports need. Workers write it, the controller reads it.
 */
export interface PointOutcome {
  readonly point: string;
  /** The publication that was worked on. */
  readonly version: number;
  /** RFC 3339. */
  readonly at: string;
  readonly state: 'programmed' | 'activating' | 'sent' | 'planned' | 'held' | 'partial' | 'failed';
  /** CamelCase word for machines, `Programmed`, `DeviceUnavailable`. */
  readonly reason: string;
  /** For people, with what to do next. Says the same as long as nothing changes. */
  readonly message: string;
  readonly rules: number;
  readonly addresses: number;
  readonly losses: readonly Loss[];
  /** Ids of rules and groups that the device refused, with the reason. */
  readonly refused: readonly { readonly id: string; readonly message: string }[];
  /** Digest of the rules that were read back last and agreed (see `rulesDigest`); empty: none yet. */
  readonly programmedRules: string;
  /** When that was read back last, RFC 3339; empty: never. */
  readonly lastSyncTime: string;
  /** Since when the data plane has enforced it without a break; empty: it does not. */
  readonly liveSince: string;
}
