import { aggregateNames, nameCovers } from '../../net/name.ts';
import { intersect, subtract, type Interval } from './intervals.ts';

/*
 * Sets of flows out of one workload, and how a rule cuts them in two. Exact: nothing is approximated, because this is
 * what the compiler is measured against.
 */

/** A name or pattern without the narrower ones in `except`; or addresses. */
export type Target =
  { readonly name: string; readonly except: readonly string[] } | { readonly addresses: readonly Interval[] };

export interface FlowSet {
  readonly to: Target;
  readonly ports: readonly Interval[];
}

/** What a rule is about. */
export interface RuleScope {
  /** Does it meet every name, whichever there are? */
  readonly everyName: boolean;
  readonly names: readonly string[];
  readonly addresses: readonly Interval[];
  readonly ports: readonly Interval[];
}

/** Equal for scopes about the same flows, as they are written. */
export function scopeText({ everyName, names, addresses, ports }: RuleScope): string {
  const spans = [...addresses, ...ports].map(({ space, first, last }) => `${space}:${first}-${last}`);
  return `${everyName} ${names.join()} ${spans.join()}`;
}

export interface Split {
  /** The flows that the rule matches. */
  readonly inside: readonly FlowSet[];
  /** The flows that it does not. */
  readonly outside: readonly FlowSet[];
}

export function split(flows: FlowSet, reach: RuleScope): Split {
  const shared = intersect(flows.ports, reach.ports);
  const targets = shared.length === 0 ? { inside: [], outside: [flows.to] } : splitTarget(flows.to, reach);
  if (targets.inside.length === 0) return { inside: [], outside: [flows] };
  const others = subtract(flows.ports, reach.ports);
  return {
    inside: targets.inside.map((to) => ({ to, ports: shared })),
    outside: [
      ...targets.outside.map((to) => ({ to, ports: flows.ports })),
      ...(others.length === 0 ? [] : targets.inside.map((to) => ({ to, ports: others }))),
    ],
  };
}

interface Targets {
  readonly inside: readonly Target[];
  readonly outside: readonly Target[];
}

function splitTarget(to: Target, reach: RuleScope): Targets {
  return 'name' in to ? splitName(to, reach) : splitAddresses(to.addresses, reach);
}

function splitName(to: Extract<Target, { name: string }>, reach: RuleScope): Targets {
  if (reach.everyName || reach.names.some((name) => nameCovers(name, to.name))) return { inside: [to], outside: [] };
  const excepted = (name: string): boolean => to.except.some((other) => nameCovers(other, name));
  const inner = aggregateNames(reach.names.filter((name) => nameCovers(to.name, name) && !excepted(name)));
  if (inner.length === 0) return { inside: [], outside: [to] };
  return {
    inside: inner.map((name) => ({ name, except: to.except.filter((other) => nameCovers(name, other)) })),
    outside: [{ name: to.name, except: [...to.except, ...inner] }],
  };
}

function splitAddresses(addresses: readonly Interval[], reach: RuleScope): Targets {
  const shared = intersect(addresses, reach.addresses);
  if (shared.length === 0) return { inside: [], outside: [{ addresses }] };
  const others = subtract(addresses, shared);
  return { inside: [{ addresses: shared }], outside: others.length === 0 ? [] : [{ addresses: others }] };
}
