import { append } from '../../core/model/grouped.ts';
import type { ObjectAt } from '../../core/audit/history.ts';
import type { AuditPolicy, AuditRule, BegunRecord } from '../../core/audit/record.ts';
import { split, type FlowSet, type RuleScope } from '../../verify/flows/flow-set.ts';
import { strictest, type Answer, type JudgedPart, type PodPolicies } from '../../verify/intent/intent.ts';
import { scopeOf, type IntentRule } from '../../verify/intent/rules.ts';
import { sourceIndex } from '../../verify/perimeter/desired.ts';
import { portsOnRecord } from './ports-on-record.ts';
import type { RecordedState } from './recorded-state.ts';
import { rulesInOrder, type RuleAt } from './rules-in-order.ts';

/** A point and what was on its device, by its record. */
export interface PointThen {
  readonly name: string;
  readonly state: Pick<RecordedState, 'byId' | 'rankOf' | 'uncertain'>;
}

/** Under which addresses a pod left the cluster then. */
export interface AddressesThen {
  readonly own: readonly string[];
  /** That it shared with others: those of its node. A rule for one of these may have been meant for it, or not. */
  readonly shared: readonly string[];
}

/** `maybe`: who was in a group, or whether a write had been done, is not on record. */
type Match = 'yes' | 'maybe';

interface MatchedRule {
  readonly rule: RecordedRule;
  readonly match: Match;
}

interface RecordedRule {
  readonly id: string;
  readonly intent: IntentRule;
  readonly action: 'Accept' | 'Deny';
  readonly sources: readonly string[];
  readonly isRanked: boolean;
  readonly answer: Answer;
}

const silent: Answer = { verdict: 'Deny', policy: null, tier: 'Default', field: '' };
const notKnown: Answer = { ...silent, unknown: true };

/**
 * What devices let a pod do at a moment on record: at each point the first rule that matches; of several points each that had a
 * rule for the flow. Which points covered a namespace is on no record, so that a point without a rule says nothing.
 */
export function policiesThen(points: readonly PointThen[]): (pod: AddressesThen) => PodPolicies {
  const read = points.map(readPoint);
  const known = new Map<string, PodPolicies>();
  return (pod) => {
    const matched = read.map((rulesFor) => rulesFor(pod));
    const key = JSON.stringify(matched.map(({ key: own }) => own));
    const found = known.get(key) ?? policiesAtAll(key, matched);
    known.set(key, found);
    return found;
  };
}

function policiesAtAll(key: string, points: readonly RulesForPod[]): PodPolicies {
  const partsOf = (flows: FlowSet): readonly JudgedPart[] => {
    let parts: readonly { readonly flows: FlowSet; readonly answers: readonly Answer[] }[] = [{ flows, answers: [] }];
    for (const { judge } of points)
      parts = parts.flatMap((part) =>
        judge(part.flows).map(({ flows: cut, answer }) => ({ flows: cut, answers: [...part.answers, answer] })),
      );
    return parts.map(({ flows: cut, answers }) => ({ flows: cut, answer: ofAll(answers) }));
  };
  return {
    key,
    rules: points.flatMap(({ rules }) => rules),
    fallback: silent,
    judge: (flows) => strictest(partsOf(flows).map(({ answer }) => answer)),
    partsOf,
  };
}

/** A flow passes every point that knows it. */
function ofAll(answers: readonly Answer[]): Answer {
  const knowing = answers.filter((answer) => answer !== silent);
  return (
    knowing.find(({ verdict, unknown }) => verdict === 'Deny' && unknown !== true) ??
    knowing.find(({ unknown }) => unknown === true) ??
    knowing[0] ??
    silent
  );
}

interface RulesForPod {
  readonly key: string;
  readonly rules: readonly IntentRule[];
  readonly judge: (flows: FlowSet) => readonly JudgedPart[];
}

function readPoint({ name, state }: PointThen): (pod: AddressesThen) => RulesForPod {
  const rules = rulesInOrder(state).map((object) => readRule(object, state));
  const bySource = new Map<string, number[]>();
  for (const [at, { sources }] of rules.entries()) for (const id of sources) append(bySource, id, at);
  const groups = [...bySource.keys()].map((id) => ({ id, objects: state.byId.get(id) ?? [] }));
  const groupsOf = sourceIndex({
    groups: groups.map(({ id, objects }) => ({ id, role: 'Accept', title: '', members: membersOf(objects) })),
  });
  const inexact = groups.filter(({ objects }) => objects.length === 0 || objects.some(({ exact }) => !exact));
  const vague = inexact.map(({ id }) => id);
  return ({ own, shared }) => {
    const certain = new Set(own.flatMap(groupsOf));
    const perhaps = new Set([...shared.flatMap(groupsOf), ...vague]);
    const at = [...new Set([...certain, ...perhaps].flatMap((id) => bySource.get(id) ?? []))].sort((a, b) => a - b);
    const matched = at.map((position): MatchedRule => {
      const rule = rules[position]!; // eslint-disable-line @typescript-eslint/no-non-null-assertion -- an index of this list
      return { rule, match: rule.sources.some((id) => certain.has(id)) ? 'yes' : 'maybe' };
    });
    const pendingWrites = writesAbout(state, matched, [...own, ...shared]);
    const isDoubtful = pendingWrites.length > 0 || !isOrdered(matched);
    const marks = matched.map(({ match }, index) => `${at[index] ?? ''}${match}`);
    return {
      key: [name, ...marks, ...pendingWrites.map(({ seq }) => `?${seq}`), isDoubtful].join(' '),
      rules: [
        ...matched.map(({ rule }, index) => ({ ...rule.intent, layer: `${name} ${isDoubtful} ${marks[index] ?? ''}` })),
        ...pendingWrites.flatMap(({ rule, seq }) =>
          rule ? [{ ...intentOf(rule), layer: `${name} write ${seq}` }] : [],
        ),
      ],
      judge: isDoubtful ? (flows) => [{ flows, answer: notKnown }] : (flows) => firstMatch(flows, matched),
    };
  };
}

