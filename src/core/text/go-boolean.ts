const spellingsOfTrue: ReadonlySet<unknown> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/** Is it a text that Go reads as true? Istio reads its annotations and variables this way: https://pkg.go.dev/strconv#ParseBool */
export function isGoTrue(value: unknown): boolean {
  return spellingsOfTrue.has(value);
}
