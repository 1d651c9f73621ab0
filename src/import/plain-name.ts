import { canonicalName, isWildcard } from '../net/name.ts';

/** One whole name in its canonical form; undefined: it is a pattern, which others read otherwise than we do, or no name. */
export function plainName(text: string): string | undefined {
  const name = canonicalName(text);
  return name === undefined || isWildcard(name) ? undefined : name;
}

export function notPlain(text: string): string {
  return `"${text}" is no full name of a host; it has another meaning there than in Postern: write the names`;
}
