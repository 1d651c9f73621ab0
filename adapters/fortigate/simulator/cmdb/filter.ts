import { objectsAt, scalar, textAt } from '../../../../kit/simulator/tables/rows.ts';
import { badRequest } from '../api/failure.ts';
import type { Row, TableSchema } from '../tables/schema.ts';

type Test = (row: Row) => boolean;

/** What the parameters `filter`, `key` with `pattern`, and `primary_keys` leave of a table. */
export function filterOf(schema: TableSchema, query: URLSearchParams): Test {
  const tests = query.getAll('filter').map((filter) => filterTest(filter));
  const key = query.get('key');
  const pattern = query.get('pattern');
  if (key !== null && pattern !== null) tests.push((row) => scalar(row[key] ?? '') === pattern);
  const names = query.get('primary_keys');
  if (names !== null) {
    const wanted = new Set(names.split('|'));
    tests.push((row) => wanted.has(textAt(row, schema.mkey)));
  }
  return (row) => tests.every((test) => test(row));
}

const operators: Readonly<Record<string, (value: string, pattern: string) => boolean>> = {
  '==': (value, pattern) => value === pattern,
  '!=': (value, pattern) => value !== pattern,
  '=*': (value, pattern) => value.toLowerCase() === pattern.toLowerCase(),
  '!*': (value, pattern) => value.toLowerCase() !== pattern.toLowerCase(),
  '=@': (value, pattern) => value.toLowerCase().includes(pattern.toLowerCase()),
  '!@': (value, pattern) => !value.toLowerCase().includes(pattern.toLowerCase()),
  '<=': (value, pattern) => compare(value, pattern) <= 0,
  '>=': (value, pattern) => compare(value, pattern) >= 0,
  '<': (value, pattern) => compare(value, pattern) < 0,
  '>': (value, pattern) => compare(value, pattern) > 0,
};

/** `key<op>pattern[,key<op>pattern]`: alternatives of one key and one operator. */
function filterTest(filter: string): Test {
  const head = /^([A-Za-z0-9_.-]+?)(==|!=|=\*|!\*|=@|!@|<=|>=|<|>)/.exec(filter);
  const [, key = '', operator = ''] = head ?? [];
  const test = operators[operator];
  if (head === null || test === undefined) throw badRequest(`invalid filter: ${filter}`);
  const start = `${key}${operator}`;
  const patterns = alternatives(filter.slice(start.length)).map((part) =>
    unescaped(part.startsWith(start) ? part.slice(start.length) : part),
  );
  return (row) => {
    const values = valuesAt(row, key);
    const one = (pattern: string | undefined): boolean =>
      pattern !== undefined && values.some((value) => test(value, pattern));
    return operator.startsWith('!') ? patterns.every(one) : patterns.some(one);
  };
}

function alternatives(text: string): readonly string[] {
  return text.split(/(?<!\\),/);
}

/** A dot, a comma and a backslash must be escaped: a pattern with one that is not matches nothing (undefined), without an error. */
function unescaped(pattern: string): string | undefined {
  if (/^(?:[^\\.]|\\.)*$/s.test(pattern)) return pattern.replace(/\\(.)/gs, '$1');
  return undefined;
}

/** `member.name` looks into a child table. */
function valuesAt(row: Row, key: string): readonly string[] {
  const [own = '', inner] = key.split('.');
  if (inner !== undefined) return objectsAt(row, own).map((child) => textAt(child, inner));
  const value = row[own];
  return value === undefined || Array.isArray(value) ? [] : [scalar(value)];
}

/** Numbers as numbers, everything else by code points. */
export function compare(a: string, b: string): number {
  const numbers = [a, b].every((text) => /^-?\d+$/.test(text));
  if (numbers) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
}
