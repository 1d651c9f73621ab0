import type { ExternalService } from '../../api/kinds.ts';
import { inForce } from '../../core/approval/in-force.ts';
import { governingOf } from '../../core/approval/governing.ts';
import type { Origin, Verdict } from '../../core/model/desired.ts';
import { grouped } from '../../core/model/grouped.ts';
import { compareText } from '../../api/problem.ts';
import type { Labels, Pod, Snapshot } from '../../core/model/snapshot.ts';
import { covers } from '../layers.ts';
import { remembered } from '../values/remembered.ts';
import { namespaceLabelsIn } from '../values/selector.ts';
import type { Remaining } from '../values/time.ts';
import { split, type FlowSet, type RuleScope, type Split } from '../flows/flow-set.ts';
import { readClusterPolicy, readEgressPolicy, readService, type IntentRule, type Subject } from './rules.ts';

/** What the intent says about a set of flows: Accept only if it accepts every one of them. */
export interface Answer {
  readonly verdict: Verdict;
  /** `EgressPolicy/shop/checkout`; null for the default. */
  readonly policy: string | null;
  /** Null: not on record. */
  readonly tier: Origin['tier'] | null;
  /** `spec.to[0]` of that policy; empty for the default. */
  readonly field: string;
  /** Denied as a whole, while some of the flows are accepted. */
  readonly partial?: true;
  /** Of the past: nobody can tell, which counts as denied. */
  readonly unknown?: true;
}

/** Whose flows are judged: pods that are alike in this are judged alike. */
export type IntentSubject = Pick<Pod, 'namespace' | 'labels' | 'serviceAccount'>;

/** The rules that one pod is subject to, tier by tier. */
export interface PodPolicies {
  /** Equal where every flow is judged alike. */
  readonly key: string;
  /** Those that apply to it, in the order in which they are asked: every flow beside their scopes meets the default. */
  readonly rules: readonly IntentRule[];
  readonly fallback: Answer;
  readonly judge: (flows: FlowSet) => Answer;
  /** The same flows in parts, each of which is judged as one. */
  readonly partsOf: (flows: FlowSet) => readonly JudgedPart[];
}

/** Flows that one rule decides, or none. */
export interface JudgedPart {
  readonly flows: FlowSet;
  readonly answer: Answer;
}

/** The tiers in their order, each with the rules that apply, and the answer when all are silent. */
interface TieredRules {
  readonly tiers: readonly (readonly IntentRule[])[];
  readonly fallback: Answer;
}

/**
 * The meaning of the intent, read straight off the design: Admin by priority, where Pass skips to the namespaced
 * policies; these with Deny before Accept; Baseline by priority; the default. First match wins. Nothing is flattened and
 * nothing is shared with the compiler, so that each can prove the other wrong.
 */
export function readIntent(snapshot: Snapshot, remaining: Remaining): (who: IntentSubject) => PodPolicies {
  const { admin, baseline, own } = readRules(snapshot, remaining);
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const numbers = new Map([...admin, ...baseline, ...[...own.values()].flat()].map((rule, index) => [rule, index]));
  const cut = splitter();
  return (who) => {
    const namespaceLabels = labelsOf(who.namespace);
    const subject: Subject = { ...who, namespaceLabels };
    const fallback = defaultFor(namespaceLabels, snapshot);
    const tiers = [admin, own.get(who.namespace) ?? [], baseline].map((rules) =>
      rules.filter((rule) => rule.applies(subject)),
    );
    const key = [fallback.verdict, ...tiers.flat().map((rule) => numbers.get(rule) ?? -1)].join(' ');
    const law = { tiers, fallback };
    const partsOf = (flows: FlowSet): readonly JudgedPart[] => judge(law, flows, cut);
    return {
      key,
      rules: tiers.flat(),
      fallback,
      judge: (flows) => strictest(partsOf(flows).map(({ answer }) => answer)),
      partsOf,
    };
  };
}

type Cut = (flows: FlowSet, scope: RuleScope) => Split;

/** Flows that no rule before this one is about. */
interface Undecided {
  readonly flows: FlowSet;
  readonly tier: number;
  readonly from: number;
}

