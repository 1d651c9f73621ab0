import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { aBegun, aClosed, aRead } from '../../../test/kit/audit-records.ts';
import { genesis, hashOf, mostLineLength, seal, type Head } from '../../core/audit/chain.ts';
import { recordIn } from '../../core/audit/history.ts';
import type { AuditEntry, AuditRecord, BegunRecord } from '../../core/audit/record.ts';
import { linesOf } from '../../core/audit/lines/lines.ts';
import { RecordLines } from '../../core/audit/lines/record-lines.ts';
import { RecordedStateReader } from './recorded-state.ts';
import { RuleOrder } from './rule-order.ts';

function sealedLines(entries: readonly AuditEntry[]): readonly string[] {
  let head: Head = genesis;
  return entries.map((entry, at) => {
    const sealed = seal(entry, 'edge', head, `2026-01-01T00:00:${String(at).padStart(2, '0')}.000Z`);
    head = sealed.head;
    return sealed.line;
  });
}

function readShort(line: string, lines = new RecordLines()) {
  const { bytes, spans } = linesOf([line]);
  return spans.flatMap((span) => lines.read(bytes, span) ?? []).at(0);
}

function read(entries: readonly AuditEntry[], until?: string) {
  const reader = new RecordedStateReader(until);
  reader.take(linesOf(sealedLines(entries)));
  return reader.state();
}

const aRule = {
  action: 'Accept' as const,
  sources: [],
  destination: { any: true, names: [], networks: [] },
  ports: 'any port',
};
const aPolicy = {
  ...{ kind: 'EgressPolicy', namespace: 'shop', name: 'checkout' },
  ...{ uid: 'b7c1', generation: 3, field: 'spec.to[0]' },
};

/** What the state needs of a record. */
function shownAs(record: AuditRecord | undefined): object | undefined {
  if (record === undefined) return undefined;
  const { type, at, seq } = record;
  if (type === 'closed') return { type, at, seq, of: record.of, result: record.result };
  if (type !== 'begun') return { ...record };
  const { adapter, reason, op, kind, name, id, title, policies, rule, add, remove, omitted, placeAfter } = record;
  return {
    type,
    at,
    seq,
    adapter,
    reason,
    op,
    kind,
    name,
    id,
    title,
    policies,
    rule,
    add,
    remove,
    omitted,
    placeAfter,
  };
}

const bareMembers = {
  type: 'begun',
  adapter: 'memory',
  version: 1,
  reason: 'pod-added',
  op: 'members',
  phase: 'extend',
} as const;
const create = (name: string, placeAfter: string | null) =>
  aBegun({ op: 'create', kind: 'rule', name, id: name, phase: 'wire', placeAfter });

