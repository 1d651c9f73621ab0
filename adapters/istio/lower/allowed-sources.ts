import type { Rule } from '../../../src/core/model/desired.ts';
import { namespaceOf, type Sources } from '../objects/policy-sources.ts';
import type { Identities } from './identities.ts';

interface OfNamespace {
  /** What holds for its accounts, unless they are named. */
  whole: boolean;
  readonly accounts: Map<string, boolean>;
}

/**
 * The sources that the rules permit at one destination, with the first match deciding: a mesh has no order of rules.
 * The rules are gone through from the last one to the first, and each overwrites what was said of its identities.
 */
export function allowedSources(rules: readonly Rule[], identities: ReadonlyMap<string, Identities>): Sources {
  const said = new Map<string, OfNamespace>();
  for (let at = rules.length - 1; at >= 0; at -= 1) {
    const rule = rules[at];
    for (const source of rule?.sources ?? []) {
      const who = identities.get(source);
      const accepts = rule?.action === 'Accept';
      for (const namespace of who?.namespaces ?? []) said.set(namespace, { whole: accepts, accounts: new Map() });
      for (const account of who?.accounts ?? []) {
        const namespace = namespaceOf(account);
        const known = said.get(namespace) ?? { whole: false, accounts: new Map<string, boolean>() };
        said.set(namespace, known);
        known.accounts.set(account, accepts);
      }
    }
  }
  return written(said);
}

function written(said: ReadonlyMap<string, OfNamespace>): Sources {
  const members: string[] = [];
  const except: string[] = [];
  for (const [namespace, { whole, accounts }] of said) {
    if (whole) members.push(`${namespace}/*`);
    for (const [account, accepted] of accounts) {
      if (accepted !== whole) (accepted ? members : except).push(account);
    }
  }
  return { members: members.sort(), except: except.sort() };
}

/** The namespaces with a permitted source, sorted. */
export function namespacesOf({ members }: Sources): readonly string[] {
  return [...new Set(members.map(namespaceOf))].sort();
}
