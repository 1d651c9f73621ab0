import type { Destination, Origin, Verdict } from '../core/model/desired.ts';
import type { ReportCode } from '../api/problem-codes.ts';
import type { Problem } from '../api/problem.ts';
import type { Loss } from '../core/model/resource.ts';
import type { Port } from '../api/fields/destination.ts';
import { objectName } from '../core/text/wording.ts';

/*
 * The report for auditors: the rules, point by point, with everything known about each. `null` means not known; `''` and an
 * empty list mean none. Times are RFC 3339 in UTC. The shapes are those of `postern report -o json` and stay stable.
 */

export interface Report {
  readonly made: Made;
  readonly points: readonly PointEntry[];
  /** By point, in the order in which the point evaluates them. */
  readonly rules: readonly RuleEntry[];
  /** What could not be read; the report is incomplete if there is any. */
  readonly problems: readonly Problem[];
  /** What a log says was refused; absent where none was read. */
  readonly refused?: readonly RefusedEntry[];
}

/** A refused flow, with its number of log lines. */
export interface RefusedEntry {
  /** `shop/Deployment/web`, or the address if its holder is not known. */
  readonly who: string;
  /** `shop/web`, as far as it is known. */
  readonly serviceAccount: string;
  /** A name, or an address with its port; empty: the log does not say. */
  readonly to: string;
  /** Continues `refused by`. */
  readonly by: string;
  readonly times: number;
  readonly first: string;
  readonly last: string;
}

/** What a report was made from. */
export interface Made {
  readonly at: string;
  readonly version: string;
  /** The moment that the report describes; equal to `at` unless `--at` named another. */
  readonly about: string;
  /** `record`: from the audit record alone. */
  readonly from: 'files' | 'cluster' | 'record';
  /** Files and directories, or the name of the cluster. */
  readonly inputs: readonly string[];
  /** Directory of the audit record. */
  readonly record: string;
  /** Whether the devices were read as well. */
  readonly live: boolean;
}

export interface PointEntry {
  readonly name: string;
  readonly adapter: string | null;
  readonly mode: 'Enforce' | 'Observe' | null;
  /** Version that the device reports. */
  readonly version: string | null;
  /** Whether it consists of objects in the cluster: of a mesh, or network policies. */
  readonly inMesh: boolean | null;
  /** Verdict on flows that no rule matches. */
  readonly defaultAction: Verdict | null;
  /** What is assumed of it, as `verify` says it: that it meets pods before an EgressIP has them leave under other addresses. */
  readonly assumes: readonly string[] | null;
  readonly rules: number;
  /** Numbers of rules in force, not in force, and not known. */
  readonly live: number;
  readonly notLive: number;
  readonly unknown: number;
  /** Number of rules with a flag. */
  readonly flagged: number;
  readonly drift: Drift | null;
  readonly groups: readonly GroupEntry[];
  readonly record: RecordEntry | null;
}

/** How the device differed when it was last read. */
export interface Drift {
  readonly at: string;
  /** False: not all of it could be read, so there may be more differences. */
  readonly complete: boolean;
  readonly differences: number;
}

/** The audit record of a point, up to the moment that the report describes. */
export interface RecordEntry {
  readonly records: number;
  readonly from: string;
  readonly to: string;
  /** Hash of the last record. Keep it to detect later whether the record was rewritten. */
  readonly hash: string;
  /** Result for the whole chain, not only this part of it. */
  readonly chain: 'intact' | 'faulty' | 'not checked';
  readonly faults: number;
  /** Writes whose outcome is not known. */
  readonly unsettled: number;
}

/** A set of sources, listed once for all rules that use it. */
export interface GroupEntry {
  readonly id: string;
  readonly title: string;
  /** Addresses and networks, or `namespace/serviceaccount` at points with vantage Identity. Sorted. */
  readonly addresses: readonly string[];
  /** False: the record had no room for all of them. */
  readonly exact: boolean;
}