describe('a line of the record', () => {
  it('is the same read in short as read whole, as far as the report needs it', () => {
    const texts = ['"of":7', '"result":"done","seq":', ',"type":"closed","v":1}}'];
    const entries = [
      create('r1', null),
      aClosed(1),
      aBegun({ title: texts.join(' ') }),
      aClosed(3, { result: 'error', message: texts.join(' ') }),
    ];
    for (const line of sealedLines(entries)) {
      const [short, whole] = [readShort(line), recordIn(line)];
      expect([short?.type, short?.seq, short?.at]).toEqual([whole?.type, whole?.seq, whole?.at]);
      if (short?.type === 'closed' && whole?.type === 'closed')
        expect([short.of, short.result]).toEqual([whole.of, whole.result]);
    }
  });

  it('that members join or leave has the same fields read in short, whatever texts are in it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('],"prev":"', '","op":"members","phase":"', 'spec.to[0]', '"at":"'),
    );
    const policy = fc.record({ kind: text, namespace: text, name: text, uid: text, generation: fc.nat(), field: text });
    const fields = fc.record(
      {
        id: text,
        kind: text,
        name: text,
        title: text,
        policies: fc.array(policy, { maxLength: 2 }),
        add: fc.array(text, { maxLength: 2 }),
        remove: fc.array(text, { maxLength: 2 }),
        rule: fc.constant(aRule),
        after: fc.constant({ a: 1 }),
      },
      { requiredKeys: ['kind', 'name'] },
    );
    const lines = new RecordLines();
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 3 }), (all) => {
        for (const line of sealedLines(all.map((one) => ({ ...bareMembers, ...one })))) {
          const [short, whole] = [readShort(line, lines), recordIn(line)];
          const shown = {
            ...(short as BegunRecord),
            v: 1,
            point: 'edge',
            prev: whole?.prev,
            version: 1,
            phase: 'extend',
          };
          expect(shown).toEqual(whole);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is read in short as it is read whole, whatever was done to it', () => {
    const entries: readonly AuditEntry[] = [
      aBegun({ title: 'pods a', policies: [aPolicy], add: ['10.0.0.1', '2001:db8::1'], remove: [] }),
      aClosed(1, { requests: [{ request: 'PUT /a/{b}', status: 200, count: 1 }] }),
      aClosed(1),
      aRead(),
    ];
    const sealed = sealedLines(entries);
    const piece = fc.constantFrom(
      '"',
      '\\',
      ',',
      '[',
      ']',
      '{',
      '}',
      ':',
      '0',
      '1',
      'x',
      ' ',
      '\u0007',
      'ü',
      '\u007f',
      '',
    );
    const part = fc.nat(700).chain((at) => fc.tuple(fc.constant(at), fc.nat(2), piece));
    const lines = new RecordLines();
    fc.assert(
      fc.property(fc.constantFrom(...sealed), fc.array(part, { maxLength: 2 }), (line, parts) => {
        let spoilt = line;
        for (const [at, less, more] of parts) spoilt = spoilt.slice(0, at) + more + spoilt.slice(at + less);
        expect(shownAs(readShort(spoilt, lines))).toEqual(shownAs(recordIn(spoilt)));
      }),
      { numRuns: 3_000 },
    );
    for (const line of sealed) {
      const spoilt = line.replace('"seq":', '"seq":0');
      expect(shownAs(readShort(spoilt, lines))).toEqual(shownAs(recordIn(spoilt)));
    }
  });

  it('that is half written is passed over', () => {
    expect(readShort('{"hash":"00')).toBeUndefined();
    expect(readShort('x,"type":"closed","v":1}}')).toBeUndefined();
  });
});

describe('the state by the record', () => {
  const entries = [create('r1', null), aClosed(1), create('r2', null), aClosed(3), aRead({ upTo: 3 })];

  it('has the rules in the order of the device', () => {
    const { byId, rankOf } = read(entries);
    const ranks = [...byId.values()].flat().map((object) => [object.name, rankOf(object)]);
    expect(ranks).toEqual([
      ['r1', 1],
      ['r2', 0],
    ]);
  });

  it('says when a reading last confirmed an object, also after a reading that found another different', () => {
    const later = [...entries, aRead({ upTo: 5, differing: ['rule r1'], differences: 1 })];
    const { byId, verifiedAt, differs } = read(later);
    const [r1, r2] = [byId.get('r1')?.[0], byId.get('r2')?.[0]];
    expect([r1 && verifiedAt(r1), r1 && differs(r1)]).toEqual(['2026-01-01T00:00:04.000Z', true]);
    expect([r2 && verifiedAt(r2), r2 && differs(r2)]).toEqual(['2026-01-01T00:00:05.000Z', false]);
  });

  it('stops at the moment asked for', () => {
    expect(read(entries, '2026-01-01T00:00:02.500Z').records).toBe(3);
    expect([...read(entries, '2026-01-01T00:00:02.500Z').byId.keys()]).toEqual(['r1']);
  });

  it('counts a write without an outcome as uncertain', () => {
    expect(read([...entries, create('r3', 'r1')]).uncertain.map(({ name }) => name)).toEqual(['r3']);
  });
});

