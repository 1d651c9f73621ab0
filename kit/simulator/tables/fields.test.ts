import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/model/json.ts';
import { defaults, fieldKinds, written, type Dialect, type Fields } from './fields.ts';

const refusal = (why: string) => (name: string) => new Error(`${name}: ${why}`);
const dialect: Dialect = {
  textOf: (value) => (typeof value === 'string' ? value : undefined),
  sizeOf: (text) => text.length,
  clears: (text) => text === 'none',
  unknown: (name) => (name === 'kind' ? undefined : refusal('unknown')(name)),
  wrongType: refusal('type'),
  wrongNumber: refusal('number'),
  notAnOption: refusal('option'),
  tooLong: (name, size, limit) => new Error(`${name}: ${size} > ${limit}`),
  outOfRange: refusal('range'),
};
const { text, number, option, flag, struct, free } = fieldKinds(dialect);
const fields: Fields = {
  name: text('text', (value) => value.toLowerCase(), { size: 4, default: '' }),
  host: text('host', (value) => (value.includes('.') ? value : undefined)),
  port: number(1, 99, { default: 1 }),
  action: option(['accept', 'deny'], { default: 'accept' }),
  log: flag,
  end: struct({ first: number(0, 9), last: number(0, 9) }),
  note: free,
  id: { ...free, readOnly: true },
};
const write = (body: Readonly<Record<string, Json>>, before: Readonly<Record<string, Json>> = {}): unknown =>
  written(fields, before, body, dialect);

describe('what is written', () => {
  it('is spelled as the device does, and leaves what it does not name', () => {
    const body = { name: 'ABC', port: '7', action: 'deny', log: true, note: [1] };
    expect(write(body, { host: 'a.b' })).toEqual({ ...body, name: 'abc', port: 7, host: 'a.b' });
  });

  it('may clear a field, and one end of an object without the other', () => {
    expect(write({ host: 'none' }, { host: 'a.b', port: 1 })).toEqual({ port: 1 });
    expect(write({ end: { first: 1 } }, { end: { last: 2 } })).toEqual({ end: { first: 1, last: 2 } });
    expect(write({ end: {} })).toEqual({});
  });

  it('is passed over where it is read-only or decoration', () => {
    expect(write({ id: 5, kind: 'x' })).toEqual({});
  });

  it.each([
    [{ other: 1 }, 'other: unknown'],
    [{ toString: 1 }, 'toString: unknown'],
    [{ name: 'abcde' }, 'name: 5 > 4'],
    [{ name: 1 }, 'name: type'],
    [{ host: 'ab' }, 'host: type'],
    [{ port: 'x' }, 'port: number'],
    [{ port: 1.5 }, 'port: number'],
    [{ port: null }, 'port: type'],
    [{ port: 100 }, 'port: range'],
    [{ action: 'drop' }, 'action: option'],
    [{ log: 'yes' }, 'log: type'],
    [{ end: 1 }, 'end: type'],
    [{ end: { more: 1 } }, 'more: unknown'],
  ])('%j is refused: %s', (body, message) => {
    expect(() => write(body)).toThrow(message);
  });
});

it('a row of which nobody says anything has the defaults', () => {
  expect(defaults(fields)).toEqual({ name: '', port: 1, action: 'accept' });
});
