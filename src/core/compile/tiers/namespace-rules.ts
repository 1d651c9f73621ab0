import type { EgressPolicy } from '../../../api/kinds.ts';
import { compareText, type Problem } from '../../../api/problem.ts';
import { grouped } from '../../model/grouped.ts';
import type { Labels } from '../../model/snapshot.ts';
import { localise } from '../../select/subject.ts';
import type { Intent, RuleSpec } from '../intents/intent.ts';
import type { Policy } from '../intents/policy.ts';
import { leavesNothing } from './shadowing.ts';
import { matchCovers, matchCoversWithin } from './match.ts';
import { expandPasses, type Expansion } from './pass-expansion.ts';
import { narrowedPassProblem, shadowProblem } from './problems.ts';
import { ShadowIndex } from './shadow-index.ts';
import type { TierRule, TierTable } from './tier-table.ts';

/** The rules of one namespace at one point. */
export interface NamespaceRules {
  /** What stands in place of a Pass, by the Pass. */
  readonly parts: ReadonlyMap<Intent, readonly RuleSpec[]>;
  /** What stands between the tiers. */
  readonly main: readonly RuleSpec[];
  readonly problems: readonly Problem[];
}

/** Costs what the namespace has, and the Pass rules that apply to it. */
export function namespaceRulesOf(
  policies: readonly Policy<EgressPolicy>[],
  labels: Labels,
  table: TierTable,
): NamespaceRules {
  const parts: (readonly [Intent, RuleSpec])[] = [];
  const main: RuleSpec[] = [];
  const problems: Problem[] = [];
  const earlier = new ShadowIndex<RuleSpec>();
  const passes = passesFor(policies[0]?.namespace, labels, table);
  const coversHere = (outer: TierRule, inner: RuleSpec): boolean =>
    leavesNothing(outer.intent, inner) && matchCoversWithin(labels, outer, inner);
  for (const rule of inOrder(policies)) {
    const decided = table.deciding.first(rule, coversHere);
    const expansion = decided || passes.length > 0 ? expandPasses(rule, decided, passes) : untouched;
    if (expansion.narrowedBy) problems.push(narrowedPassProblem(expansion.narrowedBy.intent));
    const shadow = expansion.shadowedBy?.intent ?? earlier.first(rule, covers);
    if (shadow) {
      problems.push(shadowProblem(rule, shadow));
      continue;
    }
    earlier.add(rule);
    for (const { pass, rule: part } of expansion.parts) parts.push([pass.intent, part]);
    if (expansion.remains) main.push(rule);
  }
  return { parts: parts.length === 0 ? noParts : grouped(parts), main, problems };
}

const noParts: NamespaceRules['parts'] = new Map();
const untouched: Expansion = { parts: [], remains: true, shadowedBy: undefined, narrowedBy: undefined };

/** Deny before Accept, then by name; entries of a policy keep their order. */
function inOrder(policies: readonly Policy<EgressPolicy>[]): readonly RuleSpec[] {
  const byName = isByName(policies) ? policies : policies.toSorted((a, b) => compareText(a.name, b.name));
  const ordered: RuleSpec[] = [];
  for (const action of ['Deny', 'Accept'] as const) {
    for (const { resolved } of byName) {
      for (const intent of resolved.intents) if (isRule(intent, action)) ordered.push(intent);
    }
  }
  return ordered;
}

/** As they nearly always come. */
function isByName(policies: readonly Policy<EgressPolicy>[]): boolean {
  for (let at = 1; at < policies.length; at += 1) {
    const before = policies[at - 1];
    const after = policies[at];
    if (before && after && before.name > after.name) return false;
  }
  return true;
}

function isRule(intent: Intent, action: RuleSpec['action']): intent is RuleSpec {
  return intent.action === action;
}

/** The Pass rules with what of their subjects is in this namespace. */
function passesFor(namespace: string | undefined, labels: Labels, { passes }: TierTable): readonly TierRule[] {
  if (namespace === undefined) return [];
  return passes.flatMap((pass) => {
    const subject = localise(pass.subject, namespace, labels);
    return subject ? [{ ...pass, subject }] : [];
  });
}

function covers(outer: RuleSpec, inner: RuleSpec): boolean {
  return leavesNothing(outer, inner) && matchCovers(outer, inner);
}
