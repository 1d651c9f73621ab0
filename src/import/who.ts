import type { WrittenClusterPolicy } from './importer.ts';
import { chunks } from '../core/model/chunks.ts';

/** Pods, as far as namespaces and ServiceAccounts can say them. */
export type Who =
  /** `namespace/name` of ServiceAccounts. */
  | { readonly accounts: readonly string[] }
  /** These namespaces or, `inverted`, every other. */
  | { readonly namespaces: readonly string[]; readonly inverted: boolean };

export const everybody: Who = { namespaces: [], inverted: true };
export const nobody: Who = { namespaces: [], inverted: false };

export function matchesNobody(who: Who): boolean {
  return 'accounts' in who ? who.accounts.length === 0 : !who.inverted && who.namespaces.length === 0;
}

/** Clients that are in both. */
export function both(a: Who, b: Who): Who {
  if ('accounts' in a) return { accounts: a.accounts.filter((account) => holds(b, account)) };
  if ('accounts' in b) return both(b, a);
  if (!a.inverted) return { namespaces: a.namespaces.filter((name) => holdsNamespace(b, name)), inverted: false };
  if (!b.inverted) return both(b, a);
  return { namespaces: unique([...a.namespaces, ...b.namespaces]), inverted: true };
}

/** `who` without these; a namespace goes whole where only some of its accounts are to, for "but not" has no words. */
export function without(who: Who, taken: Who): Who {
  if ('accounts' in who) return { accounts: who.accounts.filter((account) => !holds(taken, account)) };
  const { namespaces, inverted } =
    'accounts' in taken ? { namespaces: unique(taken.accounts.map(spaceOf)), inverted: false } : taken;
  return both(who, { namespaces, inverted: !inverted });
}

type Subject = WrittenClusterPolicy['spec']['subject'];

/** What the API takes in one subject. */
const limits = { accounts: 128, values: 64 } as const;

/** The same as subjects of policies, as many as it takes. */
export function subjectsOf(who: Who): readonly Subject[] {
  if ('accounts' in who) {
    const accounts = unique(who.accounts).map((account) => ({
      namespace: spaceOf(account),
      name: account.slice(spaceOf(account).length + 1),
    }));
    return chunks(accounts, limits.accounts).map((serviceAccounts) => ({ serviceAccounts }));
  }
  const { namespaces, inverted } = who;
  if (namespaces.length === 0) return inverted ? [{ allNamespaces: true, allPods: true }] : [];
  const operator = inverted ? ('NotIn' as const) : ('In' as const);
  const named = chunks(unique(namespaces), limits.values).map((values) => ({
    ...{ key: 'kubernetes.io/metadata.name', operator, values },
  }));
  // What is in none of several lists is asked of one subject, what is in one of them of several.
  const selectors = inverted ? [named] : named.map((one) => [one]);
  return selectors.map((matchExpressions) => ({ namespaceSelector: { matchExpressions }, allPods: true }));
}

function holds(who: Who, account: string): boolean {
  return 'accounts' in who ? who.accounts.includes(account) : holdsNamespace(who, spaceOf(account));
}

function holdsNamespace({ namespaces, inverted }: Exclude<Who, { accounts: unknown }>, name: string): boolean {
  return namespaces.includes(name) !== inverted;
}

function spaceOf(account: string): string {
  return account.slice(0, account.indexOf('/'));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
