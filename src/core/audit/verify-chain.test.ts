import { describe, expect, it } from 'vitest';
import { aBegun, aClosed, aRead } from '../../../test/kit/audit-records.ts';
import { canonical } from '../model/json.ts';
import { genesis, hashOf, seal, type Head } from './chain.ts';
import { recordIn } from './history.ts';
import type { AuditEntry } from './record.ts';
import { ChainVerifier, type ChainReport } from './verify-chain.ts';

const entries: readonly AuditEntry[] = [
  aBegun({ op: 'create', kind: 'rule', name: 'r1', phase: 'wire', after: { action: 'Accept' } }),
  aClosed(1),
  aBegun({ add: ['10.0.0.1', '10.0.0.2'] }),
  aClosed(3),
  aRead({ upTo: 3 }),
  aBegun({ add: [], remove: ['10.0.0.1'], reason: 'pod-ended', phase: 'revoke' }),
  aClosed(6, { result: 'error', errorClass: 'transient', message: 'no answer', unknown: true }),
  aClosed(6, { result: 'found-done' }),
  aRead({ upTo: 6 }),
  aBegun({ add: ['10.0.0.3'] }),
  aClosed(10),
  aRead({ upTo: 10 }),
];

interface Chain {
  readonly lines: readonly string[];
  readonly head: Head;
}

function chainOf(items: readonly AuditEntry[], point = 'edge'): Chain {
  let head = genesis;
  const lines = items.map((entry, index) => {
    const sealed = seal(entry, point, head, `2026-01-01T00:00:0${Math.floor(index / 2)}.000Z`);
    head = sealed.head;
    return sealed.line;
  });
  return { lines, head };
}

function check(lines: readonly string[], head: Head | undefined, hashes: readonly string[] = []): ChainReport {
  const verifier = new ChainVerifier('edge', { head, hashes });
  lines.forEach((line, index) => verifier.line(line, `${index + 1}`));
  return verifier.end();
}

const whole = chainOf(entries);
const { lines, head } = whole;
const line = (number: number): string => lines[number - 1] ?? '';
const without = (...numbers: readonly number[]): readonly string[] =>
  lines.filter((_, index) => !numbers.includes(index + 1));
const replaced = (number: number, text: string): readonly string[] =>
  lines.map((old, index) => (index + 1 === number ? text : old));
const edited = (number: number, from: string, to: string): readonly string[] =>
  replaced(number, line(number).replace(from, to));
/** As somebody would do it who knows how lines are hashed. */
const rehashed = (text: string): string => {
  const { record } = JSON.parse(text) as { record: unknown };
  const body = canonical(record);
  return `{"hash":"${hashOf(body)}","record":${body}}`;
};
const forged = chainOf(entries.filter((_, index) => index !== 5 && index !== 6 && index !== 7));
const elsewhere = chainOf(entries, 'other');

