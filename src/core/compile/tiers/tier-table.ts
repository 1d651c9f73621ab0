import type { Verdict } from '../../model/desired.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Intent } from '../intents/intent.ts';
import { intersectMatches, matchCovers, type Match } from './match.ts';
import { leavesNothing } from './shadowing.ts';
import { shadowProblem } from './problems.ts';
import { ShadowIndex } from './shadow-index.ts';

/** A rule of a ClusterEgressPolicy at its position in its tier, with its subject narrowed to what the point covers. */
export interface TierRule extends Match {
  readonly intent: Intent;
  readonly position: number;
}

/** The cluster-wide rules of one point in order, without those that can never match. */
export interface TierTable {
  readonly admin: readonly TierRule[];
  readonly baseline: readonly TierRule[];
  /** The Pass rules of the Admin tier below which another Admin rule decides on flows of theirs. Other Pass rules change nothing. */
  readonly passes: readonly TierRule[];
  /** Pass rules, of both tiers, after which the default action has to be written out: a later rule says otherwise. */
  readonly closing: ReadonlySet<TierRule>;
  /** The Admin rules that Accept or Deny. */
  readonly deciding: ShadowIndex<TierRule>;
  readonly problems: readonly Problem[];
}

/** Takes the rules of both tiers in order of evaluation. */
export function tierTableOf(
  admin: readonly TierRule[],
  baseline: readonly TierRule[],
  defaultAction: Verdict,
): TierTable {
  const problems: Problem[] = [];
  const kept = withoutShadowed(admin, problems);
  const deciding = new ShadowIndex<TierRule>();
  for (const rule of kept) if (!isPass(rule)) deciding.add(rule);
  const passes = kept.filter((rule) => isPass(rule) && isDecidedLater(rule, kept, ['Accept', 'Deny']));
  const reachable = baseline.filter((rule) => {
    const shadow = deciding.first(rule, shadows);
    const passed = passes.some((pass) => shadow && pass.position < shadow.position && intersectMatches(rule, pass));
    if (shadow && !passed) problems.push(shadowProblem(rule.intent, shadow.intent));
    return !shadow || passed;
  });
  const keptBaseline = withoutShadowed(reachable, problems);
  const opposite = [defaultAction === 'Deny' ? 'Accept' : 'Deny'] as const;
  const closing = [
    ...passes.filter((pass) => isDecidedLater(pass, kept, opposite)),
    ...keptBaseline.filter((rule) => isPass(rule) && isDecidedLater(rule, keptBaseline, opposite)),
  ];
  return { admin: kept, baseline: keptBaseline, passes, closing: new Set(closing), deciding, problems };
}

function withoutShadowed(list: readonly TierRule[], problems: Problem[]): readonly TierRule[] {
  const earlier = new ShadowIndex<TierRule>();
  return list.filter((rule) => {
    const shadow = earlier.first(rule, shadows);
    if (shadow) problems.push(shadowProblem(rule.intent, shadow.intent));
    else earlier.add(rule);
    return !shadow;
  });
}

/** Does nothing remain of a later rule? */
function shadows(outer: TierRule, rule: TierRule): boolean {
  return leavesNothing(outer.intent, rule.intent) && matchCovers(outer, rule);
}

function isPass({ intent }: TierRule): boolean {
  return intent.action === 'Pass';
}

/** Does a later rule take one of these actions on a flow of the Pass? The last are asked first: broad rules stand at the end. */
function isDecidedLater(pass: TierRule, list: readonly TierRule[], actions: readonly Verdict[]): boolean {
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const later = list[index];
    if (!later || later.position <= pass.position) return false;
    if (actions.some((action) => action === later.intent.action) && intersectMatches(later, pass)) return true;
  }
  return false;
}
