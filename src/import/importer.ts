import type { z } from 'zod';
import type { clusterEgressPolicySchema } from '../api/cluster-egress-policy.ts';
import type { egressPolicySchema } from '../api/egress-policy.ts';
import type { enforcementPointSchema } from '../api/enforcement-point.ts';
import type { externalServiceSchema } from '../api/external-service.ts';
import type { Problem } from '../api/problem.ts';
import { grouped } from '../core/model/grouped.ts';
import { counted } from '../core/text/wording.ts';

/**
 * Reads another product's policy objects as ours. Pure. What it writes permits nothing that the product did not permit;
 * every difference has its line in the report.
 *
 * @param values objects as `kubectl` prints them, those of other kinds too
 */
export type Importer = (values: readonly unknown[], options: ImportOptions) => Imported;

export interface ImportOptions {
  /** The namespace in which the other product runs. */
  readonly home: string;
  /** Name for the EnforcementPoint. */
  readonly point: string;
  /** `*.example.com` of a product where it is one label may stand for deeper names, too. */
  readonly deeperNames?: boolean;
}

export interface Imported {
  /** Services, cluster-wide policies, namespaced policies and the point, each by name. */
  readonly objects: readonly Written[];
  /** In the order of the input; what is about everything last. */
  readonly report: readonly Finding[];
}

/** Objects of ours as a person writes them, before defaults. */
export type WrittenService = z.input<typeof externalServiceSchema>;
export type WrittenPolicy = z.input<typeof egressPolicySchema>;
export type WrittenClusterPolicy = z.input<typeof clusterEgressPolicySchema>;
export type WrittenPoint = z.input<typeof enforcementPointSchema>;
export type Written = WrittenService | WrittenPolicy | WrittenClusterPolicy | WrittenPoint;

/**
 * One line of the report of an import.
 *
 * - `carried`: it is here, and means the same.
 * - `changed`: it is here, and means something else in a case that the message names.
 * - `lost`: it is not here.
 * - `unsafe`: it was a hole in the original, which is closed here, or kept and pointed at.
 */
export interface Finding extends Problem {
  readonly effect: 'carried' | 'changed' | 'lost' | 'unsafe';
  /** Index of the object in the input; absent for what is about the import as a whole. */
  readonly input?: number;
}

/** API groups whose kinds permit and deny nothing to anybody on the network. */
const silentGroups: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/**
 * What is in the input and has no part in what is written, each kind once, but for those of Kubernetes that permit and
 * deny nothing: whatever it permits or denies is not there.
 *
 * @param known kinds that are read, with their group: `apps/Deployment`
 */
export function kindsNotRead(values: readonly unknown[], known: readonly string[]): readonly Finding[] {
  const others = values
    .filter((value) => value !== null && value !== undefined)
    .map(kindOf)
    .filter((kind) => !known.includes(kind) && !isSilent(kind));
  return [...grouped(others.map((kind) => [kind, kind] as const))].map(([kind, { length }]) => {
    const message = `${counted(length, 'object')} of this kind ${length === 1 ? 'is' : 'are'} not read: what they permit or deny is not here`;
    return { effect: 'lost', severity: 'info', subject: kind, field: 'kind', code: 'kind-not-read', message };
  });
}

function isSilent(kind: string): boolean {
  const [group = '', name] = kind.split('/');
  return name === undefined ? kind !== unnamed : silentGroups.has(group);
}

const unnamed = 'no apiVersion or no kind';

function kindOf(value: unknown): string {
  const { apiVersion, kind } = Object(value) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return unnamed;
  return apiVersion.includes('/') ? `${apiVersion.split('/')[0]}/${kind}` : kind;
}
