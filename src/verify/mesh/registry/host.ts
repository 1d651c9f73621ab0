/*
 * Host names as Istio compares them: exact, `*.suffix` for one or more labels below it (the suffix itself excluded), or
 * `*` for every name.
 */

export function isPattern(host: string): boolean {
  return host.startsWith('*');
}

/** Is every name of `inner` one of `outer`? */
export function hostCovers(outer: string, inner: string): boolean {
  if (outer === inner || outer === '*') return true;
  return isPattern(outer) && inner.length >= outer.length && inner.endsWith(outer.slice(1));
}

/** Has a name of one a place in the other? Two patterns nest or have nothing in common. */
export function hostPatternsOverlap(a: string, b: string): boolean {
  return hostCovers(a, b) || hostCovers(b, a);
}

/** The most specific of the patterns that cover a host: an exact one, else the longest. */
export function bestHost(patterns: readonly string[], host: string): string | undefined {
  const covering = patterns.filter((pattern) => hostCovers(pattern, host));
  return covering.reduce<string | undefined>(
    (best, pattern) => (best === undefined || isMoreSpecific(pattern, best) ? pattern : best),
    undefined,
  );
}

export function isMoreSpecific(a: string, b: string): boolean {
  if (isPattern(a) !== isPattern(b)) return isPattern(b);
  return a.length > b.length;
}

/** `ns/host` as Gateways and Sidecars write it; without a namespace, any. */
export function splitHost(text: string): { readonly namespace: string; readonly host: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { namespace: '*', host: text };
  return { namespace: text.slice(0, slash), host: text.slice(slash + 1) };
}

/** Finds what is filed under a host or under a pattern that covers it, in time proportional to its labels. */
export class HostIndex<T> {
  readonly #byHost = new Map<string, T[]>();
  /** Thousands of workloads ask for the same hosts. */
  readonly #covering = new Map<string, readonly (readonly T[])[]>();

  constructor(items: Iterable<T>, hostsOf: (item: T) => readonly string[]) {
    for (const item of items) for (const host of new Set(hostsOf(item))) this.#file(host, item);
  }

  /** The items of each host that covers this one, the most specific host first. */
  covering(host: string): readonly (readonly T[])[] {
    const known = this.#covering.get(host);
    if (known !== undefined) return known;
    const found = [host, ...patternsAbove(host)].flatMap((pattern) => {
      const items = this.#byHost.get(pattern);
      return items ? [items] : [];
    });
    this.#covering.set(host, found);
    return found;
  }

  /** The items of this very host or pattern. */
  exactly(host: string): readonly T[] {
    return this.#byHost.get(host) ?? [];
  }

  #file(host: string, item: T): void {
    const found = this.#byHost.get(host);
    if (found) found.push(item);
    else this.#byHost.set(host, [item]);
  }
}

function patternsAbove(host: string): readonly string[] {
  const labels = (host.startsWith('*.') ? host.slice(2) : host).split('.');
  return [...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`), '*'];
}
