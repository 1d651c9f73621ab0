import type { RequiredLabel } from '../values/selector.ts';
import { allOf, type TriState } from '../values/tri-state.ts';
import type { End, PodEnd, Wire } from './ends/ends.ts';

/*
 * The common form that every kind of network policy is read into: stages of rules, of which the first that is about a
 * flow decides. What one kind says of isolation, order or precedence becomes rules and their order.
 */

/** One rule about flows out of pods. */
export interface Rule {
  /** `Pass` leaves the stage; `Unknown`: that it is there is known, and not what it does. */
  readonly action: 'Allow' | 'Deny' | 'Pass' | 'Unknown';
  /** `Kind/namespace/name` */
  readonly object: string;
  /** What the object does, as the end of a sentence that it begins. */
  readonly reason: string;
  readonly matches: (from: PodEnd, to: End, wire: Wire) => TriState;
  /** It is about names: whether an address is one of theirs, nobody knows beforehand. */
  readonly byNames?: boolean;
  /** Why nobody knows whether it is about a flow, where no name and no block is the reason. */
  readonly doubt?: string | undefined;
  /** Blocks of addresses that are written in it, and exceptions: those that plugins read differently say why nobody knows. */
  readonly blocks?: readonly string[];
}

/** Rules that are asked one after the other; several lists: in an order that nobody knows. */
export type Slot = readonly (readonly Rule[])[];

export interface Stage {
  readonly slots: readonly Slot[];
  /** Which stage follows a Pass; absent: the next. */
  readonly passTo?: number;
}

/** One policy object in the common form. */
export interface Policy {
  readonly id: string;
  /** The only one whose pods it selects; absent: it may select pods of any. */
  readonly namespace?: string;
  /** Labels without each of which it neither selects a pod nor receives; absent: none are known. */
  readonly needs?: readonly RequiredLabel[];
  /** Is a pod one whose flows out it is about? */
  readonly selects: (from: PodEnd) => TriState;
  /** Does it also speak of flows into a pod? What it says of them is not modelled. */
  readonly receives?: (to: PodEnd) => TriState;
  /** Equal for pods that its rules do not tell apart; absent: they tell none apart that it selects. */
  readonly variant?: (from: PodEnd) => string;
  /** Do its rules also ask for the addresses of the pods that it selects? Absent: they do not. */
  readonly goesByAddress?: boolean;
  readonly rules: readonly Rule[];
}

/** A stage whose rules have one order. */
export function stageOf(rules: readonly Rule[]): Stage {
  return { slots: rules.length === 0 ? [] : [[rules]] };
}

/** The rules of a policy for one pod; of a policy that may or may not select it, rules that may or may not match. */
export function rulesFor({ selects, rules }: Policy, from: PodEnd): readonly Rule[] {
  const selected = selects(from);
  if (selected === 'no') return [];
  if (selected === 'yes') return rules;
  return rules.map((rule) => ({ ...rule, matches: (...flow) => allOf([selected, rule.matches(...flow)]) }));
}

export const always = (): TriState => 'yes';

/** What stands for an object that is not understood: whatever it selects may be let out by it, or stopped. */
export function unknownPolicy(id: string, why: string, selects: Policy['selects']): Policy {
  return { id, selects, rules: [{ action: 'Unknown', object: id, reason: why, matches: always }] };
}

/** The same rules where nobody can say whether and how they are in force. */
export function inDoubt(policy: Policy, why: string): Policy {
  const rules = policy.rules.map((rule): Rule => ({ ...rule, action: 'Unknown', reason: `${rule.reason}, ${why}` }));
  return { ...policy, rules };
}
