import { describe, expect, it } from 'vitest';
import { tableLines } from '../../core/text/text-table.ts';
import { csvLine } from './csv.ts';
import { jsonArray } from './json.ts';
import { fitted, tableLine, wrapped } from './text-table.ts';

describe('CSV', () => {
  it('quotes what RFC 4180 asks for, and disarms formulas', () => {
    expect(csvLine(['a', 1, 'b,c', 'say "x"', 'two\nlines'])).toBe('a,1,"b,c","say ""x""","two\nlines"\r\n');
    expect(csvLine(['=1+1', '+1', '-1', '@x', '\tx', '\n=1', '＝1', -1])).toBe(
      "'=1+1,'+1,'-1,'@x,'\tx,\"'\n=1\",'＝1,-1\r\n",
    );
  });
});

it('has what somebody wrote in several lines on one, so that it cannot look like other rows', () => {
  const hostile = 'edge\r\nother  Ready';
  expect(tableLines([['POINT'], [hostile]])).toEqual(['POINT', 'edge other  Ready']);
  expect(tableLine([hostile], [30])).toBe('edge other  Ready');
});

describe('a JSON array', () => {
  it.each([[[]], [[1]], [[{ a: 'x\n' }, null, 'b']]])('%j is read back as it was', (items) => {
    expect(JSON.parse([...jsonArray(items)].join(''))).toEqual(items);
  });
});

describe('a table', () => {
  const columns = [
    { title: 'A', cell: ([a]: readonly string[]) => a ?? '' },
    { title: 'B', cell: ([, b]: readonly string[]) => b ?? '', gives: true as const },
  ];
  const rows = [['1', 'a long text that has to give way']];

  it('is as wide as its content, and shrinks the column that may be cut', () => {
    expect(fitted(columns, rows, 80)).toEqual([1, 32]);
    expect(fitted(columns, rows, 20)).toEqual([1, 17]);
    expect(tableLine(rows[0] ?? [], [1, 17])).toBe('1  a long text that…');
  });

  it('never shrinks a column below eight characters', () => {
    expect(fitted(columns, rows, 5)).toEqual([1, 5]);
    expect(fitted([...columns, ...columns], rows, 12)[1]).toBe(8);
  });

  it('wraps between words, and keeps a long word whole', () => {
    expect(wrapped('one two incomprehensibly three', 9)).toEqual(['one two', 'incomprehensibly', 'three']);
  });
});
