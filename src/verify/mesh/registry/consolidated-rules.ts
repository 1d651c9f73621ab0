import { canonical } from '../../../core/model/json.ts';
import { append } from '../../../core/model/grouped.ts';
import type { Labels } from '../../../core/model/snapshot.ts';
import type { DestinationRule, TrafficPolicy } from '../objects/traffic.ts';
import { byAge } from './age.ts';
import { HostIndex } from './host.ts';

/** DestinationRules of one host that istiod has made one: the first with what later ones add. */
export interface ConsolidatedRule {
  /** In full. */
  readonly host: string;
  /** As the first says it; empty: it says nothing. */
  readonly exportTo: ReadonlySet<string>;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly rules: readonly DestinationRule[];
  /** The first that says anything of traffic, else the first. */
  readonly general: DestinationRule | undefined;
  /** Of two subsets of one name the older counts. */
  readonly subsets: ReadonlyMap<string, RuleSubset>;
}

/** A subset, and the rule that it is from. */
export interface RuleSubset {
  readonly rule: DestinationRule;
  /** Of the endpoints that are in it. */
  readonly labels: Labels;
  readonly trafficPolicy: TrafficPolicy | undefined;
}

/** The rules of each namespace by host, in the order in which istiod takes them: with a selector first, then the oldest. */
export function consolidate(
  rules: readonly DestinationRule[],
  hostOf: (rule: DestinationRule) => string,
): ReadonlyMap<string, HostIndex<ConsolidatedRule>> {
  const byNamespace = new Map<string, Map<string, DestinationRule[]>>();
  for (const rule of rules) {
    const byHost = byNamespace.get(rule.namespace) ?? new Map<string, DestinationRule[]>();
    byNamespace.set(rule.namespace, byHost);
    append(byHost, hostOf(rule), rule);
  }
  return new Map(
    [...byNamespace].map(([namespace, byHost]) => {
      const merged = [...byHost].flatMap(([host, own]) => mergedOf(host, [...own].sort(bySelectorAndAge)));
      return [namespace, new HostIndex(merged, ({ host }) => [host])];
    }),
  );
}

/** What a rule with a selector says of namespaces does not count: it is for its own. */
export function exportsOf({ exportTo, workloadSelector }: DestinationRule): ReadonlySet<string> {
  return new Set(workloadSelector === undefined ? exportTo : ['.']);
}

function bySelectorAndAge(a: DestinationRule, b: DestinationRule): number {
  return Number(a.workloadSelector === undefined) - Number(b.workloadSelector === undefined) || byAge(a, b);
}

type Scope = Pick<ConsolidatedRule, 'host' | 'exportTo' | 'selector'>;
type Growing = Scope & { readonly rules: DestinationRule[] };

/** mergeDestinationRule of istiod's push context, with all that is odd about it. */
function mergedOf(host: string, rules: readonly DestinationRule[]): readonly ConsolidatedRule[] {
  const all: Growing[] = [];
  for (const rule of rules) {
    const own = { host, exportTo: exportsOf(rule), selector: rule.workloadSelector?.matchLabels };
    // What becomes of it beside the last one before it decides whether it stands by itself.
    const [last = 'apart'] = all.map((other) => mergeInto(other, own, rule)).slice(-1);
    if (last === 'apart') all.push({ ...own, rules: [rule] });
  }
  return all.map(filed);
}

/** There may be a rule for every destination, each with a subset. */
function filed(merged: Growing): ConsolidatedRule {
  const { rules } = merged;
  const subsets = new Map<string, RuleSubset>();
  for (const rule of rules)
    for (const { name, labels, trafficPolicy } of rule.subsets)
      if (!subsets.has(name)) subsets.set(name, { rule, labels, trafficPolicy });
  return { ...merged, general: rules.find(({ trafficPolicy }) => trafficPolicy !== undefined) ?? rules[0], subsets };
}

function mergeInto(other: Growing, own: Scope, rule: DestinationRule): 'merged' | 'apart' {
  const isWider = other.exportTo.size > 0 && holdsAll(own.exportTo, other.exportTo);
  const isEqual = own.exportTo.size === other.exportTo.size && holdsAll(own.exportTo, other.exportTo);
  if (!isEqual && !isWider) return 'apart';
  const selectors = [own.selector, other.selector].map((selector) => selector && canonical(selector));
  const [mine, theirs] = selectors;
  if (mine !== undefined && theirs !== undefined && mine !== theirs) return 'apart';
  other.rules.push(rule);
  return isEqual || mine === theirs ? 'merged' : 'apart';
}

function holdsAll(all: ReadonlySet<string>, some: ReadonlySet<string>): boolean {
  return [...some].every((one) => all.has(one));
}
