/**
 * Is version `7.2.8` at least `7.2.1`? A leading `v` and whatever follows the numbers (`10.1.3-h2`) are not looked at, a
 * part that is missing is 0, and a text without a version is older than everything.
 */
export function atLeast(version: string, bound: string): boolean {
  const parts = partsOf(version);
  if (parts.length === 0) return false;
  for (const [index, wanted] of partsOf(bound).entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

function partsOf(version: string): readonly number[] {
  const numbers = /^v?(\d+(?:\.\d+)*)/.exec(version)?.[1];
  return numbers === undefined ? [] : numbers.split('.').map(Number);
}
