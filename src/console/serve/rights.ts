import { counted } from '../../core/text/wording.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Problem } from '../../api/problem.ts';

/** What one viewer may see: what the API server would let them list. */
export interface Rights {
  /** Null: any client that reaches a loopback address. */
  readonly name: string | null;
  readonly points: boolean;
  readonly services: boolean;
  readonly clusterPolicies: boolean;
  /** Namespaces whose policies they may list. */
  readonly namespaces: 'all' | ReadonlySet<string>;
  /** Namespaces that could not be asked about, because there are too many. */
  readonly notReviewed: number;
}

export const everything: Rights = {
  name: null,
  points: true,
  services: true,
  clusterPolicies: true,
  namespaces: 'all',
  notReviewed: 0,
};

/** Equal for viewers who see the same. */
export function keyOf({ points, services, clusterPolicies, namespaces }: Rights): string {
  return JSON.stringify([points, services, clusterPolicies, namespaces === 'all' ? 'all' : [...namespaces].sort()]);
}

export function seesNamespace({ namespaces }: Rights, namespace: string): boolean {
  return namespaces === 'all' || namespaces.has(namespace);
}

/** The record contains the flows of all namespaces. */
export function seesRecord({ points, clusterPolicies, namespaces }: Rights): boolean {
  return points && clusterPolicies && namespaces === 'all';
}

/** What is left out for a viewer, a sentence each. */
export function hiddenFrom(rights: Rights): readonly string[] {
  const { points, services, clusterPolicies, namespaces, notReviewed } = rights;
  const lacks = (what: string, plural: string): string =>
    `${what}: you may not list ${plural}.postern.dev; ask for that right.`;
  return [
    ...(points ? [] : [lacks('Enforcement points are left out', 'enforcementpoints')]),
    ...(services ? [] : [lacks('Services that no policy of yours names are left out', 'externalservices')]),
    ...(clusterPolicies ? [] : [lacks('Names of cluster-wide policies are left out', 'clusteregresspolicies')]),
    ...(namespaces === 'all'
      ? []
      : [
          `Only ${counted(namespaces.size, 'namespace')} ${namespaces.size === 1 ? 'is' : 'are'} shown: where you may list egresspolicies.postern.dev.`,
        ]),
    ...(notReviewed > 0
      ? [
          `${counted(notReviewed, 'namespace')} ${notReviewed === 1 ? 'is' : 'are'} left out: there are too many to ask about each.`,
        ]
      : []),
    ...(seesRecord(rights) ? [] : ['The timeline is left out: it tells of every namespace.']),
  ];
}

/** The part of a world that may be shown. What decides about it is the whole. */
export function seenBy(rights: Rights, snapshot: Snapshot): Snapshot {
  const {
    namespaces,
    externalServices,
    egressPolicies,
    clusterEgressPolicies,
    enforcementPoints,
    pods,
    egressApprovals,
  } = snapshot;
  const mine = (namespace: string): boolean => seesNamespace(rights, namespace);
  const policies = egressPolicies.filter(({ metadata }) => mine(metadata.namespace));
  const named = new Set(policies.flatMap(({ spec }) => spec.to.map(({ externalService }) => externalService)));
  return {
    ...snapshot,
    namespaces: namespaces.filter(({ name }) => mine(name)),
    pods: pods.filter(({ namespace }) => mine(namespace)),
    egressPolicies: policies,
    ...(egressApprovals && { egressApprovals: egressApprovals.filter(({ metadata }) => mine(metadata.namespace)) }),
    externalServices: externalServices.filter(({ metadata }) => rights.services || named.has(metadata.name)),
    clusterEgressPolicies: rights.clusterPolicies ? clusterEgressPolicies : [],
    enforcementPoints: rights.points ? enforcementPoints : [],
  };
}

/** @param name `EgressPolicy/shop/checkout` */
export function mayName(rights: Rights, name: string): boolean {
  const [kind = '', first = '', second] = name.split('/');
  switch (kind) {
    case 'EgressPolicy':
      return second !== undefined && seesNamespace(rights, first);
    case 'ClusterEgressPolicy':
      return rights.clusterPolicies;
    case 'ExternalService':
      return rights.services;
    case 'EnforcementPoint':
      return rights.points;
    default:
      return seesRecord(rights);
  }
}

export function problemsFor(rights: Rights, problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ subject }) => mayName(rights, subject));
}
