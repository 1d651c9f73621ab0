import type { FeedRule } from '../document/document.ts';

/** A rule in the list of rules; the administrator of the consumer creates a rule for each, in this order. */
export interface ListedRule {
  readonly name: string;
  readonly title: string;
  readonly action: 'Accept' | 'Deny';
  readonly log: boolean;
  readonly profile: string;
  readonly expiresAt: string;
  /** Paths of lists of addresses, of which the source must be in one. */
  readonly sources: readonly string[];
  /** `any`, or paths of lists, of which the destination must be in one. */
  readonly destinations: 'any' | { readonly addresses?: string; readonly domains?: string; readonly urls?: string };
  /** Empty: every port. */
  readonly ports: FeedRule['ports'];
}

/** The rules, first match first; what none matches is denied. */
export function ruleList(rules: readonly FeedRule[]): {
  readonly fallback: 'Deny';
  readonly rules: readonly ListedRule[];
} {
  return { fallback: 'Deny', rules: rules.filter(({ enabled }) => enabled).map(listed) };
}

function listed({ name, title, action, log, profile, expiresAt, sources, destination, ports }: FeedRule): ListedRule {
  const { any, names, networks } = destination;
  const to = {
    ...(networks.length > 0 && { addresses: `rules/${name}.ip.txt` }),
    ...(names.length > 0 && { domains: `rules/${name}.domain.txt`, urls: `rules/${name}.url.txt` }),
  };
  const from = sources.map((source) => `lists/${source}.txt`);
  return { name, title, action, log, profile, expiresAt, sources: from, destinations: any ? 'any' : to, ports };
}
