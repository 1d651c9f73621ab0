import type { AddressGroup, Rule } from '../model/desired.ts';

/*
 * What rules do, in the words in which people talk about them.
 */

/** `github.com, *.githubusercontent.com, 203.0.113.0/24`, or `anywhere`. */
export function towards({ destination }: Pick<Rule, 'destination'>): string {
  return destination.any ? 'anywhere' : [...destination.names, ...destination.networks].join(', ');
}

/** `TCP 443, UDP 5000-5010`, or `any port`. */
export function throughPorts({ ports }: Pick<Rule, 'ports'>): string {
  const range = (port: number, endPort = port): string => (endPort === port ? `${port}` : `${port}-${endPort}`);
  const each = ports.map(({ port, endPort, protocol }) => `${protocol} ${range(port, endPort)}`);
  return ports.length === 0 ? 'any port' : [...new Set(each)].join(', ');
}

const longest = 200;

/**
 * `Accept pods app=app-a in namespace test-app -> github.com, *.githubusercontent.com TCP 443`, cut where nobody would
 * read on.
 *
 * @param groups by id; one that is missing is called by its id
 */
export function ruleTitle(rule: Rule, groups: ReadonlyMap<string, Pick<AddressGroup, 'title'>>): string {
  const from = rule.sources.map((id) => groups.get(id)?.title ?? id).sort();
  const title = `${rule.action} ${from.join(' + ')} -> ${towards(rule)} ${throughPorts(rule)}`;
  return title.length > longest ? `${title.slice(0, longest - 3)}...` : title;
}

/** One after the other; the first may lack its full stop. */
export function sentences(first: string, second: string): string {
  return first === '' ? second : `${first}${/[.!?]$/.test(first) ? '' : '.'} ${second}`;
}

/** `1 rule`, `2 rules` */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** `EgressPolicy/shop/checkout`, `ExternalService/github`: what is empty is left out. */
export function objectName(object: {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}): string {
  return [object.kind, object.namespace ?? '', object.name].filter((part) => part !== '').join('/');
}

/**
 * `a, b, c and 2 more`
 *
 * @param count of all, where `items` are not all of them
 */
export function firstFew(items: readonly string[], most: number, separator = ', ', count = items.length): string {
  const shown = items.slice(0, most);
  return shown.join(separator) + (count > shown.length ? ` and ${count - shown.length} more` : '');
}
