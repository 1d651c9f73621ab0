import type { Origin, Verdict } from '../../model/desired.ts';
import type { Problem } from '../../../api/problem.ts';
import { anywhere } from '../../destinations/destination.ts';
import { everyone } from '../../select/subject.ts';
import type { Intent, RuleSpec } from '../intents/intent.ts';
import { nameOfIntent } from '../intents/origin.ts';
import { matchCovers, matchOf, type Match } from './match.ts';
import { expandPasses } from './pass-expansion.ts';
import { leakingPassProblem, narrowedPassProblem } from './problems.ts';
import type { TierRule, TierTable } from './tier-table.ts';

/** Stands in place of a Pass: first the rules of the namespaces, then these. */
export interface ExpandedPass {
  readonly pass: Intent;
  readonly rules: readonly RuleSpec[];
}

/** The cluster-wide rules of one point in order; the namespaces' own come between `admin` and `rest`. */
export interface ClusterRules {
  readonly admin: readonly (RuleSpec | ExpandedPass)[];
  readonly rest: readonly RuleSpec[];
  readonly problems: readonly Problem[];
}

/** @param denyRest end with a rule that denies everybody everything, because the point has networks to say it for */
export function clusterRulesOf(table: TierTable, defaultAction: Verdict, denyRest: boolean): ClusterRules {
  const parts = new Map<TierRule, RuleSpec[]>(table.passes.map((pass) => [pass, []]));
  const rest: RuleSpec[] = [];
  const problems: Problem[] = [];
  const ruleOf = (rule: TierRule): readonly RuleSpec[] => {
    const { action } = rule.intent;
    if (action === 'Pass') return table.closing.has(rule) ? [defaultRule(rule, defaultAction, rule.intent)] : [];
    return [{ ...rule.intent, ...matchOf(rule), action }];
  };
  for (const { intent, destination } of table.closing) {
    if (defaultAction === 'Deny' && destination.names.length > 0) problems.push(leakingPassProblem(intent));
  }
  for (const rule of table.baseline) {
    const shadow = table.deciding.first(rule, matchCovers);
    for (const spec of ruleOf(rule)) {
      const expansion = expandPasses(spec, shadow, table.passes);
      if (expansion.narrowedBy) problems.push(narrowedPassProblem(expansion.narrowedBy.intent));
      for (const part of expansion.parts) parts.get(part.pass)?.push(part.rule);
      if (expansion.remains) rest.push(spec);
    }
  }
  const last = defaultRule({ subject: everyone, destination: anywhere, ports: [] }, 'Deny');
  const denied = [...table.admin, ...table.baseline].some(
    (rule) => rule.intent.action === 'Deny' && matchCovers(rule, last),
  );
  if (denyRest && !denied) rest.push(last);
  const admin = table.admin.flatMap((rule): readonly (RuleSpec | ExpandedPass)[] => {
    const passed = parts.get(rule);
    return passed ? [{ pass: rule.intent, rules: [...passed, ...ruleOf(rule)] }] : ruleOf(rule);
  });
  return { admin, rest, problems };
}

/** Where the default action has to be a rule. The point fills in its name. */
const ofPoint: Origin = {
  kind: 'EnforcementPoint',
  namespace: '',
  name: '',
  uid: '',
  generation: 0,
  tier: 'Default',
  field: 'spec.defaultAction',
};

function defaultRule(match: Match, action: Verdict, pass?: Intent): RuleSpec {
  const origin = pass ? { ...ofPoint, via: nameOfIntent(pass) } : ofPoint;
  return { ...matchOf(match), action, log: pass?.log === true, origin };
}