describe('an answer that comes after a reading', () => {
  const group = { id: 'g', name: 'g' };
  const missed = aClosed(1, { result: 'found-not-done' });
  /** Members of the group, and writes in doubt, at each moment. */
  const states = (entries: readonly AuditEntry[]): readonly string[] =>
    entries.map((_, at) => {
      const { byId, uncertain } = read(entries, `2026-01-01T00:00:${String(at).padStart(2, '0')}.000Z`);
      const members = [...(byId.get('g')?.[0]?.members ?? [])].join(' ');
      return `${members}${uncertain.map(({ seq }) => ` ?${seq}`).join('')}`.trim();
    });

  it('counts from then on, where the reading had not found the write', () => {
    expect(states([aBegun(group), missed, aClosed(1)])).toEqual(['?1', '', '10.0.0.1']);
    expect(states([aBegun(group), missed, aClosed(1, { result: 'error' }), aRead()])).toEqual(['?1', '', '', '']);
  });

  it('is no news where the reading had found it: what was done since stays done', () => {
    const found = aClosed(1, { result: 'found-done' });
    const leaves = [aBegun({ ...group, add: [], remove: ['10.0.0.1'] }), aClosed(3)];
    expect(states([aBegun(group), found, ...leaves, aClosed(1)]).at(-1)).toBe('');
    expect(states([aBegun(group), found, aClosed(1, { result: 'error' })]).at(-1)).toBe('10.0.0.1');
  });

  it('leaves in doubt what was undone meanwhile, until a reading that began after it', () => {
    const undone = [
      ...[aBegun(group), aClosed(3), aBegun({ ...group, add: [], remove: ['10.0.0.1'] }), aClosed(5)],
      ...[aClosed(1), aRead(), aRead()],
    ];
    expect(states([aBegun(group), missed, ...undone]).slice(5)).toEqual(['', '?1', '?1', '']);
  });

  it('leaves in doubt only the members that another late answer contradicts', () => {
    const [one, other] = [
      aBegun({ ...group, add: ['10.0.0.2'], remove: ['10.0.0.1'] }),
      aBegun({ ...group, add: ['10.0.0.1', '10.0.0.3'] }),
    ];
    const entries = [
      ...[one, other, missed, aClosed(2, { result: 'found-not-done' })],
      ...[aClosed(1), aClosed(2), aRead(), aRead()],
    ];
    expect(states(entries).slice(4)).toEqual([
      '10.0.0.2',
      '10.0.0.2 10.0.0.3 ?2',
      '10.0.0.2 10.0.0.3 ?2',
      '10.0.0.2 10.0.0.3',
    ]);
  });

  it('leaves in doubt each member that it takes out and that came meanwhile', () => {
    const taken = [aBegun({ ...group, add: [], remove: ['10.0.0.2', '10.0.0.3'] }), missed];
    const came = [
      aBegun({ ...group, add: ['10.0.0.2'] }),
      aClosed(3),
      aBegun({ ...group, add: ['10.0.0.3'] }),
      aClosed(5),
    ];
    expect(states([...taken, ...came, aClosed(1)]).at(-1)).toBe('10.0.0.2 10.0.0.3 ?1');
  });

  it('leaves in doubt of an object that it makes only the members that came or went meanwhile', () => {
    const made = [aBegun({ ...group, op: 'create', add: ['10.0.0.1', '10.0.0.2'] }), missed];
    const gone = [aBegun({ ...group, add: [], remove: ['10.0.0.1'] }), aClosed(3)];
    const { byId, uncertain } = read([...made, ...gone, aClosed(1)]);
    expect([...(byId.get('g')?.[0]?.members ?? [])]).toEqual(['10.0.0.2']);
    expect(uncertain).toMatchObject([{ seq: 1, op: 'members', add: ['10.0.0.1'] }]);
  });

  it('is joined to the rest where it is about another member', () => {
    const other = [aBegun({ ...group, add: ['10.0.0.2'] }), aClosed(3)];
    expect(states([aBegun(group), missed, ...other, aClosed(1)]).at(-1)).toBe('10.0.0.2 10.0.0.1');
  });

  it('counts the same for who goes on from what was kept', () => {
    const entries = [create('r1', null), missed, aBegun(group), aClosed(3, { result: 'found-not-done' })];
    const late = [aClosed(1), aClosed(3)];
    const lines = sealedLines([...entries, ...late]);
    const before = new RecordedStateReader();
    before.take(linesOf(lines.slice(0, 4)));
    const after = new RecordedStateReader();
    const resumption = after.resumption();
    for (const line of before.kept().lines) resumption.take(line);
    expect(resumption.end()).toBe(true);
    after.take(linesOf(lines.slice(4)));
    const { byId, rankOf } = after.state();
    const [rule, members] = [byId.get('r1')?.[0], byId.get('g')?.[0]?.members];
    expect([rule && rankOf(rule), [...(members ?? [])]]).toEqual([0, ['10.0.0.1']]);
  });
});

