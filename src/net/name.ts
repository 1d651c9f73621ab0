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

/** Canonical names and patterns; asked about one by one, each in the time that its labels take. */
export class NameSet {
  readonly #names: ReadonlySet<string>;
  readonly #hasWildcards: boolean;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
    this.#hasWildcards = names.some(isWildcard);
  }

  /** Is each of these, whatever it matches, in the set? */
  covers(names: readonly string[]): boolean {
    return names.every((name) => this.#has(name));
  }

  /** What both match: of two patterns one covers the other, or they have nothing in common. */
  intersect(other: NameSet): readonly string[] {
    return [...this.#coveredBy(other), ...other.#coveredBy(this).filter((name) => !this.#names.has(name))];
  }

  #coveredBy(other: NameSet): string[] {
    if (other.#names.size === 0) return [];
    return [...this.#names].filter((name) => other.#has(name));
  }

  #has(name: string): boolean {
    return (
      this.#names.has(name) || (this.#hasWildcards && wildcardsAbove(name).some((above) => this.#names.has(above)))
    );
  }
}

/** The fewest patterns that match the same names, sorted. */
export function aggregateNames(names: readonly string[]): readonly string[] {
  if (names.length < 2) return names;
  const known = new Set(names);
  return [...known].filter((name) => !wildcardsAbove(name).some((above) => known.has(above))).sort();
}

/** Every pattern, other than the name itself, that covers it: `*.b.test`, `*.test` for `a.b.test`. */
export function wildcardsAbove(name: string): readonly string[] {
  const labels = (isWildcard(name) ? name.slice(2) : name).split('.');
  return labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
}