/** In the order of the rules, of which thousands may be about the flows: so many calls within each other the stack has no room for. */
function judge(law: TieredRules, flows: FlowSet, cut: Cut): readonly JudgedPart[] {
  const judged: JudgedPart[] = [];
  const left: Undecided[] = [{ flows, tier: 0, from: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const rules = law.tiers[next.tier];
    if (rules === undefined) judged.push({ flows: next.flows, answer: law.fallback });
    else decide(next, rules, cut, { judged, left });
  }
  return judged;
}

/** @param to what is left is taken from the end, so that it is put there from the last to the first */
function decide(
  { flows, tier, from }: Undecided,
  rules: readonly IntentRule[],
  cut: Cut,
  { judged, left }: { readonly judged: JudgedPart[]; readonly left: Undecided[] },
): void {
  for (let index = from; index < rules.length; index += 1) {
    const rule = rules[index];
    if (rule === undefined) break;
    const { inside, outside } = cut(flows, rule.scope);
    if (inside.length === 0) continue;
    const { action } = rule;
    for (const part of outside.toReversed()) left.push({ flows: part, tier, from: index + 1 });
    if (action === 'Pass') for (const part of inside.toReversed()) left.push({ flows: part, tier: tier + 1, from: 0 });
    else for (const part of inside) judged.push({ flows: part, answer: answerOf(rule, action) });
    return;
  }
  left.push({ flows, tier: tier + 1, from: 0 });
}

function answerOf({ policy, tier, field }: IntentRule, verdict: Verdict): Answer {
  return { verdict, policy, tier, field };
}

/** The first that denies, else the first. */
export function strictest(answers: readonly Answer[]): Answer {
  const denials = answers.filter(({ verdict }) => verdict === 'Deny');
  const denial = denials.find(({ unknown }) => unknown !== true) ?? denials[0];
  const answer = denial ?? answers[0];
  if (answer === undefined) throw new RangeError('There is no strictest of no answers.');
  const partial = denial !== undefined && answers.some((other) => other.verdict === 'Accept' || other.partial);
  return partial ? { ...answer, partial } : answer;
}

/** Many pods are asked about the same flows: each scope cuts them once. Parts are remembered as well, being values of the cache. */
function splitter(): Cut {
  const known = new WeakMap<FlowSet, Map<RuleScope, Split>>();
  return (flows, scope) => {
    const cuts = known.get(flows) ?? new Map<RuleScope, Split>();
    known.set(flows, cuts);
    const found = cuts.get(scope) ?? split(flows, scope);
    cuts.set(scope, found);
    return found;
  };
}

interface Rules {
  readonly admin: readonly IntentRule[];
  readonly baseline: readonly IntentRule[];
  readonly own: ReadonlyMap<string, readonly IntentRule[]>;
}

function readRules(snapshot: Snapshot, remaining: Remaining): Rules {
  const services = new Map(snapshot.externalServices.map((service) => [service.metadata.name, service]));
  const read = remembered((service: ExternalService) => readService(service, remaining));
  const find = (name: string): ReturnType<typeof readService> => {
    const service = services.get(name);
    return service && read(service);
  };
  const cluster = [...snapshot.clusterEgressPolicies]
    .sort((a, b) => a.spec.priority - b.spec.priority || compareText(a.metadata.name, b.metadata.name))
    .flatMap((policy) => readClusterPolicy(policy, find, remaining));
  const governing = governingOf(snapshot);
  const counting = snapshot.egressPolicies.map((policy) =>
    inForce(policy, governing(policy), (time) => remaining(time) <= 0),
  );
  const denyFirst = counting.sort(
    ({ policy: a }, { policy: b }) =>
      Number(a.spec.action === 'Accept') - Number(b.spec.action === 'Accept') ||
      compareText(a.metadata.name, b.metadata.name),
  );
  const own = grouped(
    denyFirst.flatMap((one) =>
      readEgressPolicy(one, find, remaining).map((rule) => [one.policy.metadata.namespace, rule] as const),
    ),
  );
  return {
    admin: cluster.filter(({ tier }) => tier === 'Admin'),
    baseline: cluster.filter(({ tier }) => tier === 'Baseline'),
    own,
  };
}

/** A flow passes every enforcement point that covers its namespace, so one that denies by default is enough. */
function defaultFor(namespaceLabels: Labels, { enforcementPoints }: Snapshot): Answer {
  const covering = enforcementPoints.filter((point) => covers(point, namespaceLabels));
  const open = covering.length > 0 && covering.every(({ spec }) => spec.defaultAction === 'Accept');
  return { verdict: open ? 'Accept' : 'Deny', policy: null, tier: 'Default', field: '' };
}
