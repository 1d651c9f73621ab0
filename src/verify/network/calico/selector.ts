import type { Labels } from '../../../core/model/snapshot.ts';
import type { RequiredLabel } from '../../values/selector.ts';

/*
 * Calico's language of selectors: comparisons of one label, joined by &&, || and !, with brackets
 * (https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors).
 */

/** Does it take an object with these labels? A label that is missing is equal to nothing, and different from everything. */
export type LabelTest = (labels: Labels) => boolean;

/** More signs than anybody writes by hand, and deeper than the stack is: such a text is taken for no selector. */
const mostTokens = 10_000;
const mostNested = 500;

/** Undefined: the text is no selector. Empty is everything. */
export function parseSelector(text: string): LabelTest | undefined {
  const tokens = tokensOf(text);
  if (tokens?.length === 0) return () => true;
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens);
  const parsed = parser.either();
  return parser.isAtEnd ? parsed : undefined;
}

/** The labels that a selector asks for, in whatever way. */
export function labelsAskedIn(selector: string): readonly string[] {
  return (tokensOf(selector) ?? []).flatMap(({ kind, text }) => (kind === 'label' ? [text] : []));
}

const widening = ['||', '!', '('];

/** Labels that everything has which a selector takes that can be read: one that only narrows says them outright. */
export function labelsWanted(selector: string): readonly RequiredLabel[] {
  const tokens = tokensOf(selector) ?? [];
  if (tokens.some(({ kind, text }) => kind === 'sign' && widening.includes(text))) return [];
  return tokens.flatMap(({ kind, text }, at) => {
    const [key, value] = [tokens[at - 1], tokens[at + 1]];
    return kind === 'sign' && text === '==' && key && value ? [[key.text, value.text] as const] : [];
  });
}

interface Token {
  readonly kind: 'label' | 'text' | 'sign';
  readonly text: string;
}

const patterns = [
  ['sign', /^(&&|\|\||==|!=|[!(){},])/],
  ['text', /^(?:"([^"]*)"|'([^']*)')/],
  ['sign', /^(all\([ \t]*\)|global\([ \t]*\)|has\()/],
  ['sign', /^(not[ \t]*in|in|contains|starts[ \t]*with|ends[ \t]*with)/],
  ['label', /^([a-zA-Z0-9_./-]+)/],
] as const;

/** As Calico's own reader does: after a label a word is an operator, elsewhere it is a label, and lines have no end. */
function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let rest = withoutBlanks(text);
  while (rest !== '') {
    const afterLabel = tokens.at(-1)?.kind === 'label';
    const found = patterns.flatMap(([kind, pattern], at) => {
      const match = (at === 3) === afterLabel || at < 3 ? pattern.exec(rest) : null;
      return match ? [{ kind, match }] : [];
    })[0];
    if (found === undefined) return undefined;
    const { kind, match } = found;
    const said = match[1] ?? match[2] ?? '';
    tokens.push({ kind, text: kind === 'text' ? said : said.replaceAll(/[ \t]/g, '') });
    rest = withoutBlanks(rest.slice(match[0].length));
    if (tokens.length > mostTokens) return undefined;
  }
  const nesting = tokens.filter((token) => token.kind === 'sign' && (token.text === '(' || token.text === '!'));
  return nesting.length > mostNested ? undefined : tokens;
}

function withoutBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '');
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
    if (operator === 'in' || operator === 'notin') {
      const values = this.#list();
      return values && valueTest(key, operator === 'notin', (value) => values.includes(value));
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
    for (let value = this.#next('text'); value !== undefined; value = this.#take(',') ? this.#next('text') : undefined)
      values.push(value);
    return this.#take('}') ? values : undefined;
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
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
};

function valueTest(key: string, negated: boolean, holds: (value: string) => boolean): LabelTest {
  return (labels) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return (value !== undefined && holds(value)) !== negated;
  };
}
