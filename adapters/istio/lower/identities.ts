import type { AddressGroup, DesiredState } from '../../../src/core/model/desired.ts';
import { namespaceOf } from '../objects/policy-sources.ts';

/** A set of identities: whole namespaces, and single ServiceAccounts (`namespace/name`). */
export interface Identities {
  readonly namespaces: readonly string[];
  readonly accounts: readonly string[];
  /** It is for pods by label, and a mesh knows them by the ServiceAccount that others may have, too. */
  readonly byLabel: boolean;
}

/**
 * The identities of each group. If its subject uses the mesh's own terms, namespaces and ServiceAccounts, it is taken
 * at its word, so that a new pod needs no change; where it goes by labels of pods, the accounts of the pods that are
 * there stand for it. Namespaces that the mesh does not decide about are left out.
 */
export function identitiesOf(
  { groups, namespaces = [] }: DesiredState,
  outside: ReadonlySet<string>,
): ReadonlyMap<string, Identities> {
  const covered = new Set(namespaces.filter((namespace) => !outside.has(namespace)));
  return new Map(groups.map((group) => [group.id, identitiesOfGroup(group, covered)]));
}

function identitiesOfGroup({ subject, members }: AddressGroup, covered: ReadonlySet<string>): Identities {
  const isIn = (account: string, namespaces: ReadonlySet<string>): boolean => namespaces.has(namespaceOf(account));
  if (subject === undefined || byLabels(subject.podSelector)) {
    const accounts = members.filter((account) => isIn(account, covered));
    return { namespaces: [], accounts, byLabel: subject !== undefined };
  }
  const namespaces = subject.namespaces.filter((namespace) => covered.has(namespace));
  const { serviceAccounts } = subject;
  if (serviceAccounts === undefined) return { namespaces, accounts: [], byLabel: false };
  const meant = new Set(namespaces);
  return { namespaces: [], accounts: serviceAccounts.filter((account) => isIn(account, meant)), byLabel: false };
}

type Selector = NonNullable<AddressGroup['subject']>['podSelector'];

function byLabels({ matchLabels = {}, matchExpressions = [] }: Selector): boolean {
  return Object.keys(matchLabels).length > 0 || matchExpressions.length > 0;
}

/** Every namespace with a member of one of these groups. */
export function namespacesIn(
  groups: readonly string[],
  identities: ReadonlyMap<string, Identities>,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const id of groups) {
    const { namespaces = [], accounts = [] } = identities.get(id) ?? {};
    for (const namespace of namespaces) found.add(namespace);
    for (const account of accounts) found.add(namespaceOf(account));
  }
  return found;
}