/** A workload behind the sources of a rule. */
export interface Who {
  /** Where several clusters are looked at; else absent. */
  readonly cluster?: string;
  readonly namespace: string;
  /** `Deployment/checkout` */
  readonly workload: string;
  /** It was inferred from names and labels, because the owner of the pods' owner was not at hand. */
  readonly workloadBy?: 'convention';
  readonly serviceAccount: string;
}

export interface RuleEntry {
  readonly point: string;
  /** From 1; the first rule that matches decides. */
  readonly position: number | null;
  /** Our id, which stays the same at every point and for the life of the rule. */
  readonly id: string;
  /** Names on the device; several if one rule needs several there. */
  readonly deviceRules: readonly string[] | null;
  readonly action: Verdict;
  /** Ids of the source groups. */
  readonly sources: readonly string[];
  /** The titles of the groups. */
  readonly subject: string;
  readonly who: readonly Who[] | null;
  /** Number of distinct addresses in all its groups. */
  readonly addresses: number | null;
  readonly destination: Destination;
  /** Empty: every protocol and port. */
  readonly ports: readonly Port[];
  readonly policy: PolicyEntry | null;
  /** The ExternalService that it names; `''`: the policy writes the destinations out. */
  readonly service: string | null;
  readonly governance: GovernanceEntry | null;
  readonly log: boolean | null;
  readonly profile: string | null;
  /** Who last changed the policy, from `metadata.managedFields`. */
  readonly changedBy: { readonly manager: string; readonly at: string } | null;
  /** When it was created and last changed on the device, and why. `''`: it is not there. */
  readonly since: string | null;
  readonly changedAt: string | null;
  readonly changeReason: string | null;
  /** When a reading last confirmed it; `''`: not since it was changed. */
  readonly verifiedAt: string | null;
  readonly live: { readonly state: 'yes' | 'no' | 'not known'; readonly reason: string };
  /** Hit counters; null also if the device does not count or was not read. */
  readonly hits: HitEntry | null;
  /** The same rule at points inside the cluster; null: there is no such point. */
  readonly mesh: readonly MeshEntry[] | null;
  readonly losses: readonly Loss[];
  /** What needs attention. */
  readonly flags: readonly Flag[];
}

export interface PolicyEntry extends Omit<Origin, 'tier' | 'externalService' | 'via'> {
  readonly tier: Origin['tier'] | null;
  /** The Pass that it was reached by; `''`: none. */
  readonly via: string | null;
}

export interface GovernanceEntry {
  readonly owner: string;
  readonly justification: string;
  readonly ticket: string;
  /** When the rule expires. */
  readonly expiresAt: string;
  /** The earlier date of policy and service. */
  readonly reviewBy: string;
  readonly serviceOwner: string;
  readonly serviceJustification: string;
  readonly serviceTicket: string;
}

export interface HitEntry {
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
}

export interface MeshEntry {
  readonly point: string;
  /** `Kind name`; empty: the rule has no object there. */
  readonly objects: readonly string[];
}

export interface Flag {
  readonly code: FlagCode;
  readonly message: string;
}

/** The most serious first. */
export const flagCodes = [
  'not-wanted',
  'not-live',
  'insecure-service',
  'any-destination',
  'any-port',
  'wide-network',
  'over-grant',
  'loss',
  'expired',
  'review-overdue',
  'no-owner',
  'no-justification',
  'expiring-soon',
  'no-source',
  'never-hit',
  'no-mesh-counterpart',
] as const satisfies readonly ReportCode[];
export type FlagCode = (typeof flagCodes)[number];

/** `Kind/namespace/name field`: the same for one rule at every point. */
export function lineageOf(policy: Pick<PolicyEntry, 'kind' | 'namespace' | 'name' | 'field'>): string {
  return `${objectName(policy)} ${policy.field}`;
}
