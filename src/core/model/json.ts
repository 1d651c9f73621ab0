/** A JSON value as devices and Kubernetes exchange it; objects are compared by canonical form (see `canonical`). */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** The one text of a value as JSON: keys sorted, no white space, undefined fields left out. Equal values have equal texts. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/** Have they the same canonical form? */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return canonical(a) === canonical(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, at) => sameJson(item, (b as readonly unknown[])[at]));
  }
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const isThere = ([, value]: readonly [string, unknown]): boolean => value !== undefined;
  const fields = Object.entries(one).filter(isThere);
  return (
    fields.length === Object.entries(other).filter(isThere).length &&
    fields.every(
      ([name, value]) => Object.hasOwn(other, name) && other[name] !== undefined && sameJson(value, other[name]),
    )
  );
}
