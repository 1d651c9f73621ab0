import type { Origin, Verdict } from '../../model/desired.ts';
import type { Match } from '../tiers/match.ts';

/** One `to` entry of a policy, resolved and in normal form, before any enforcement point is looked at. */
export interface Intent extends Match {
  readonly action: Verdict | 'Pass';
  readonly log: boolean;
  readonly originate?: true;
  readonly profile?: string;
  readonly expiresAt?: string;
  readonly origin: Origin;
}

/** What one rule of a point will say: an intent, or the part of it that stands in this place. */
export interface RuleSpec extends Intent {
  readonly action: Verdict;
}

/** `EgressPolicy/test-app/app-a`, as problems name it. */
export function nameOfOrigin({ kind, namespace, name }: Origin): string {
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** The entry, `ClusterEgressPolicy/catalogue spec.egress[0].to[1]`. */
export function nameOfIntent({ origin }: Intent): string {
  return `${nameOfOrigin(origin)} ${origin.field}`;
}
