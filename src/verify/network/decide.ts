import type { TriState } from '../values/tri-state.ts';
import { doubtOver } from './ends/blocks.ts';
import type { End, PodEnd, Wire } from './ends/ends.ts';
import type { Rule, Slot, Stage } from './rules.ts';

/** What network policies say of a connection: `yes` it may be made, `no`, or `unknown`. */
export interface NetworkAnswer {
  readonly allowed: 'yes' | 'no' | 'unknown';
  readonly object: string;
  readonly reason: string;
  /**
   * Unknown only because nobody knows which addresses a name has: the `host` that is asked for, or, where an address is
   * asked for, one of the `names` of a rule.
   */
  readonly dependsOn?: 'host' | 'names';
}

export const open: NetworkAnswer = { allowed: 'yes', object: '', reason: 'no network policy isolates the pod' };

/** The first rule about the flow decides. Where it is not known whether a rule is about it, both ways are followed. */
export function decide(stages: readonly Stage[], from: PodEnd, to: End, wire: Wire): NetworkAnswer {
  // Undefined: none of these is about the flow. There may be thousands of such slots: what comes next is not called from within.
  const first = (rules: readonly Rule[], at: number, pass: Follow, next: Follow): NetworkAnswer | undefined => {
    for (let index = at; index < rules.length; index += 1) {
      const rule = rules[index];
      const match = rule?.matches(from, to, wire) ?? 'no';
      if (rule === undefined || match === 'no') continue;
      const answer = rule.action === 'Pass' ? pass() : answerOf(rule);
      return match === 'yes' ? answer : either(rule, match, answer, first(rules, index + 1, pass, next) ?? next());
    }
    return undefined;
  };
  const inSlot = (slot: Slot, pass: Follow, next: Follow): NetworkAnswer | undefined => {
    const [only, ...others] = slot;
    if (only === undefined) return undefined;
    if (others.length === 0) return first(only, 0, pass, next);
    const answers = slot.map(
      (rules) =>
        first(
          rules,
          0,
          () => passed,
          () => silent,
        ) ?? silent,
    );
    const said = answers.filter((answer) => answer !== silent);
    const [one, ...rest] = said;
    if (one === undefined) return undefined;
    if (
      rest.some(({ allowed }) => allowed !== one.allowed) ||
      rest.some((answer) => (answer === passed) !== (one === passed))
    )
      return unordered(said);
    return one === passed ? pass() : one;
  };
  const inStage = (at: number, slotAt: number): NetworkAnswer => {
    const stage = stages[at];
    if (stage === undefined) return open;
    for (let index = slotAt; index < stage.slots.length; index += 1) {
      const answer = inSlot(
        stage.slots[index] ?? [],
        () => inStage(stage.passTo ?? at + 1, 0),
        () => inStage(at, index + 1),
      );
      if (answer !== undefined) return answer;
    }
    return inStage(at + 1, 0);
  };
  return inStage(0, 0);
}

type Follow = () => NetworkAnswer;

const passed: NetworkAnswer = { allowed: 'yes', object: '', reason: 'passes' };
const silent: NetworkAnswer = { allowed: 'yes', object: '', reason: 'is about other flows' };

function answerOf({ action, object, reason }: Rule): NetworkAnswer {
  return { allowed: action === 'Allow' ? 'yes' : action === 'Deny' ? 'no' : 'unknown', object, reason };
}

function either(
  { object, byNames, doubt: own, blocks = [] }: Rule,
  match: TriState,
  then: NetworkAnswer,
  otherwise: NetworkAnswer,
): NetworkAnswer {
  const unknown = [then, otherwise].filter(({ allowed }) => allowed === 'unknown');
  const worst =
    unknown.find(({ dependsOn }) => dependsOn === undefined) ?? unknown.find(({ dependsOn }) => dependsOn === 'names');
  if (worst) return worst;
  if (then.allowed === otherwise.allowed) return otherwise;
  const doubt = own ?? doubtOver(blocks);
  const why = doubt === undefined ? '' : `: ${doubt}`;
  const reason = `has a rule that may or may not match the flow${why}`;
  const dependsOn = match === 'some' ? 'host' : byNames === true ? 'names' : undefined;
  return { allowed: 'unknown', object, reason, ...(dependsOn && { dependsOn }) };
}

function unordered(answers: readonly NetworkAnswer[]): NetworkAnswer {
  const objects = [...new Set(answers.map(({ object }) => object).filter(Boolean))];
  const reason = `${objects.join(' and ')} disagree, and which of them comes first depends on the network plugin`;
  return { allowed: 'unknown', object: objects[0] ?? '', reason };
}

/** Both must agree: what policies of different kinds say side by side. */
export function strictest(answers: readonly NetworkAnswer[]): NetworkAnswer {
  const rank = { no: 0, unknown: 1, yes: 2 } as const;
  return answers.reduce(
    (worst, answer) => (rank[answer.allowed] < rank[worst.allowed] ? answer : worst),
    answers[0] ?? open,
  );
}
