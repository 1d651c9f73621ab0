import type { ConditionReasons } from '../../api/condition-reasons.ts';
import type { Json } from './json.ts';
import type { Proxies } from './proxies.ts';
import type { Loss } from './resource.ts';

export const pointStates = [
  'programmed',
  'in-progress',
  'activating',
  'sent',
  'planned',
  'held',
  'partial',
  'failed',
] as const;
export type PointState = (typeof pointStates)[number];

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
  readonly state: PointState;
  readonly reason: ConditionReasons['Programmed'];
  /** For people, with what to do next. Says the same as long as nothing changes. */
  readonly message: string;
  /** Wanted there. */
  readonly rules: number;
  /** Of these, how many were on the device when it was last read; absent: not known. */
  readonly rulesThere?: number;
  readonly addresses: number;
  readonly losses: readonly Loss[];
  /** Ids of rules and groups that the device refused, with the reason. */
  readonly refused: readonly { readonly id: string; readonly message: string }[];
  /**
   * Digest of the rules that were last held against what was read back (see `rulesDigest`); empty: none yet. They are in
   * force, except those that `differing` names.
   */
  readonly programmedRules: string;
  /** When that was read back last, RFC 3339; empty: never. */
  readonly lastSyncTime: string;
  /** Since when the data plane has enforced it without a break; empty: it does not. */
  readonly liveSince: string;
  /** Where it has objects: which part of which device, for which cluster; absent: nothing was written yet. */
  readonly place?: string;
  /** The vantage of what was read back as desired last; absent: not known. */
  readonly vantage?: string;
  /** The newest publication that was read back as desired; absent: none. */
  readonly readBackVersion?: number;
  /**
   * Ids of rules and groups that differed on the device when it was last read: refused, held back, or mode Observe.
   * `*`: something that more than one of them may need.
   */
  readonly differing?: readonly string[];
  /** Of rules and groups, what waits for a change window, for people. `partly`: some of it is in force, or may be. */
  readonly waiting?: readonly { readonly id: string; readonly message: string; readonly partly: boolean }[];
  /** The last time the device was found changed behind our back; kept until it happens again. */
  readonly drift?: Drift;
  /** As the device tells it. */
  readonly deviceVersion?: string;
  /** State `held`, for nothing but that the cluster was not seen whole: the device has all that is known to be wanted. Absent: no. */
  readonly unseen?: true;
  /** State `held`: whose addresses stand in groups that are to go; absent: nobody's. */
  readonly held?: readonly HeldMembers[];
  /** Which proxies had what was written when it was last asked; absent: there are none, or it is not known. */
  readonly proxies?: Proxies;
}

/** Members of groups that policies of one namespace alone have used; empty: of several, or it is not known. */
export interface HeldMembers {
  readonly namespace: string;
  readonly members: readonly string[];
}

/** A device that differed although nothing had been asked of it. */
export interface Drift {
  /** RFC 3339. */
  readonly at: string;
  /** Put right, or at least set about; false: only reported. */
  readonly healed: boolean;
  /** Of all differences, of which the first few follow. */
  readonly count: number;
  readonly differences: readonly Difference[];
}

/** One thing in which a device differs from what is desired. */
export interface Difference {
  /** `missing`: desired and not there. `unexpected`: there, with our mark, and not desired. The others name what differs. */
  readonly what: 'missing' | 'unexpected' | 'changed' | 'members' | 'order';
  /** The device object, in the device's own words. */
  readonly kind: string;
  readonly name: string;
  /** Field of the object, `members`, `position`; empty when the object as a whole is meant. */
  readonly field: string;
  /** Of `members` only those that are not on both sides. Null: nothing, or for `position`: not known. */
  readonly desired: Json;
  readonly found: Json;
}
