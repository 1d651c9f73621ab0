import type { Labels } from '../../../core/model/snapshot.ts';

/*
 * Calico's language of selectors: comparisons of one label, joined by &&, || and !, with brackets
 * (https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors).
 */

/** Does it take an object with these labels? A label that is missing is equal to nothing, and different from everything. */
export type LabelTest = (labels: Labels) => boolean;

/** Undefined: the text is no selector. Empty is everything. */
export function parseSelector(text: string): LabelTest | undefined {
  if (text.trim() === '') return () => true;
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens);
  const parsed = parser.either();
  return parser.isAtEnd ? parsed : undefined;
}

interface Token {
  readonly kind: 'label' | 'text' | 'sign';
  readonly text: string;
}

const patterns = [
  ['sign', /^(&&|\|\||==|!=|[!(){},])/],
  ['text', /^(?:"([^"]*)"|'([^']*)')/],
  ['sign', /^(all\(\)|global\(\)|has\()/],
  ['sign', /^(not\s+in(?=[\s{])|in(?=[\s{])|contains(?=[\s"'])|starts\s+with(?=[\s"'])|ends\s+with(?=[\s"']))/],
  ['label', /^([a-zA-Z0-9_./-]+)/],
] as const;

/** After a label a word is an operator; elsewhere it is a label. */
function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const afterLabel = tokens.at(-1)?.kind === 'label';
    const found = patterns.flatMap(([kind, pattern], at) => {
      const match = (at === 3) === afterLabel || at < 3 ? pattern.exec(rest) : null;
      return match ? [{ kind, match }] : [];
    })[0];
    if (found === undefined) return undefined;
    const { kind, match } = found;
    tokens.push({ kind, text: (match[1] ?? match[2] ?? '').replaceAll(/\s+/g, kind === 'text' ? '$&' : ' ') });
    rest = rest.slice(match[0].length).trimStart();
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  either(): LabelTest | undefined {
    return this.#joined(
      '||',
      () => this.#both(),
      (a, b) => (labels) => a(labels) || b(labels),
    );
  }

  #both(): LabelTest | undefined {
    return this.#joined(
      '&&',
      () => this.#one(),
      (a, b) => (labels) => a(labels) && b(labels),
    );
  }

  #joined(
    sign: string,
    part: () => LabelTest | undefined,
    join: (a: LabelTest, b: LabelTest) => LabelTest,
  ): LabelTest | undefined {
    let found = part();
    while (found && this.#take(sign)) {
      const next = part();
      found = next && join(found, next);
    }
    return found;
  }

  #one(): LabelTest | undefined {
    if (this.#take('!')) {
      const inner = this.#one();
      return inner && ((labels) => !inner(labels));
    }
    if (this.#take('(')) {
      const inner = this.either();
      return this.#take(')') ? inner : undefined;
    }
    if (this.#take('all()')) return () => true;
    if (this.#take('global()')) return (labels) => !(namespaceKey in labels);
    if (this.#take('has(')) {
      const key = this.#next('label');
      return key !== undefined && this.#take(')') ? (labels) => Object.hasOwn(labels, key) : undefined;
    }
    return this.#comparison();
  }

  #comparison(): LabelTest | undefined {
    const key = this.#next('label');
    const operator = this.#next('sign');
    if (key === undefined || operator === undefined) return undefined;
    if (operator === 'in' || operator === 'not in') {
      const values = this.#list();
      return values && valueTest(key, operator === 'not in', (value) => values.includes(value));
    }
    const wanted = this.#next('text');
    const compare = comparisons[operator];
    return wanted === undefined || compare === undefined
      ? undefined
      : valueTest(key, operator === '!=', (value) => compare(value, wanted));
  }

  #list(): readonly string[] | undefined {
    if (!this.#take('{')) return undefined;
    const values: string[] = [];
    while (!this.#take('}')) {
      const value = this.#next('text');
      if (value === undefined) return undefined;
      values.push(value);
      this.#take(',');
    }
    return values;
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  #next(kind: Token['kind']): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) return undefined;
    this.#at += 1;
    return token.text;
  }
}

export const namespaceKey = 'projectcalico.org/namespace';

const comparisons: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  '==': (value, wanted) => value === wanted,
  '!=': (value, wanted) => value === wanted,
  contains: (value, wanted) => value.includes(wanted),
  'starts with': (value, wanted) => value.startsWith(wanted),
  'ends with': (value, wanted) => value.endsWith(wanted),
};

function valueTest(key: string, negated: boolean, holds: (value: string) => boolean): LabelTest {
  return (labels) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return (value !== undefined && holds(value)) !== negated;
  };
}
