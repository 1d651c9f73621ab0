import type { LabelSelector } from '../../api/fields/selector.ts';
import { compareText } from '../../api/problem.ts';
import type { Labels } from '../model/snapshot.ts';

/**
 * Everything a selector says about one label: it may be absent, and when it is there its value is one of `values`, or
 * with `complement` none of them. All four operators, and all they say together, have this form:
 *
 *   In a,b         absent no   values a,b  complement no
 *   NotIn a,b      absent yes  values a,b  complement yes
 *   Exists         absent no   values -    complement yes
 *   DoesNotExist   absent yes  values -    complement no
 *
 * What Calico asks of the text of a value besides has a place of its own, `texts`, and all of them must hold.
 */
export interface Requirement {
  readonly key: string;
  readonly absent: boolean;
  /** Sorted, distinct. */
  readonly values: readonly string[];
  readonly complement: boolean;
  /** With `complement` alone, as listed values either hold them or are left out. Distinct, sorted; absent: none. */
  readonly texts?: readonly TextCondition[];
}

/** A condition on the text of a value, as Calico's selectors have them and those of Kubernetes have not. */
export interface TextCondition {
  readonly how: 'contains' | 'starts with' | 'ends with';
  readonly text: string;
  /** It must not hold. */
  readonly not: boolean;
}

/** All must hold; one per key, sorted by key. Empty: everything matches. */
export type Requirements = readonly Requirement[];

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

const keyPattern = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valuePattern = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** What is wrong with a selector, by the rules of the Kubernetes API; undefined when nothing is. */
export function faultOfSelector(selector: LabelSelector): string | undefined {
  const pairs = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, values: [value] }));
  const expressions = selector.matchExpressions ?? [];
  for (const { key, values = [] } of [...pairs, ...expressions]) {
    if (!keyPattern.test(key)) return `${JSON.stringify(key)} is not a label key`;
    const bad = values.find((value) => !valuePattern.test(value));
    if (bad !== undefined) return `${JSON.stringify(bad)} is not a label value`;
  }
  for (const { key, operator, values = [] } of expressions) {
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (wantsValues !== values.length > 0) return `${operator} on ${key} ${wantsValues ? 'needs' : 'takes no'} values`;
  }
  return undefined;
}

/** The normal form of a selector that `faultOfSelector` accepts; an absent one says as little as an empty one. Undefined: it contradicts itself. */
export function requirementsOf(selector: LabelSelector | undefined): Requirements | undefined {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]): Requirement => {
    return { key, absent: false, values: [value], complement: false };
  });
  const expressions = selector?.matchExpressions;
  return normalise(expressions ? [...labels, ...expressions.map(requirementOf)] : labels);
}

/** What holds when both hold, or undefined when that is impossible. */
export function conjoinRequirements(a: Requirements, b: Requirements): Requirements | undefined {
  if (a.length === 0) return b;
  return b.length === 0 ? a : normalise([...a, ...b]);
}

/** Do labels that satisfy `a` satisfy `b`? */
export function requirementsImply(a: Requirements, b: Requirements): boolean {
  // Asked of very many pairs of rules, most of which ask for nothing, or for the same.
  if (b.length === 0 || a === b) return true;
  for (const wanted of b) {
    const given = requirementOn(wanted.key, a);
    if (!given || (given.absent && !wanted.absent) || !isSubset(given, wanted)) return false;
  }
  return true;
}

function requirementOn(key: string, requirements: Requirements): Requirement | undefined {
  for (const requirement of requirements) if (requirement.key === key) return requirement;
  return undefined;
}

export function requirementsMatch(requirements: Requirements, labels: Labels): boolean {
  for (const requirement of requirements) {
    const { key, absent } = requirement;
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (value === undefined ? !absent : !admits(requirement, value)) return false;
  }
  return true;
}

function admits({ values, complement, texts }: Requirement, value: string): boolean {
  if (values.includes(value) === complement) return false;
  return texts === undefined || texts.every((condition) => holds(condition, value));
}

function holds({ how, text, not }: TextCondition, value: string): boolean {
  if (how === 'contains') return value.includes(text) !== not;
  return (how === 'starts with' ? value.startsWith(text) : value.endsWith(text)) !== not;
}

