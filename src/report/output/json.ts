/** A JSON array with one item on a line, in pieces: all of it may exceed the longest JavaScript string. */
export function* jsonArray(items: Iterable<unknown>): Iterable<string> {
  let before = '[\n';
  for (const item of items) {
    yield `${before}  ${JSON.stringify(item)}`;
    before = ',\n';
  }
  yield before === ',\n' ? '\n]' : '[]';
}
