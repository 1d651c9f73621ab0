import type { Verdict } from '../../model/desired.ts';
import type { Problem } from '../../model/problem.ts';
import { anywhere } from '../../net/destination.ts';
import { everyone } from '../../select/subject.ts';
import { partOf } from './namespace-rules.ts';
import { nameOfIntent, type RuleSpec, type Intent } from '../intents/intent.ts';
import { expandPasses, narrowedPassProblem, leakingPassProblem, type TierTable, type TierRule } from './tier-table.ts';
import { matchCovers, type Match } from './match.ts';

/** In place of a Pass: first what the namespaces say, then this. */
export interface PassSlot {
  readonly pass: Intent;
  readonly rules: readonly RuleSpec[];
}

/** The cluster-wide rules of one point in their order; the namespaces' own come between `admin` and `rest`. */
export interface ClusterRules {
  readonly admin: readonly (RuleSpec | PassSlot)[];
  readonly rest: readonly RuleSpec[];
  readonly problems: readonly Problem[];
}

/** `sweep`: end with a rule that denies everybody everything, because the point has networks to say it for. */
export function clusterRulesOf(layer: TierTable, defaultAction: Verdict, sweep: boolean): ClusterRules {
  const parts = new Map<TierRule, RuleSpec[]>(layer.passes.map((pass) => [pass, []]));
  const rest: RuleSpec[] = [];
  const problems: Problem[] = [];
  const draftsOf = (ranked: TierRule): readonly RuleSpec[] => {
    const { action } = ranked.intent;
    if (action === 'Pass') return layer.closing.has(ranked) ? [closingOf(ranked, defaultAction, ranked.intent)] : [];
    return [{ ...ranked.intent, ...regionOf(ranked), action }];
  };
  for (const { intent, destination } of layer.closing) {
    if (defaultAction === 'Deny' && destination.names.length > 0) problems.push(leakingPassProblem(intent));
  }
  for (const ranked of layer.baseline) {
    const cover = layer.deciding.first(ranked, (outer) => matchCovers(outer, ranked));
    for (const draft of draftsOf(ranked)) {
      const { parts: found, remains, narrowedBy } = expandPasses(draft, cover, layer.passes);
      if (narrowedBy) problems.push(narrowedPassProblem(narrowedBy.intent));
      for (const { pass, region } of found) parts.get(pass)?.push(partOf(draft, region, pass));
      if (remains) rest.push(draft);
    }
  }
  const last = closingOf({ subject: everyone, destination: anywhere, ports: [] }, 'Deny');
  const above = [...layer.admin, ...layer.baseline];
  const swept = above.some(({ intent, ...region }) => intent.action === 'Deny' && matchCovers(region, last));
  if (sweep && !swept) rest.push(last);
  const admin = layer.admin.flatMap((ranked): readonly (RuleSpec | PassSlot)[] => {
    const rules = parts.get(ranked);
    return rules ? [{ pass: ranked.intent, rules: [...rules, ...draftsOf(ranked)] }] : draftsOf(ranked);
  });
  return { admin, rest, problems };
}

/** The default action, where more than the device's own default is needed to say it. The point fills in its name. */
function closingOf(region: Match, action: Verdict, via?: Intent): RuleSpec {
  return {
    ...regionOf(region),
    action,
    log: via?.log === true,
    origin: {
      kind: 'EnforcementPoint',
      namespace: '',
      name: '',
      uid: '',
      generation: 0,
      tier: 'Default',
      field: 'spec.defaultAction',
      ...(via ? { via: nameOfIntent(via) } : {}),
    },
  };
}

function regionOf({ subject, destination, ports }: Match): Match {
  return { subject, destination, ports };
}