/** What was done to the record, and what must be said of it at least. */
const tamperings: readonly (readonly [string, string, () => ChainReport])[] = [
  ['an address in a record is changed', 'altered', () => check(edited(3, '10.0.0.2', '10.0.0.9'), head)],
  ['a time is changed', 'altered', () => check(edited(5, '00:00:02', '00:00:01'), head)],
  ['an outcome is changed', 'altered', () => check(edited(7, '"error"', '"done"'), head)],
  [
    'a reason is changed, and the record is hashed anew',
    'unlinked',
    () => check(replaced(3, rehashed(line(3).replace('pod-added', 'first-sync'))), head),
  ],
  ['a field is added', 'altered', () => check(edited(2, '"of":1', '"of":1,"x":1'), head)],
  [
    'a field is added, and the record is hashed anew',
    'malformed',
    () => check(replaced(2, rehashed(line(2).replace('"of":1', '"of":1,"x":1'))), head),
  ],
  ['white space is put in', 'altered', () => check(edited(4, '"of":3', '"of": 3'), head)],
  ['a hash is changed', 'altered', () => check(edited(6, line(6).slice(9, 12), 'fff'), head)],
  ['a record is taken out of the middle', 'missing', () => check(without(6), head)],
  ['a write is taken out with its outcome', 'missing', () => check(without(3, 4), head)],
  ['the first record is taken away', 'missing', () => check(without(1), head)],
  ['two records change places', 'out-of-order', () => check(lines.with(2, line(4)).with(3, line(3)), head)],
  ['a record stands twice', 'repeated', () => check([...lines.slice(0, 4), line(4), ...lines.slice(4)], head)],
  ['a record is repeated at the end', 'out-of-order', () => check([...lines, line(3)], head)],
  ['the last record is cut off', 'truncated', () => check(lines.slice(0, -1), head)],
  [
    'the last record is cut off in the middle',
    'truncated',
    () => check([...lines.slice(0, -1), line(12).slice(0, 100)], head),
  ],
  ['everything is taken away', 'truncated', () => check([], head)],
  ['the chain is written anew without a write', 'truncated', () => check(forged.lines, head)],
  [
    'the chain is written anew, as long as it was',
    'rewritten',
    () => check(chainOf(entries.with(5, aBegun({ add: ['192.0.2.9'] }))).lines, head),
  ],
  ['chain and head are written anew', 'expected-absent', () => check(forged.lines, forged.head, [head.hash])],
  [
    'chain and head are cut',
    'expected-absent',
    () => check(lines.slice(0, 5), { seq: 5, hash: line(5).slice(9, 73), at: '' }, [head.hash]),
  ],
  ['the head is taken away', 'head-missing', () => check(lines, undefined)],
  [
    'a line of text is put in',
    'unreadable',
    () => check([...lines.slice(0, 5), 'nothing to see here', ...lines.slice(5)], head),
  ],
  ['a line is emptied', 'unreadable', () => check(replaced(5, ''), head)],
  ['a record of another point is put in', 'foreign', () => check(replaced(5, elsewhere.lines[4] ?? ''), head)],
  ['an outcome is recorded twice', 'closed-twice', () => check(chainOf([...entries, aClosed(3)]).lines, head)],
  [
    'an outcome is recorded of what was never begun',
    'closed-unbegun',
    () => check(chainOf([aClosed(1), ...entries]).lines, head),
  ],
  [
    'what a broken line was is changed',
    'unreadable',
    () => {
      const broken = '{"hash":"00';
      const { lines: marked, head: end } = chainOf([...entries, { type: 'torn', bytes: 11, sha256: hashOf(broken) }]);
      return check([...marked.slice(0, 12), '{"hash":"01', ...marked.slice(12)], end);
    },
  ],
];

