import type { Destination, Origin, Verdict } from '../core/model/desired.ts';
import type { Problem } from '../core/model/problem.ts';
import type { Loss } from '../core/model/resource.ts';
import type { Port } from '../api/meta.ts';

/*
 * What an auditor is handed: the rules, point by point, with everything that is known about each. Throughout, `null`
 * means that it is not known, and `''` or an empty list that there is none: nothing is guessed. Times are RFC 3339 in UTC.
 * The shapes are those of `postern report -o json`, and stable.
 */

export interface Report {
  readonly made: Made;
  readonly points: readonly PointEntry[];
  /** By point, in the order in which the point asks them. */
  readonly rules: readonly RuleEntry[];
  /** What could not be read, or could not be asked: the report is not whole then. */
  readonly problems: readonly Problem[];
}

/** What a report was made from. */
export interface Made {
  readonly at: string;
  readonly version: string;
  /** The moment it is about; equal to `at` unless `--at` asked for another. */
  readonly about: string;
  /** `record`: nothing but the audit record. */
  readonly from: 'files' | 'cluster' | 'record';
  /** Files and directories; of a cluster its name. */
  readonly inputs: readonly string[];
  /** Where the audit record was looked for. */
  readonly record: string;
  /** Were the devices asked, too? */
  readonly live: boolean;
}

export interface PointEntry {
  readonly name: string;
  readonly adapter: string | null;
  readonly mode: 'Enforce' | 'Observe' | null;
  /** Of the device, as it says itself. */
  readonly version: string | null;
  /** It consists of objects in the cluster, of the mesh or of network policies. */
  readonly inMesh: boolean | null;
  /** What becomes of flows that no rule matches. */
  readonly defaultAction: Verdict | null;
  readonly rules: number;
  /** Rules in force, not in force, and those of which it is not known. */
  readonly live: number;
  readonly notLive: number;
  readonly unknown: number;
  /** Rules with something to look at. */
  readonly flagged: number;
  readonly drift: Drift | null;
  readonly groups: readonly GroupEntry[];
  readonly record: RecordEntry | null;
}

/** How the device differed when it was read last. */
export interface Drift {
  readonly at: string;
  /** False: it could not be read completely, so that there may be more. */
  readonly complete: boolean;
  readonly differences: number;
}

/** What is on record of a point, up to the moment that the report is about. */
export interface RecordEntry {
  readonly records: number;
  readonly from: string;
  readonly to: string;
  /** Hash of the last of them: whoever keeps it can tell later whether the record was rewritten. */
  readonly hash: string;
  /** The whole chain, and not only this part of it. */
  readonly chain: 'intact' | 'faulty' | 'not checked';
  readonly faults: number;
  /** Writes of which nobody knows what became of them. */
  readonly unsettled: number;
}

/** A set of sources, once for all rules that have it. */
export interface GroupEntry {
  readonly id: string;
  readonly title: string;
  /** Addresses and networks; at points that know identities `namespace/serviceaccount`. Sorted. */
  readonly addresses: readonly string[];
  /** False: there may be more of them than the record has room for. */
  readonly exact: boolean;
}

/** Who is behind the sources of a rule. */
export interface Who {
  readonly namespace: string;
  /** `Deployment/checkout` */
  readonly workload: string;
  readonly serviceAccount: string;
}

export interface RuleEntry {
  readonly point: string;
  /** First match decides; from 1. */
  readonly position: number | null;
  /** Ours; the same at every point and for as long as the rule lives. */
  readonly id: string;
  /** What the device calls it; several where it takes several. */
  readonly deviceRules: readonly string[] | null;
  readonly action: Verdict;
  /** Ids of the groups whose members it is about. */
  readonly sources: readonly string[];
  /** The groups in words. */
  readonly subject: string;
  readonly who: readonly Who[] | null;
  /** Different addresses in all its groups. */
  readonly addresses: number | null;
  readonly destination: Destination;
  /** Empty: every protocol and port. */
  readonly ports: readonly Port[];
  readonly policy: PolicyEntry | null;
  /** The ExternalService that it leads to; `''`: destinations written out in the policy. */
  readonly service: string | null;
  readonly governance: GovernanceEntry | null;
  readonly log: boolean | null;
  readonly profile: string | null;
  /** Who changed the policy last, as the API server has it. */
  readonly changedBy: { readonly manager: string; readonly at: string } | null;
  /** When it came to the device, when it was changed there last, and why then. `''`: it is not there. */
  readonly since: string | null;
  readonly changedAt: string | null;
  readonly changeReason: string | null;
  /** When the device was last read and had it so; `''`: not since it was changed. */
  readonly verifiedAt: string | null;
  readonly live: { readonly state: 'yes' | 'no' | 'not known'; readonly reason: string };
  /** As the device counts; null also where it does not count, or was not asked. */
  readonly hits: HitEntry | null;
  /** The same rule at points in the cluster; null: there is no such point. */
  readonly mesh: readonly MeshEntry[] | null;
  readonly losses: readonly Loss[];
  /** What somebody should look at. */
  readonly flags: readonly Flag[];
}

export interface PolicyEntry extends Omit<Origin, 'tier' | 'externalService' | 'via'> {
  readonly tier: Origin['tier'] | null;
  /** The Pass that handed it down; `''`: none. */
  readonly via: string | null;
}

export interface GovernanceEntry {
  readonly owner: string;
  readonly justification: string;
  readonly ticket: string;
  /** When the rule ends by itself. */
  readonly expiresAt: string;
  /** The earlier one of policy and service. */
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
  /** `Kind name`; empty: the rule has no object of its own there. */
  readonly objects: readonly string[];
}

export interface Flag {
  readonly code: FlagCode;
  readonly message: string;
}

/** In the order of weight. */
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
] as const;
export type FlagCode = (typeof flagCodes)[number];

/** `EgressPolicy/shop/checkout` */
export function policyName({ kind, namespace, name }: Pick<Origin, 'kind' | 'namespace' | 'name'>): string {
  return [kind, namespace, name].filter((part) => part !== '').join('/');
}

/** `Kind/namespace/name field via`: what the same rule has in common at every point. */
export function lineageOf(policy: Pick<PolicyEntry, 'kind' | 'namespace' | 'name' | 'field'>): string {
  return `${policyName(policy)} ${policy.field}`;
}
