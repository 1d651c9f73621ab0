/** `key=value` and `key="value"`, one after the other, so that what is written inside of a value is never taken for a key. */
const pair = /([A-Za-z_][\w.-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s",\]]*))/y;
const between = /[^A-Za-z_]*/y;
const word = /[\w.:+-]*/y;

/**
 * The values of these keys in a line, the first of each; empty: it is not there. Linear in the line.
 *
 * @param wanted reading ends when all were found
 */
export function keyValues<K extends string>(line: string, wanted: readonly K[]): Readonly<Record<K, string>> {
  const found = Object.fromEntries(wanted.map((key) => [key, ''])) as Record<K, string>;
  let missing = wanted.length;
  for (let at = 0; at < line.length && missing > 0;) {
    pair.lastIndex = at;
    const match = pair.exec(line);
    if (match === null) {
      at = Math.max(at + 1, after(between, line, after(word, line, at)));
      continue;
    }
    at = after(between, line, pair.lastIndex);
    const [, key = '', quoted, bare = ''] = match;
    if (!Object.hasOwn(found, key) || found[key as K] !== '') continue;
    found[key as K] = quoted ?? bare;
    missing -= 1;
  }
  return found;
}

function after(pattern: RegExp, line: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(line) ? pattern.lastIndex : at;
}