describe('the order of rules', () => {
  const named = (order: RuleOrder): readonly string[] =>
    [...order.ranks()].sort(([, a], [, b]) => a - b).map(([key]) => key);
  const put = (name: string, placeAfter: string | null) => ({ op: 'create', kind: 'rule', name, placeAfter }) as const;

  it('follows creations, moves and deletions', () => {
    const order = new RuleOrder();
    for (const write of [put('a', null), put('b', 'a'), put('c', 'b')]) order.take(write);
    order.take({ op: 'move', kind: 'rule', name: 'c', placeAfter: null });
    order.take({ op: 'delete', kind: 'rule', name: 'a' });
    const keys = named(order);
    expect(keys.map((key) => key.slice(-1))).toEqual(['c', 'b']);
  });

  it('does not guess the position of a rule behind an unknown one', () => {
    const order = new RuleOrder();
    order.take(put('b', 'unknown'));
    expect(named(order)).toEqual([]);
  });
});

describe('what a reader keeps', () => {
  it('is as states of its form have it: whoever changes this makes it another form', () => {
    const reader = new RecordedStateReader();
    const entries = [
      create('r1', null),
      aClosed(1),
      aRead({ differing: ['rule r1'], differences: 1 }),
      create('r2', 'r1'),
    ];
    reader.take(linesOf(sealedLines([...entries, aBegun({ title: 'pods a' }), aClosed(5)])));
    expect([reader.form, hashOf([...reader.kept().lines].join('\n'))]).toEqual([
      6,
      '9c478ed455526c658f9bbd79a911c4869ee9a0adb19869975dfba234ff1fd4ad',
    ]);
  });
});

/** As the text that is read in short. */
function membersLine(add: string, policies: string): string {
  const ends = `"policies":${policies},"prev":"${'0'.repeat(64)}","reason":"pod-added","seq":1,"type":"begun","v":1,"version":1}`;
  return `{"adapter":"m","add":${add},"at":"2026-01-01T00:00:00.000Z","kind":"group","name":"g","op":"members","phase":"extend","point":"p",${ends}`;
}

describe('a line of somebody else', () => {
  const place = '"seq":1,"at":"2026-01-01T00:00:00.000Z"';
  it.each([
    ...['null', '[]', '7', '"text"', '{}', `{"type":"begun",${place.replace('1', '"1"')}}`],
    ...['add', 'remove', 'policies'].map((field) => `{"type":"begun",${place},"${field}":7}`),
    ...['null', '{}', '{"sources":[],"ports":"","destination":null}'].map(
      (one) => `{"type":"begun",${place},"rule":${one}}`,
    ),
    ...['', ',"differing":null'].map((field) => `{"type":"read",${place},"complete":true${field}}`),
    `{"type":"begun",${place},"after":${'['.repeat(200_000)}`,
    ...['add', 'remove', 'policies'].map((field) => `{"type":"begun",${place},"${field}":[null]}`),
    ...['add', 'remove'].map((field) => `{"type":"begun",${place},"${field}":["10.0.0.1",7]}`),
    `{"type":"begun",${place},"policies":[{"kind":"EgressPolicy","namespace":"a","name":"b","field":7}]}`,
    `{"type":"begun",${place},"policies":[{"kind":"","namespace":"","name":"","field":"","approvedBy":null}]}`,
    ...['sources', 'names', 'networks'].map(
      (field) =>
        `{"type":"begun",${place},"rule":${JSON.stringify({ sources: [], ports: '', destination: { names: [], networks: [], [field]: [7] }, [field]: [7] })}}`,
    ),
    `{"type":"begun",${place},"title":7}`,
    `{"type":"closed",${place},"of":1,"result":"done","requests":[null]}`,
    `{"type":"read",${place},"complete":true,"differing":[7]}`,
    ...['[x]', '[7]', '[null]', '["\u0001"]'].map((list) => membersLine(list, '[]')),
    ...['[x]', '[7]', '[null]', '[{}]'].map((list) => membersLine('["10.0.0.1"]', list)),
  ])('that says the record is %.60s is none', (record) => {
    const reader = new RecordedStateReader();
    expect(reader.take(linesOf([`{"hash":"${'0'.repeat(64)}","record":${record}}`]))).toBe(true);
    expect(reader.state().records).toBe(0);
  });
  it('that is longer than any record is none, though it has the form of one', () => {
    const reader = new RecordedStateReader();
    const line = `{"hash":"${'0'.repeat(64)}","record":${membersLine('["10.0.0.1"]', '[]')}}`;
    expect(reader.take(linesOf([line]))).toBe(true);
    expect(reader.state().records).toBe(1);
    expect(reader.take(linesOf([line.replace('10.0.0.1', '1'.repeat(mostLineLength))]))).toBe(true);
    expect(reader.state().records).toBe(1);
  });
});
