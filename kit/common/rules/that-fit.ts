import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { inOrderOfNeed, isAgainstAll, type Need } from '../shares.ts';

/** So many policies and namespaces that take too much are passed over for others that do not. */
const mostPassedOver = 20;

/**
 * The rules that a device has room for, shared among namespaces. A policy that does not fit is left out, and others that do come in;
 * but as long as a denying rule of a namespace is left out, nothing of it is accepted, and nothing at all while one for all sources is.
 *
 * @param fits is there room for these, in the order of the table? Where there is, there is for some of them
 * @param sizeOf how much of the room a rule takes, more or less
 * @returns losses of those that came last first
 */
export function rulesThatFit(
  rules: readonly Rule[],
  fits: (rules: readonly Rule[]) => boolean,
  noRoom: Pick<Loss, 'code' | 'message'>,
  sizeOf: (rule: Rule) => number,
): { readonly rules: readonly Rule[]; readonly losses: readonly Loss[] } {
  if (fits(rules)) return { rules, losses: [] };
  const needs = inOrderOfNeed(rules.map((rule) => needOf(rule, sizeOf)));
  const kept = new Set<Rule>();
  const fit = (more: readonly RuleNeed[]): boolean => {
    const all = new Set([...kept, ...more.map(({ rule }) => rule)]);
    return fits(rules.filter((rule) => all.has(rule)));
  };
  let rest = needs;
  for (let passed = 0; passed < mostPassedOver; passed += 1) {
    const taken = longest(rest, fit);
    for (const { rule } of rest.slice(0, taken)) kept.add(rule);
    const out = rest[taken];
    if (out === undefined || isAgainstAll(out)) break;
    rest = rest.slice(taken + 1).filter((need) => !waitsFor(need, out));
  }
  const left = needs.filter(({ rule }) => !kept.has(rule)).toReversed();
  return {
    rules: rules.filter((rule) => kept.has(rule)),
    losses: left.map(({ id }): Loss => ({ effect: 'rejected', id, ...noRoom })),
  };
}

interface RuleNeed extends Need {
  readonly rule: Rule;
}

function needOf(rule: Rule, sizeOf: (rule: Rule) => number): RuleNeed {
  const { id, action, origin } = rule;
  const { namespace, createdAt: since = '' } = origin;
  return { id, denies: action === 'Deny', namespace, since, size: sizeOf(rule), rule };
}

/** How many of the first ones fit. */
function longest<N>(needs: readonly N[], fit: (needs: readonly N[]) => boolean): number {
  let [least, most] = [0, needs.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fit(needs.slice(0, middle))) least = middle;
    else most = middle - 1;
  }
  return least;
}

/** The rest of the policy; of what stands beneath a denying rule, all of its namespace. */
function waitsFor({ namespace, rule: { origin } }: RuleNeed, out: RuleNeed): boolean {
  if (namespace !== out.namespace) return false;
  return out.denies || (origin.kind === out.rule.origin.kind && origin.name === out.rule.origin.name);
}
