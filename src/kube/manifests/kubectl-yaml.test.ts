import { describe, expect, it } from 'vitest';
import { readDocuments } from './documents.ts';

const read = (text: string) => {
  const { documents, unreadable } = readDocuments('a.yaml', text);
  return {
    values: documents.map(({ value }) => value),
    faults: unreadable.map(({ line, message }) => `${line}: ${message}`),
  };
};

/* The meanings are those that `kubectl annotate --local -f FILE -o json` of 1.37.2 prints. */
describe('YAML that kubectl reads differently is refused in objects of ours', () => {
  it.each([
    ['port: 0443', "1: kubectl reads 0443 as 291; write 291, or '0443' for the text"],
    ['a: 1\nport: -010', "2: kubectl reads -010 as -8; write -8, or '-010' for the text"],
    ['010: x', "1: kubectl reads 010 as 8; write 8, or '010' for the text"],
    ['labels: { on: x }', "1: kubectl reads on as true; write true, or 'on' for the text"],
    ['app: yes', "1: kubectl reads yes as true; write true, or 'yes' for the text"],
    ['port: 1_000', "1: kubectl reads 1_000 as 1000; write 1000, or '1_000' for the text"],
    ['port: 1_0.5', "1: kubectl reads 1_0.5 as 10.5; write 10.5, or '1_0.5' for the text"],
    ['port: !!int 0644', "1: kubectl reads 0644 as 420; write 420, or '0644' for the text"],
    ['list:\n- a\n- n', "3: kubectl reads n as false; write false, or 'n' for the text"],
    [
      'a: &b { p: 1 }\nc: { p: 9, <<: *b }',
      '1: kubectl lets << override p, which is written before it in c; put << first',
    ],
    [
      'a: &b { p: 1 }\nc: [{ p: 9, <<: [*b] }]',
      '1: kubectl lets << override p, which is written before it in c[0]; put << first',
    ],
    ['a: 1\n...\nb: 2\n---\nc: 3', '2: kubectl drops what follows ... up to the next ---; write --- instead'],
    [
      'a: 1\n--- { b: 2 }',
      '2: kubectl refuses a document that begins on the line of its ---; begin it on the next line',
    ],
    [
      'a: 1\nname: {{ .Values.x }}',
      '2: this is a template that was not rendered ({{ }}), which kubectl refuses; render it first, as with `helm template`',
    ],
    [
      '{{- if .Values.x }}\na: 1\n{{- end }}',
      '1: this is a template that was not rendered ({{ }}), which kubectl refuses; render it first, as with `helm template`',
    ],
    [
      'a: 1\nb: [*.example.com]',
      "2: *.example.com is an alias to YAML, because it begins with *; write '*.example.com' in quotes",
    ],
    ['a: 1\na: 2', '2: duplicated mapping key; kubectl would take the last one'],
  ])('%j', (text, fault) => {
    expect(read(`${text}\napiVersion: postern.dev/v1alpha1`).faults).toEqual([fault]);
  });

  it('and so are two merges in one mapping, of which kubectl takes the second', () => {
    expect(read('a: &b { p: 1 }\nd: &e { p: 2 }\nc:\n  <<: *b\n  <<: *e').faults).toEqual([
      '5: duplicated mapping key; kubectl would take the last one',
    ]);
  });
});

describe('in objects of others it is read as kubectl reads it', () => {
  it.each([
    ['defaultMode: 0644', { defaultMode: 420 }],
    ['a: [-0x1_0, +0b1_0, -0o1_7, 0b19_9]', { a: [-16, 2, -15, '0b19_9'] }],
    ['enabled: yes\nother: Off\nkind: A', { enabled: true, other: false, kind: 'A' }],
    ['a: -010\nb: 1_000', { a: -8, b: 1000 }],
    ['a: [1_0.5, -1_0.5, +.5, -._5, 1_0e3, 1_0.]', { a: [10.5, -10.5, 0.5, -0.5, 10_000, 10] }],
    ['a: [_1, ._5, 0x1_F.5, 1_0:30]', { a: ['_1', '._5', '0x1_F.5', '1_0:30'] }],
    ['a: [!!int 0644, !!int "0644", !!int 4_44, !!float 1_0.5]', { a: [420, 420, 444, 10.5] }],
    ['{ on: x }', { true: 'x' }],
  ])('%j', (text, value) => {
    expect(read(text)).toEqual({ values: [value], faults: [] });
  });
});

describe('what both read alike is read', () => {
  it.each([
    ['m: 0o17\nh: 0x1F\nb: 0b11\nz: 07\nq: 08', { m: 15, h: 31, b: 3, z: 7, q: 8 }],
    ['a: "yes"\nb: \'0443\'\nc: nope\nd: only', { a: 'yes', b: '0443', c: 'nope', d: 'only' }],
    ['a: true\nb: ~\nc: 2026-01-01\nd: 1e3', { a: true, b: null, c: '2026-01-01', d: 1000 }],
    ['a: &b { p: 1 }\nc: { <<: *b, p: 9 }', { a: { p: 1 }, c: { p: 9 } }],
    ['a: "{{ .Values.x }}"', { a: '{{ .Values.x }}' }],
    ["a: '*.example.com'\nb: x # {{ not a template }}", { a: '*.example.com', b: 'x' }],
    ['a: 1\n...\n', { a: 1 }],
    ['--- # one\na: 1', { a: 1 }],
  ])('%j', (text, value) => {
    expect(read(text)).toEqual({ values: [value], faults: [] });
  });
});

describe('JSON', () => {
  it('is read one value after the other, with or without space between', () => {
    expect(read('{"a":"}"}\n{"b":["\\"{"]}').values).toEqual([{ a: '}' }, { b: ['"{'] }]);
    expect(read('{"a":1}{"b":2}').values).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('keeps the line on which each value begins', () => {
    const { documents } = readDocuments('a.json', '{"a":\n1}\n\n{"b":2}');
    expect(documents.map(({ line, text }) => line + text.split('\n').findIndex((one) => one.startsWith('{')))).toEqual([
      1, 4,
    ]);
  });

  it('with a rest that is none is refused as a whole', () => {
    expect(read('{"a":1} x').values).toEqual([]);
    expect(read('{"a":1} x').faults).toHaveLength(1);
  });

  it('may be a document among YAML', () => {
    expect(read('{"a":1}\n---\nb: 2').values).toEqual([{ a: 1 }, { b: 2 }]);
  });
});
