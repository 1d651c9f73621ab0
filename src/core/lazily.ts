/** What is made when it is first asked for, and then kept: a schema takes a start longer than the code that it is in. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
