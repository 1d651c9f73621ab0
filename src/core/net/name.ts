const label = '[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?';
const exactPattern = new RegExp(`^(${label}\\.)+${label}$`);
const suffixPattern = new RegExp(`^(${label}\\.)*${label}$`);

/** RFC 1035 section 2.3.4, in text without the trailing dot. */
const maxLength = 253;

/**
 * The canonical text of a domain name or of a pattern `*.suffix`: lower case, no trailing dot. Undefined when it is
 * neither: labels are letters, digits and inner hyphens or underscores (international names in their `xn--` form),
 * at most 63 characters each; a single label is no name that a firewall can resolve; the last label is not a number,
 * so that no address is ever taken for a name.
 */
export function canonicalName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  const wildcard = isWildcard(name);
  const rest = wildcard ? name.slice(2) : name;
  if (name.length > maxLength || !(wildcard ? suffixPattern : exactPattern).test(rest)) return undefined;
  return /^\d+$/.test(rest.slice(rest.lastIndexOf('.') + 1)) ? undefined : name;
}

export function isWildcard(name: string): boolean {
  return name.startsWith('*.');
}

/** Does canonical `outer` match every name that canonical `inner` matches? `*.a.test` covers `x.y.a.test`, not `a.test`. */
export function nameCovers(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  if (!isWildcard(outer)) return false;
  const suffix = outer.slice(1);
  return isWildcard(inner) ? inner.slice(1).endsWith(suffix) : inner.endsWith(suffix);
}

/** The names that both match: the narrower of the two, or none. Two patterns never overlap in part. */
export function intersectNames(a: string, b: string): string | undefined {
  if (nameCovers(a, b)) return b;
  return nameCovers(b, a) ? a : undefined;
}

/** The fewest patterns that match the same names, sorted. */
export function aggregateNames(names: readonly string[]): readonly string[] {
  if (names.length < 2) return names;
  const distinct = [...new Set(names)];
  const wildcards = new Set(distinct.filter(isWildcard));
  return distinct.filter((name) => !wildcardsAbove(name).some((above) => wildcards.has(above))).sort();
}

/** Every pattern, other than the name itself, that covers it: `*.b.test`, `*.test` for `a.b.test`. */
export function wildcardsAbove(name: string): readonly string[] {
  const labels = (isWildcard(name) ? name.slice(2) : name).split('.');
  return labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
}
