import type { EgressPolicy } from '../../../api/kinds.ts';
import { compareText, type Problem } from '../../model/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import { localise } from '../../select/subject.ts';
import { ShadowIndex } from './shadow-index.ts';
import { nameOfIntent, type RuleSpec, type Intent } from '../intents/intent.ts';
import type { Policy } from '../intents/policy-index.ts';
import { expandPasses, narrowedPassProblem, shadowProblem, type TierTable, type TierRule } from './tier-table.ts';
import { matchCovers } from './match.ts';

/** The rules of one namespace at one point. */
export interface NamespaceRules {
  /** What stands in place of a Pass, by the Pass. */
  readonly parts: ReadonlyMap<Intent, readonly RuleSpec[]>;
  readonly main: readonly RuleSpec[];
  readonly problems: readonly Problem[];
}

/** Costs what the namespace has, and the Pass rules that apply to it. */
export function namespaceRulesOf(
  policies: readonly Policy<EgressPolicy>[],
  labels: Labels,
  layer: TierTable,
): NamespaceRules {
  const parts = new Map<Intent, RuleSpec[]>();
  const main: RuleSpec[] = [];
  const problems: Problem[] = [];
  const earlier = new ShadowIndex<RuleSpec>();
  const passes = passesFor(policies[0]?.object.metadata.namespace, labels, layer);
  for (const draft of inOrder(policies)) {
    const cover = layer.deciding.first(draft, (outer) => coversLocally(outer, draft, labels));
    const { parts: found, remains, shadowedBy, narrowedBy } = expandPasses(draft, cover, passes);
    if (narrowedBy) problems.push(narrowedPassProblem(narrowedBy.intent));
    const sibling = shadowedBy ? undefined : earlier.first(draft, (outer) => matchCovers(outer, draft));
    const above = shadowedBy?.intent ?? sibling;
    if (above) problems.push(shadowProblem(draft, above));
    if (above) continue;
    earlier.add(draft);
    for (const { pass, region } of found) {
      parts.set(pass.intent, [...(parts.get(pass.intent) ?? []), partOf(draft, region, pass)]);
    }
    if (remains) main.push(draft);
  }
  return { parts, main, problems };
}

/** The part of a rule that stands in place of a Pass. */
export function partOf(
  draft: RuleSpec,
  region: Pick<RuleSpec, 'subject' | 'destination' | 'ports'>,
  pass: TierRule,
): RuleSpec {
  const { via } = draft.origin;
  const passed = nameOfIntent(pass.intent);
  return { ...draft, ...region, origin: { ...draft.origin, via: via === undefined ? passed : `${passed} > ${via}` } };
}

/** Deny before Accept, then by name; entries of a policy keep their order. */
function inOrder(policies: readonly Policy<EgressPolicy>[]): readonly RuleSpec[] {
  const byName = [...policies].sort((a, b) => compareText(a.object.metadata.name, b.object.metadata.name));
  const intents = byName.flatMap(({ resolved }) => resolved.intents);
  return (['Deny', 'Accept'] as const).flatMap((action) =>
    intents.filter((intent): intent is RuleSpec => intent.action === action),
  );
}

function passesFor(namespace: string | undefined, labels: Labels, layer: TierTable): readonly TierRule[] {
  if (namespace === undefined) return [];
  return layer.passes.flatMap((pass) => {
    const subject = localise(pass.subject, namespace, labels);
    return subject ? [{ ...pass, subject }] : [];
  });
}

function coversLocally(outer: TierRule, draft: RuleSpec, labels: Labels): boolean {
  const { namespace } = draft.subject;
  const subject = namespace === undefined ? outer.subject : localise(outer.subject, namespace, labels);
  return subject !== undefined && matchCovers({ ...outer, subject }, draft);
}
