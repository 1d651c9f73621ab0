import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';

/** A denying rule that the device asks before rules by name that stand above it. */
export interface DenyingBelow {
  /** `EgressPolicy/name` */
  readonly name: string;
  /** What it denies: `everything`, or some networks. */
  readonly to: string;
}

/** A pod is in one namespace: policies of two namespaces are never about the same pod. */
export function mayBeForOnePod({ origin: a }: Rule, { origin: b }: Rule): boolean {
  return a.namespace === '' || b.namespace === '' || a.namespace === b.namespace;
}

/** @param why how the device comes to decide so, as the beginning of a sentence */
export function deniedBeforeNames({ id, destination }: Rule, { name, to }: DenyingBelow, why: string): Loss {
  const told = to === 'everything' ? 'is denied' : `is denied where it leads to ${to}`;
  const message = `${why}: ${destination.names.join(', ')} ${told} by ${name}, a lower rule, for the pods that both rules apply to. Move that rule above, or narrow it.`;
  return { effect: to === 'everything' ? 'narrowed' : 'approximate', id, code: 'denied-before-names', message };
}
