/**
 * Whether a match holds: always, never, for `some` of the requests that the flow may consist of, or `unknown` because
 * the snapshot does not say. Who may choose the request counts `some` as reachable; who proves a denial does not.
 */
export type TriState = 'yes' | 'no' | 'some' | 'unknown';

export function triState(holds: boolean): TriState {
  return holds ? 'yes' : 'no';
}

/** All must hold; of nothing, `yes`. */
export function allOf(parts: readonly TriState[]): TriState {
  if (parts.includes('no')) return 'no';
  if (parts.includes('unknown')) return 'unknown';
  return parts.includes('some') ? 'some' : 'yes';
}

/** One must hold; of nothing, `no`. */
export function anyOf(parts: readonly TriState[]): TriState {
  if (parts.includes('yes')) return 'yes';
  if (parts.includes('some')) return 'some';
  return parts.includes('unknown') ? 'unknown' : 'no';
}

export function not(part: TriState): TriState {
  if (part === 'yes') return 'no';
  return part === 'no' ? 'yes' : part;
}
