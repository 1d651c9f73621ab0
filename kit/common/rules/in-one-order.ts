import type { TableRule } from '../../../src/core/model/table.ts';

/** A rule of others, and behind how many of ours it stands. */
export interface ForeignEntry {
  readonly behind: number;
  readonly rules: readonly TableRule[];
}

/**
 * What a device asks one after the other.
 *
 * @param ours what each of our rules comes to
 * @param theirs in their order
 */
export function inOneOrder(ours: readonly (readonly TableRule[])[], theirs: readonly ForeignEntry[]): TableRule[] {
  const after = (count: number): readonly TableRule[] =>
    theirs.filter(({ behind }) => Math.min(behind, ours.length) === count).flatMap(({ rules }) => rules);
  return [...after(0), ...ours.flatMap((rules, at) => [...rules, ...after(at + 1)])];
}
