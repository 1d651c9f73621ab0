/** What is made when it is first asked for, and then kept: what many starts or questions never ask for need not be there. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
