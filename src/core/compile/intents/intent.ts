import type { Origin, Verdict } from '../../model/desired.ts';
import type { Match } from '../tiers/match.ts';

/** One `to` entry of a policy, resolved and in normal form, before any enforcement point is looked at. */
export interface Intent extends Match {
  readonly action: Verdict | 'Pass';
  readonly log: boolean;
  readonly originate?: true;
  readonly profile?: string;
  readonly expiresAt?: string;
  /** For how long pods that are being deleted keep what it grants; absent: the policy says nothing. */
  readonly graceSeconds?: number;
  readonly origin: Origin;
}

/** What one rule of a point will say: an intent, or the part of it that stands in this place. */
export interface RuleSpec extends Intent {
  readonly action: Verdict;
}
