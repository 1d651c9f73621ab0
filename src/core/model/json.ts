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

/** Ours have some ten levels. */
const mostLevels = 64;

/** Is it too deep to be gone through? What others wrote must not use up the stack. */
export function isTooDeep(value: unknown, levels = mostLevels): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isTooDeep(one, levels - 1));
}

/** Have they the same canonical form? */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return canonical(a) === canonical(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, at) => sameJson(item, (b as readonly unknown[])[at]));
  }
  return sameFields(a as Record<string, unknown>, b as Record<string, unknown>);
}

/** A field that is undefined counts as left out. */
function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const isThere = (of: Record<string, unknown>, name: string): boolean =>
    Object.hasOwn(of, name) && of[name] !== undefined;
  return (
    Object.keys(a).every((name) => a[name] === undefined || (isThere(b, name) && sameJson(a[name], b[name]))) &&
    Object.keys(b).every((name) => b[name] === undefined || isThere(a, name))
  );
}
