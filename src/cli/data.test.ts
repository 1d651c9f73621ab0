import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeData, yamlItems } from './data.ts';

function written(value: unknown, format: 'json' | 'yaml'): string {
  let text = '';
  writeData(value, format, { out: { write: (more) => (text += more), isTerminal: false, width: 80 } });
  return text;
}

describe('what a program is told', () => {
  const value = {
    answer: 'yes',
    off: 'off',
    time: '12:30:00',
    octal: '0755',
    none: null,
    empty: [],
    text: 'a: b # c\nd',
    tagged: '!!js/function x',
    long: 'word '.repeat(60),
    same: [{ a: 1 }],
  };

  it('is the same in JSON and in YAML, for readers of either version of YAML', () => {
    const twice = { ...value, again: value.same };
    expect(JSON.parse(written(twice, 'json'))).toEqual(twice);
    const text = written(twice, 'yaml');
    expect([parse(text, { version: '1.1' }), parse(text, { version: '1.2' })]).toEqual([twice, twice]);
    expect(text).not.toMatch(/[&*]a1/);
  });

  it('is a list of YAML in pieces, an empty one, too', () => {
    expect(parse([...yamlItems([value, 'off'])].join(''))).toEqual([value, 'off']);
    expect([...yamlItems([])].join('')).toBe('[]\n');
  });
});
