import { aggregateNames } from '../net/name.ts';
import { everyAddress, disjoint, portIntervals } from '../verify/flows/intervals.ts';
import { scopeText, split, type FlowSet, type RuleScope } from '../verify/flows/flow-set.ts';
import type { PodPolicies } from '../verify/intent/intent.ts';
import type { IntentRule } from '../verify/intent/rules.ts';
import { grouped } from '../core/model/grouped.ts';

/** A destination whose flows may be decided otherwise than before. */
export interface Place {
  /** Name of an ExternalService; undefined: what it leads to is its name. */
  readonly service: string | undefined;
  readonly flows: readonly FlowSet[];
}

/** Stands for every name that no rule mentions. */
export const otherNames = 'postern-other-names.invalid';

/**
 * The flows that two sets of rules may treat differently: those of the rules that only one of them has. All others meet the
 * same rules in the same order, and are not looked at.
 */
export function changedPlaces(before: readonly PodPolicies[], after: readonly PodPolicies[]): readonly Place[] {
  const [one, ...others] = [...before, ...after];
  const simple = before.length === 1 && after.length === 1;
  const all = [...before, ...after].flatMap(({ rules }) => rules);
  const sameDefault = others.every(({ fallback }) => fallback.verdict === one?.fallback.verdict);
  const changed = simple ? changedRules(before[0]?.rules ?? [], after[0]?.rules ?? []) : all;
  if (changed.length === 0 && sameDefault) return [];
  const everything = !sameDefault || changed.some(({ scope }) => scope.everyName);
  return placesOf(everything ? all : changed, everything);
}

/** The rules that only one of them has; all of them if they have the others in different orders. */
function changedRules(before: readonly IntentRule[], after: readonly IntentRule[]): readonly IntentRule[] {
  const [was, is] = [byText(before), byText(after)];
  const shared = (texts: ReadonlyMap<string, IntentRule>, others: ReadonlyMap<string, IntentRule>): string =>
    [...texts.keys()].filter((text) => others.has(text)).join('\n');
  if (shared(was, is) !== shared(is, was)) return [...before, ...after];
  const only = (texts: ReadonlyMap<string, IntentRule>, others: ReadonlyMap<string, IntentRule>): IntentRule[] =>
    [...texts].flatMap(([text, rule]) => (others.has(text) ? [] : rule));
  return [...only(was, is), ...only(is, was)];
}

/** A rule that stands there twice decides once. */
function byText(rules: readonly IntentRule[]): ReadonlyMap<string, IntentRule> {
  const texts = new Map<string, IntentRule>();
  for (const rule of rules) {
    const text = `${rule.tier} ${rule.policy} ${rule.action} ${rule.service ?? ''} ${rule.layer ?? ''} ${scopeText(rule.scope)}`;
    if (!texts.has(text)) texts.set(text, rule);
  }
  return texts;
}

const rest: readonly FlowSet[] = [
  { to: { name: otherNames, except: [] }, ports: portIntervals(undefined) },
  { to: { addresses: everyAddress }, ports: portIntervals(undefined) },
];

/**
 * Services by their names, then what rules lead to by themselves, and with `everything` all the rest: each flow once, but for
 * services that share it. Flows that no rule has may be among them; they have not changed.
 */
function placesOf(rules: readonly IntentRule[], everything: boolean): readonly Place[] {
  const byService = grouped([...rules].map((rule) => [rule.service ?? '', rule]));
  const inline = joined(byService.get('') ?? []);
  byService.delete('');
  const services = [...byService].map(([service, own]) => ({ service, scope: joined(own) }));
  const scopes = services.map(({ scope }) => scope);
  const places = services.map(({ service, scope }): Place => ({ service, flows: flowsOf(scope) }));
  const others = everything ? without([...onEveryPort(rules), ...rest], [...scopes, inline]) : [];
  return [...places, { service: undefined, flows: [...without(flowsOf(inline), scopes), ...others] }];
}

/** The names of rules, which are none of the others on the ports that no rule has, either. */
function onEveryPort(rules: readonly IntentRule[]): readonly FlowSet[] {
  const { names } = joined(rules);
  return names.map((name) => ({ to: { name, except: [] }, ports: portIntervals(undefined) }));
}

function joined(rules: readonly IntentRule[]): RuleScope {
  const scopes = rules.map(({ scope }) => scope);
  return {
    everyName: false,
    names: aggregateNames([...new Set(scopes.flatMap(({ names }) => names))]),
    addresses: disjoint(scopes.flatMap(({ addresses }) => addresses)),
    ports: disjoint(scopes.flatMap(({ ports }) => ports)),
  };
}

function flowsOf({ names, addresses, ports }: RuleScope): readonly FlowSet[] {
  const named = names.map((name): FlowSet => ({ to: { name, except: [] }, ports }));
  return addresses.length === 0 ? named : [...named, { to: { addresses }, ports }];
}

function without(flows: readonly FlowSet[], scopes: readonly RuleScope[]): readonly FlowSet[] {
  return scopes.reduce((left, scope) => left.flatMap((one) => split(one, scope).outside), flows);
}
