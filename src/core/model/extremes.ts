/*
 * `Math.max(...numbers)` puts every number on the stack, which overflows above 100,000 of them. These take any number.
 */

/** -Infinity: there is none. */
export function maxOf(numbers: Iterable<number>): number {
  let found = -Infinity;
  for (const number of numbers) found = Math.max(found, number);
  return found;
}

/** Infinity: there is none. */
export function minOf(numbers: Iterable<number>): number {
  let found = Infinity;
  for (const number of numbers) found = Math.min(found, number);
  return found;
}
