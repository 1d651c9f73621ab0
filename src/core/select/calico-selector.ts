import {
  conjoinRequirements,
  isLabelValue,
  type Requirement,
  type Requirements,
  type TextCondition,
} from './requirements.ts';

/*
 * Calico's language of selectors: comparisons of one label, joined by &&, || and !
 * (https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors; how it is read is in
 * libcalico-go/lib/selector of https://github.com/projectcalico/calico).
 */

/** What holds when one of these holds: alternatives, of which `[]` is nothing and `[[]]` everything. */
export type Alternatives = readonly Requirements[];

/*
 * No handwritten selector is longer. Any user who may annotate a pod writes this input: it must neither
 * take long nor nest deeper than the stack is.
 */
export const mostAlternatives = 64;
const mostRequirements = 512;
const mostTokens = 1_000;
const mostNested = 64;
const mostSigns = 65_536;

type Kind = 'sign' | 'value' | 'operator' | 'label' | 'has' | 'all' | 'global';

interface Token {
  readonly kind: Kind;
  readonly text: string;
}

const space = String.raw`[ \t]*`;
const key = '[a-zA-Z0-9_./-]{1,512}';
const anywhere: readonly (readonly [Kind, RegExp])[] = [
  ['sign', /&&|\|\||==|!=|[!(){},]/y],
  ['value', /"([^"]*)"|'([^']*)'/y],
];
const afterLabel: readonly (readonly [Kind, RegExp])[] = [
  ['operator', new RegExp(`contains|starts${space}with|ends${space}with|not${space}in|in`, 'y')],
];
const elsewhere: readonly (readonly [Kind, RegExp])[] = [
  ['has', new RegExp(`has\\(${space}(${key})${space}\\)`, 'y')],
  ['all', new RegExp(`all\\(${space}\\)`, 'y')],
  ['global', new RegExp(`global\\(${space}\\)`, 'y')],
  ['label', new RegExp(`(${key})`, 'y')],
];
const blank = /[ \t]*/y;

/** Undefined: it is no selector, or exceeds the limits. */
export function calicoAlternatives(text: string): Alternatives | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  if (tokens.length === 0) return [[]];
  const reader = new Reader(tokens);
  const read = reader.either(false);
  return read && reader.isAtEnd ? read : undefined;
}

function tokensOf(text: string): readonly Token[] | undefined {
  if (text.length > mostSigns) return undefined;
  const tokens: Token[] = [];
  let at = endOf(blank, text, 0);
  while (at < text.length) {
    const others = tokens.at(-1)?.kind === 'label' ? afterLabel : elsewhere;
    const found = firstOf([...anywhere, ...others], text, at);
    if (found === undefined || tokens.length === mostTokens) return undefined;
    tokens.push(found.token);
    at = endOf(blank, text, found.end);
  }
  const nesting = tokens.filter(({ kind, text: sign }) => kind === 'sign' && (sign === '(' || sign === '!'));
  return nesting.length > mostNested ? undefined : tokens;
}

function firstOf(
  patterns: typeof anywhere,
  text: string,
  at: number,
): { readonly token: Token; readonly end: number } | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const [whole, first, second] = match;
    const content = first ?? second ?? (kind === 'value' ? '' : whole.replaceAll(/[ \t]/g, ''));
    return { token: { kind, text: content }, end: at + whole.length };
  }
  return undefined;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

/** Reads what holds, or with `not` what holds when it does not: a negation is pushed down to the labels. */
class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  either(not: boolean): Alternatives | undefined {
    return this.#joined('||', not ? both : oneOf, () => this.#all(not));
  }

  #all(not: boolean): Alternatives | undefined {
    return this.#joined('&&', not ? oneOf : both, () => this.#one(not));
  }

  #joined(sign: string, join: typeof both, part: () => Alternatives | undefined): Alternatives | undefined {
    let found = part();
    while (found && this.#take('sign', sign)) {
      const next = part();
      found = next && join(found, next);
      if (found && isTooMuch(found)) return undefined;
    }
    return found;
  }

  #one(not: boolean): Alternatives | undefined {
    if (this.#take('sign', '!')) return this.#one(!not);
    if (this.#take('all')) return not ? [] : [[]];
    // Pods and namespaces are of the cluster, and never global.
    if (this.#take('global')) return not ? [[]] : [];
    if (this.#take('sign', '(')) {
      const inner = this.either(not);
      return this.#take('sign', ')') ? inner : undefined;
    }
    const has = this.#take('has');
    const requirement = has ? presence(has.text) : this.#comparison();
    return requirement && alternativesOf(not ? opposite(requirement) : requirement);
  }

  #comparison(): Requirement | undefined {
    const label = this.#take('label')?.text;
    const operator = (this.#take('sign') ?? this.#take('operator'))?.text;
    if (label === undefined || operator === undefined) return undefined;
    if (operator === 'in' || operator === 'notin') {
      const values = this.#list();
      return values && listed(label, values, operator === 'notin');
    }
    const value = this.#take('value')?.text;
    if (value === undefined) return undefined;
    if (operator === '==' || operator === '!=') return listed(label, [value], operator === '!=');
    const how = conditions[operator];
    return how && withText(label, { how, text: value, not: false });
  }

  #list(): readonly string[] | undefined {
    if (!this.#take('sign', '{')) return undefined;
    const values: string[] = [];
    for (let value = this.#take('value'); value; value = this.#take('sign', ',') && this.#take('value'))
      values.push(value.text);
    return this.#take('sign', '}') && values;
  }

  #take(kind: Kind, text?: string): Token | undefined {
    const next = this.#tokens[this.#at];
    if (next?.kind !== kind || (text !== undefined && next.text !== text)) return undefined;
    this.#at += 1;
    return next;
  }
}

const conditions: Readonly<Partial<Record<string, TextCondition['how']>>> = {
  contains: 'contains',
  startswith: 'starts with',
  endswith: 'ends with',
};

function presence(label: string): Requirement {
  return { key: label, absent: false, values: [], complement: true };
}

/** A text that no label can have is the value of none. */
function listed(label: string, values: readonly string[], not: boolean): Requirement {
  return { key: label, absent: not, values: [...new Set(values.filter(isLabelValue))].sort(), complement: not };
}

/** Every value holds the empty text, and none holds a sign that no label has. */
function withText(label: string, condition: TextCondition): Requirement {
  if (condition.text === '') return presence(label);
  return /^[-A-Za-z0-9_.]*$/.test(condition.text)
    ? { ...presence(label), texts: [condition] }
    : listed(label, [], false);
}

/** A requirement has one condition on the text at most here. */
function opposite({ key: label, absent, values, complement, texts }: Requirement): Requirement {
  return texts
    ? { key: label, absent: !absent, values, complement, texts: texts.map((one) => ({ ...one, not: !one.not })) }
    : { key: label, absent: !absent, values, complement: !complement };
}

function alternativesOf(requirement: Requirement): Alternatives {
  const { absent, values, complement, texts } = requirement;
  if (values.length > 0 || texts || absent !== complement) return [[requirement]];
  return absent ? [[]] : [];
}

function isTooMuch(found: Alternatives): boolean {
  return found.length > mostAlternatives || found.reduce((sum, { length }) => sum + length, 0) > mostRequirements;
}

function oneOf(a: Alternatives, b: Alternatives): Alternatives {
  return [...a, ...b];
}

function both(a: Alternatives, b: Alternatives): Alternatives {
  return a.flatMap((left) => b.flatMap((right) => optional(conjoinRequirements(left, right))));
}

function optional<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
