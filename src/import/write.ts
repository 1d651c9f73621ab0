import type { WrittenClusterPolicy, WrittenPolicy } from './importer.ts';
import type { LabelSelector } from '../api/fields/selector.ts';
import { apiVersion } from '../api/meta.ts';
import { normalisePorts } from '../core/destinations/ports.ts';
import { chunks } from '../core/model/chunks.ts';
import { digest } from '../core/text/digest.ts';
import type { Document } from './outcome.ts';
import type { Reach } from './reach.ts';

/** Where an object comes from, in its annotations. */
export const originAnnotation = 'postern.dev/imported-from';

/** What the API accepts in one policy, in one rule of a cluster-wide one, and in one destination. */
export const limits = {
  to: 100,
  clusterTo: 20,
  clusterRules: 16,
  networks: 50,
  domainNames: 10,
  ports: 64,
  name: 63,
} as const;

/** The subject of a policy; without a selector and without ServiceAccounts, every pod. */
export interface WrittenSubject {
  readonly podSelector?: LabelSelector | undefined;
  readonly serviceAccounts?: readonly string[] | undefined;
}

export interface NamespacedRules {
  readonly namespace: string;
  readonly subject: WrittenSubject;
  readonly action: 'Accept' | 'Deny';
  readonly reach: readonly Reach[];
}

/** EgressPolicies that say this, as many as it takes. */
export function writePolicies(from: Document, name: string, rules: NamespacedRules): readonly WrittenPolicy[] {
  const { podSelector, serviceAccounts } = rules.subject;
  const isAll = podSelector === undefined && serviceAccounts === undefined;
  const subject = isAll
    ? { allPods: true }
    : { ...(podSelector && { podSelector }), ...(serviceAccounts && { serviceAccounts: [...serviceAccounts] }) };
  return chunks(rules.reach.flatMap(entriesOf), limits.to).map((to, at) => ({
    apiVersion,
    kind: 'EgressPolicy',
    metadata: { name: numbered(name, at), namespace: rules.namespace, annotations: origin(from) },
    spec: { subject, action: rules.action, to },
  }));
}

export interface ClusterRules {
  readonly tier: 'Admin' | 'Baseline';
  /** Of the first; each further one comes behind it. */
  readonly priority: number;
  readonly subject: WrittenClusterPolicy['spec']['subject'];
  readonly egress: readonly { readonly action: 'Accept' | 'Deny' | 'Pass'; readonly reach: readonly Reach[] }[];
}

/** ClusterEgressPolicies that say this, with rules in their order, as many as it takes. */
export function writeClusterPolicies(
  from: Document,
  name: string,
  rules: ClusterRules,
): readonly WrittenClusterPolicy[] {
  const egress = rules.egress.flatMap(({ action, reach }) =>
    chunks(reach.flatMap(entriesOf), limits.clusterTo).map((to) => ({ action, to })),
  );
  return chunks(egress, limits.clusterRules).map((part, at) => ({
    apiVersion,
    kind: 'ClusterEgressPolicy',
    metadata: { name: numbered(name, at), annotations: origin(from) },
    spec: { tier: rules.tier, priority: rules.priority + at, subject: rules.subject, egress: part },
  }));
}

type Entry = WrittenPolicy['spec']['to'][number];

function entriesOf({ domainNames = [], networks = [], ports }: Reach): readonly Entry[] {
  const through =
    ports.length === 0
      ? [{ allPorts: true }]
      : chunks(normalisePorts(ports), limits.ports).map((some) => ({ ports: some }));
  const where: Entry[] = [
    ...chunks([...new Set(domainNames)], limits.domainNames).map((names) => ({ domainNames: names })),
    ...chunks([...new Set(networks)], limits.networks).map((some) => ({ networks: some })),
  ];
  return where.flatMap((one) => through.map((some) => ({ ...one, ...some })));
}

export function origin({ subject }: Pick<Document, 'subject'>): Record<string, string> {
  return { [originAnnotation]: subject };
}

/** A name of our kinds has no dots and at most 63 characters; one that had to be cut ends in digits of its own. */
function numbered(name: string, at: number): string {
  const whole = `${name.replaceAll('.', '-')}${at === 0 ? '' : `-${at + 1}`}`;
  if (whole.length <= limits.name && whole === `${name}${at === 0 ? '' : `-${at + 1}`}`) return whole;
  return `${whole.slice(0, limits.name - 13).replace(/-+$/, '')}-${digest(`${name} ${at}`)}`;
}
