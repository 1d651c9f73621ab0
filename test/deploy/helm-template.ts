import { parse } from 'yaml';

/*
 * As much of Helm's template language as the chart is written in, and an error on anything else: directives that stand
 * on a line of their own, and expressions that are a value with at most one function behind it.
 */

type Values = Readonly<Record<string, unknown>>;

/** What a template is with these values. @throws Error on what it does not understand, and where Helm would fail */
export function renderTemplate(text: string, values: Values, namespace: string): string {
  /** Of each directive that is open: are its lines taken? */
  const open: boolean[] = [];
  const lines = text.split('\n').flatMap((line) => {
    const directive = /^\{\{- (if|if not|else|end)(?: \.Values\.([\w.]+))? \}\}$/.exec(line);
    if (directive === null) return open.every((taken) => taken) ? [substituted(line, values, namespace)] : [];
    const [, word, path] = directive;
    if (word === 'else') open.push(!pop(open));
    else if (word === 'end') pop(open);
    else open.push((valueAt(values, path) === true) === (word === 'if'));
    return [];
  });
  if (open.length > 0) throw new Error('a directive is not ended');
  return lines.join('\n');
}

function pop(open: boolean[]): boolean {
  const taken = open.pop();
  if (taken === undefined) throw new Error('nothing is open');
  return taken;
}

function substituted(line: string, values: Values, namespace: string): string {
  return line.replaceAll(/\{\{(.*?)\}\}/g, (_, expression: string) => {
    const text = expression.trim();
    if (text === '.Release.Namespace') return namespace;
    const match = /^(?:required "([^"]*)" )?\.Values\.([\w.]+)(?: \| (quote|toJson))?$/.exec(text);
    if (match === null) throw new Error(`not understood: {{${expression}}}`);
    const [, needed, path, pipe] = match;
    const value = valueAt(values, path);
    if (needed !== undefined && value === '') throw new Error(needed);
    return pipe === undefined ? String(value) : JSON.stringify(value);
  });
}

function valueAt(values: Values, path = ''): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null || !(key in at)) throw new Error(`there is no value ${path}`);
    return (at as Values)[key];
  }, values);
}

/** The values of a chart with some of them set, `{ 'redis.enabled': true }`. */
export function valuesWith(text: string, set: Values): Values {
  const values = parse(text) as Record<string, unknown>;
  for (const [path, value] of Object.entries(set)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    valueAt(values, path);
    const within = keys.reduce<unknown>((at, key) => (at as Values)[key], values);
    (within as Record<string, unknown>)[last] = value;
  }
  return values;
}