describe('a chain', () => {
  it('verifies as it was written', () => {
    expect(check(lines, head, [head.hash])).toEqual({
      point: 'edge',
      records: 12,
      head,
      findings: [],
      unsettled: 0,
      torn: 0,
      lost: 0,
      silences: [],
      branchOf: 0,
    });
  });

  it('tells when nothing was put on record for longer than half an hour, and since when nothing has been', () => {
    const times = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:29:00.000Z', '2026-01-01T02:00:00.000Z'];
    let at = genesis;
    const verifier = new ChainVerifier('edge', { head: undefined });
    for (const time of times) {
      const sealed = seal(aRead(), 'edge', at, time);
      verifier.line(sealed.line, time);
      at = sealed.head;
    }
    expect(verifier.end('2026-01-01T03:00:00.000Z').silences).toEqual([
      { from: times[1], until: times[2] },
      { from: times[2], until: '' },
    ]);
  });

  it('verifies when it has grown since its head was kept', () => {
    const grown = chainOf([...entries, aBegun(), aClosed(13)]);
    expect(check(grown.lines, head, [head.hash]).findings).toEqual([]);
  });

  it('verifies with a line that its writer left half written and marked', () => {
    const broken = '{"hash":"00';
    const marked = chainOf([...entries, { type: 'torn', bytes: 11, sha256: hashOf(broken) }]);
    const report = check([...marked.lines.slice(0, 12), broken, ...marked.lines.slice(12)], marked.head);
    expect([report.findings, report.torn]).toEqual([[], 1]);
  });

  it('verifies when another worker has read once more what became of a write that was closed', () => {
    const again = chainOf([...entries, aClosed(3, { result: 'found-done' })]);
    expect(check(again.lines, again.head).findings).toEqual([]);
  });

  it('verifies when the answer to a write comes after another worker has read what became of it, once', () => {
    const late = [...entries, aBegun(), aClosed(13, { result: 'found-done' }), aClosed(13)];
    const { lines: once, head: end } = chainOf(late);
    expect(check(once, end).findings).toEqual([]);
    const again = chainOf([...late, aClosed(13)]);
    expect(check(again.lines, again.head).findings.map(({ code }) => code)).toEqual(['closed-twice']);
  });

  it.each([
    ['an answer has come before, that does not tell', [aClosed(13, { result: 'error', unknown: true })], 0],
    ['it comes later than any call takes', [], 2 * 3_600_000],
  ])('does not verify when a reading has told what became of a write and %s', (_, before, lateMs) => {
    const found = aClosed(13, { result: 'found-not-done' });
    const first = chainOf([...entries, aBegun(), ...before, found]);
    const at = new Date(Date.UTC(2026, 0, 1, 0, 1) + lateMs).toISOString();
    const late = seal(aClosed(13), 'edge', first.head, at);
    const report = check([...first.lines, late.line], late.head);
    expect(report.findings.map(({ code }) => code)).toEqual(['closed-twice']);
  });

  it('says how many writes are open', () => {
    expect(check(chainOf([...entries, aBegun(), aBegun()]).lines, head).unsettled).toBe(2);
  });

  it.each(tamperings)('does not verify when %s', (_, code, tampered) => {
    expect(tampered().findings.map((finding) => finding.code)).toContain(code);
  });

  it('names the line that was altered, and finds no fault with the others', () => {
    expect(check(edited(3, '10.0.0.2', '10.0.0.9'), head).findings).toEqual([
      { code: 'altered', where: '3', message: 'its hash does not match its text: it was changed after it was written' },
    ]);
  });
});

it('names a time that runs back from one record to the next, and not across records that are accounted for as lost', () => {
  const first = seal(aRead({ upTo: 0 }), 'edge', genesis, '2026-01-01T00:01:00.000Z');
  const ahead = { ...first.head, at: '' };
  const next = seal(aRead({ upTo: 1 }), 'edge', ahead, '2026-01-01T00:00:00.000Z');
  expect(check([first.line, next.line], next.head).findings.map(({ code }) => code)).toEqual(['time-reversed']);
  const unseen = seal(
    aRead({ upTo: 1 }),
    'edge',
    { ...ahead, hash: 'f'.repeat(64), seq: 2 },
    '2026-01-01T00:00:00.000Z',
  );
  const lost = seal({ type: 'lost', from: 2, to: 2 }, 'edge', unseen.head, '2026-01-01T00:00:05.000Z');
  const report = check([first.line, unseen.line, lost.line], lost.head);
  expect([report.findings, report.lost]).toEqual([[], 1]);
});

it('names a record that is too deep to be read', () => {
  const { lines, head } = chainOf([aBegun({ op: 'create', after: { a: 'deep' } })]);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const text = (lines[0] ?? '').slice(`{"hash":"${head.hash}","record":`.length, -1).replace('"deep"', deep);
  const line = `{"hash":"${hashOf(text)}","record":${text}}`;
  expect(check([line], undefined).findings.map(({ code }) => code)).toEqual(['unreadable']);
  expect(recordIn(line)).toBeUndefined();
});
