import { globMatches } from '../ends/glob.ts';
import type { Fqdn } from './objects.ts';

/**
 * `matchName`, or `matchPattern` with stars: `*` is any number of characters of one label, `**.` at the beginning one
 * label or more, and `*` alone any name. Case and the last dot do not count (pkg/fqdn/matchpattern).
 */
export function fqdnMatches({ matchName, matchPattern = '' }: Fqdn, name: string): boolean {
  const asked = bare(name);
  if (matchName !== undefined) return bare(matchName) === asked;
  const pattern = bare(matchPattern);
  if (/^\*+$/.test(pattern)) return true;
  const labels = asked.split('.');
  if (!/^\*{2,}\./.test(pattern)) return labelsMatch(pattern.split('.'), labels);
  const [, ...rest] = pattern.split('.');
  return labels.length > rest.length && labelsMatch(rest, labels.slice(-rest.length));
}

function labelsMatch(patterns: readonly string[], labels: readonly string[]): boolean {
  return patterns.length === labels.length && patterns.every((pattern, at) => globMatches(pattern, labels[at] ?? ''));
}

function bare(name: string): string {
  return name.trim().toLowerCase().replace(/\.$/, '');
}
