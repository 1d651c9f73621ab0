import type { AddressGroup, DesiredState, GroupSubject } from '../../../src/core/model/desired.ts';

/** A set of identities: whole namespaces, and single ServiceAccounts (`namespace/name`). */
export interface Identities {
  readonly namespaces: readonly string[];
  readonly accounts: readonly string[];
  /** It is for pods by label, and a mesh knows them by the ServiceAccount that others may have, too. */
  readonly byLabel: boolean;
}

/**
 * Whom each group is for. Where a selector says it in the mesh's own terms it is taken at its word, so that a new pod
 * needs no change; where it goes by labels, the accounts of the pods that are there stand for it. Namespaces that are
 * not the mesh's to decide about are left out.
 */
export function identitiesOf(
  { groups, namespaces = [] }: DesiredState,
  outside: ReadonlySet<string>,
): ReadonlyMap<string, Identities> {
  const covered = namespaces.filter((namespace) => !outside.has(namespace));
  const isCovered = new Set(covered);
  return new Map(groups.map((group) => [group.id, identitiesOfGroup(group, covered, isCovered)]));
}

function identitiesOfGroup(
  { subject, members }: AddressGroup,
  covered: readonly string[],
  isCovered: ReadonlySet<string>,
): Identities {
  const inside = (account: string): boolean => isCovered.has(account.slice(0, account.indexOf('/')));
  if (subject === undefined || !isExact(subject)) {
    return { namespaces: [], accounts: members.filter(inside), byLabel: subject !== undefined };
  }
  const { namespace, serviceAccounts } = subject;
  if (serviceAccounts !== undefined) {
    const local = (account: string): boolean => namespace === undefined || account.startsWith(`${namespace}/`);
    return {
      namespaces: [],
      accounts: serviceAccounts.filter((account) => local(account) && inside(account)),
      byLabel: false,
    };
  }
  if (namespace === undefined) return { namespaces: covered, accounts: [], byLabel: false };
  return { namespaces: isCovered.has(namespace) ? [namespace] : [], accounts: [], byLabel: false };
}

function isExact({ namespaceSelector, podSelector }: GroupSubject): boolean {
  return [namespaceSelector, podSelector].every(
    ({ matchLabels = {}, matchExpressions = [] }) =>
      Object.keys(matchLabels).length === 0 && matchExpressions.length === 0,
  );
}