function membersOf(objects: readonly ObjectAt[]): readonly string[] {
  return objects.flatMap(({ members }) => [...members]);
}

/** Rules of one action need no order. */
function isOrdered(matched: readonly MatchedRule[]): boolean {
  const actions = new Set(matched.map(({ rule }) => rule.action));
  return actions.size < 2 || matched.every(({ rule }) => rule.isRanked);
}

/** Writes that were underway, whose outcome was not known: about this pod, or about a rule that it is or may become subject to. */
function writesAbout(
  { uncertain, byId }: PointThen['state'],
  matched: readonly MatchedRule[],
  addresses: readonly string[],
): readonly BegunRecord[] {
  const sources = new Set(matched.flatMap(({ rule }) => rule.sources));
  const mayHold = (id: string): boolean => {
    const objects = byId.get(id) ?? [];
    const isVague = objects.length === 0 || objects.some(({ exact }) => !exact);
    return isVague || objects.some(({ members }) => addresses.some((address) => members.has(address)));
  };
  return uncertain.filter(({ add = [], remove = [], omitted, rule, id = '' }) => {
    if (rule?.sources.some((source) => sources.has(source) || mayHold(source)) === true) return true;
    if (matched.some(({ rule: one }) => one.id === id)) return true;
    if ([...add, ...remove].some((member) => addresses.includes(member) || member.includes('/'))) return true;
    return omitted !== undefined && sources.has(id);
  });
}

/** Flows that no rule before this one decides; one may have, with this answer. */
interface Open {
  readonly flows: FlowSet;
  readonly from: number;
  readonly perhaps: Answer | undefined;
}

/** The first rule about the flows decides; one that may be about them leaves it open. Thousands may be: they are not called within each other. */
function firstMatch(flows: FlowSet, matched: readonly MatchedRule[]): readonly JudgedPart[] {
  const judged: JudgedPart[] = [];
  const left: Open[] = [{ flows, from: 0, perhaps: undefined }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { from, perhaps } = next;
    const first = matched[from];
    if (first === undefined) {
      judged.push({ flows: next.flows, answer: perhaps === undefined ? silent : notKnown });
      continue;
    }
    const { rule, match } = first;
    const { inside, outside } = split(next.flows, rule.intent.scope);
    // What is left is taken from the end, so that it is put there from the last to the first.
    for (const part of outside.toReversed()) left.push({ flows: part, from: from + 1, perhaps });
    const isContradicted = perhaps !== undefined && perhaps.verdict !== rule.answer.verdict;
    if (isContradicted || match === 'yes')
      for (const part of inside) judged.push({ flows: part, answer: isContradicted ? notKnown : rule.answer });
    else for (const part of inside.toReversed()) left.push({ flows: part, from: from + 1, perhaps: rule.answer });
  }
  return judged;
}

const nothing: RuleScope = { everyName: false, names: [], addresses: [], ports: [] };

function readRule(object: RuleAt, { rankOf }: PointThen['state']): RecordedRule {
  const { id, rule, policies } = object;
  const { action, sources } = rule;
  const intent = intentOf(rule, policies[0]);
  const { policy, tier, field } = intent;
  const answer = { verdict: action, policy: policy === '' ? null : policy, tier, field };
  return { id, intent, action, sources, isRanked: rankOf(object) !== undefined, answer };
}

function intentOf({ action, destination, ports }: AuditRule, origin?: AuditPolicy): IntentRule {
  const { any, names, networks } = destination;
  const scope = scopeOf(any ? [] : names, any ? ['0.0.0.0/0', '::/0'] : networks, portsOnRecord(ports)) ?? nothing;
  const policy = [origin?.kind, origin?.namespace, origin?.name].filter(Boolean).join('/');
  // Of a ClusterEgressPolicy the tier is not on record.
  const tier = origin?.kind === 'EgressPolicy' ? 'Namespace' : null;
  return { scope, action, tier, policy, field: origin?.field ?? '', applies: () => true, service: undefined };
}
