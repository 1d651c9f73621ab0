import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { aBegun, aClosed, aRead } from '../../../test/kit/audit-records.ts';
import { genesis, seal, type Head } from '../../core/audit/chain.ts';
import { recordIn } from '../../core/audit/history.ts';
import type { AuditEntry, BegunRecord } from '../../core/audit/record.ts';
import { RecordLines } from './record-line.ts';
import { RecordedStateReader } from './recorded-state.ts';
import { RuleOrder } from './rule-order.ts';

function linesOf(entries: readonly AuditEntry[]): readonly string[] {
  let head: Head = genesis;
  return entries.map((entry, at) => {
    const sealed = seal(entry, 'edge', head, `2026-01-01T00:00:${String(at).padStart(2, '0')}.000Z`);
    head = sealed.head;
    return sealed.line;
  });
}

function read(entries: readonly AuditEntry[], until?: string) {
  const reader = new RecordedStateReader(until);
  for (const line of linesOf(entries)) if (!reader.line(line)) break;
  return reader.state();
}

const aRule = { action: 'Accept' as const, sources: [], destination: { any: true, names: [], networks: [] }, ports: 'any port' }; // prettier-ignore
const bareMembers = { type: 'begun', adapter: 'memory', version: 1, reason: 'pod-added', op: 'members', phase: 'extend' } as const; // prettier-ignore
const create = (name: string, placeAfter: string | null) =>
  aBegun({ op: 'create', kind: 'rule', name, id: name, phase: 'wire', placeAfter });

describe('a line of the record', () => {
  it('is the same read in short as read whole, as far as the report needs it', () => {
    const texts = ['"of":7', '"result":"done","seq":', ',"type":"closed","v":1}}'];
    const entries = [create('r1', null), aClosed(1), aBegun({ title: texts.join(' ') }), aClosed(3, { result: 'error', message: texts.join(' ') })]; // prettier-ignore
    for (const line of linesOf(entries)) {
      const [short, whole] = [new RecordLines().read(line), recordIn(line)];
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
        for (const line of linesOf(all.map((one) => ({ ...bareMembers, ...one })))) {
          const [short, whole] = [lines.read(line), recordIn(line)];
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

  it('that is half written is passed over', () => {
    expect(new RecordLines().read('{"hash":"00')).toBeUndefined();
    expect(new RecordLines().read('x,"type":"closed","v":1}}')).toBeUndefined();
  });
});

describe('the state by the record', () => {
  const entries = [create('r1', null), aClosed(1), create('r2', null), aClosed(3), aRead({ upTo: 3 })];

  it('has the rules in the order of the device', () => {
    const { byId, rankOf } = read(entries);
    const ranks = [...byId.values()].flat().map((object) => [object.name, rankOf(object)]);
    expect(ranks).toEqual([['r1', 1], ['r2', 0]]); // prettier-ignore
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
