import type { AddressGroup, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';

/** A denying rule that the device asks before rules by name that stand above it. */
export interface DenyingBelow {
  /** `EgressPolicy/name` */
  readonly name: string;
  /** What it denies: `everything`, or some networks. */
  readonly to: string;
}

/**
 * May two rules decide about one source? A pod is in one namespace, but behind nodes, gateways and static addresses pods of
 * several namespaces have the same address.
 */
export function sourcesMeet(groups: ReadonlyMap<string, AddressGroup>): (a: Rule, b: Rule) => boolean {
  const known = new Map<string, ReadonlySet<string>>();
  const membersOf = (id: string): ReadonlySet<string> => {
    const members = known.get(id) ?? new Set(groups.get(id)?.members);
    known.set(id, members);
    return members;
  };
  return ({ origin: a, sources }, { origin: b, sources: others }) => {
    if (a.namespace === '' || b.namespace === '' || a.namespace === b.namespace) return true;
    return sources.some((one) => others.some((other) => haveCommon(membersOf(one), membersOf(other))));
  };
}

function haveCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const member of few) if (many.has(member)) return true;
  return false;
}

/** @param why how the device comes to decide so, as the beginning of a sentence */
export function deniedBeforeNames({ id, destination }: Rule, { name, to }: DenyingBelow, why: string): Loss {
  const told = to === 'everything' ? 'is denied' : `is denied where it leads to ${to}`;
  const message = `${why}: ${destination.names.join(', ')} ${told} by ${name}, a lower rule, for the pods that both rules apply to. Move that rule above, or narrow it.`;
  return { effect: to === 'everything' ? 'narrowed' : 'approximate', id, code: 'denied-before-names', message };
}