/** May a label have this value at all? */
export function isLabelValue(text: string): boolean {
  return valuePattern.test(text);
}

/** A selector that says the same: `requirementsOf(selectorOf(r))` equals `r`. Of gateways of Calico, which `texts` are about, nobody is told. */
export function selectorOf(requirements: Requirements): LabelSelector {
  const matchExpressions = requirements.flatMap(expressionsOf);
  return matchExpressions.length === 0 ? {} : { matchExpressions };
}

function expressionsOf({ key, absent, values, complement }: Requirement): Expression[] {
  if (!complement) return [absent ? { key, operator: 'DoesNotExist' } : { key, operator: 'In', values: [...values] }];
  const none: Expression[] = values.length > 0 ? [{ key, operator: 'NotIn', values: [...values] }] : [];
  return absent ? none : [{ key, operator: 'Exists' }, ...none];
}

/** The selector as kubectl writes it, `app=web,tier in (a,b),!legacy`: equal requirements have equal texts. */
export function requirementsText(requirements: Requirements): string {
  const only = requirements[0];
  return requirements.length === 1 && only ? textOf(only) : requirements.map(textOf).join(',');
}

/** `key=value` for every value that a required label may have; matching labels hold exactly one of them. */
export function anchorsOf(requirements: Requirements): readonly string[] | undefined {
  const anchor = requirements.find(({ absent, complement }) => !absent && !complement);
  return anchor?.values.map((value) => `${anchor.key}=${value}`);
}

function requirementOf({ key, operator, values = [] }: Expression): Requirement {
  const absent = operator === 'NotIn' || operator === 'DoesNotExist';
  const complement = operator === 'NotIn' || operator === 'Exists';
  return { key, absent, values: [...new Set(values)].sort(), complement };
}

function normalise(requirements: readonly Requirement[]): Requirements | undefined {
  if (requirements.length < 2) return requirements.some(isImpossible) ? undefined : requirements;
  const byKey = new Map<string, Requirement>();
  for (const requirement of requirements) {
    const other = byKey.get(requirement.key);
    byKey.set(requirement.key, other ? both(other, requirement) : requirement);
  }
  const merged = [...byKey.values()].sort((a, b) => compareText(a.key, b.key));
  return merged.some(isImpossible) ? undefined : merged;
}

function both(a: Requirement, b: Requirement): Requirement {
  const absent = a.absent && b.absent;
  if (a.complement && b.complement) {
    const values = [...new Set([...a.values, ...b.values])].sort();
    const texts = new Map([...(a.texts ?? []), ...(b.texts ?? [])].map((one) => [conditionText(one), one]));
    const sorted = [...texts].sort(([one], [other]) => compareText(one, other)).map(([, one]) => one);
    return { key: a.key, absent, values, complement: true, ...(sorted.length > 0 && { texts: sorted }) };
  }
  const [listed, other] = a.complement ? [b, a] : [a, b];
  return { ...listed, absent, values: listed.values.filter((value) => admits(other, value)) };
}

function isImpossible({ absent, values, complement }: Requirement): boolean {
  return !absent && !complement && values.length === 0;
}

function isSubset(a: Requirement, b: Requirement): boolean {
  if (!a.complement) return a.values.every((value) => admits(b, value));
  const given = new Set(a.texts?.map(conditionText));
  return (
    b.complement &&
    b.values.every((value) => a.values.includes(value)) &&
    (b.texts ?? []).every((condition) => given.has(conditionText(condition)))
  );
}

function conditionText({ how, text, not }: TextCondition): string {
  return `${not ? 'not ' : ''}${how} ${text}`;
}

function textOf({ key, absent, values, complement, texts = [] }: Requirement): string {
  if (texts.length > 0) {
    const beside = { key, absent, values, complement };
    const others = absent && values.length === 0 ? [] : [textOf(beside)];
    const conditions = texts.map((one) => `${key} ${absent ? 'absent or ' : ''}${conditionText(one)}`);
    return [...others, ...conditions].join();
  }
  const list = `(${values.join(',')})`;
  if (!complement) return values.length === 1 ? `${key}=${values.join('')}` : absent ? `!${key}` : `${key} in ${list}`;
  if (values.length === 0) return key;
  return absent ? `${key} notin ${list}` : `${key},${key} notin ${list}`;
}
