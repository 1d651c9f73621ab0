import { describe, expect, it } from 'vitest';
import { aBegun, aClosed, aRead } from '../../../../test/kit/audit-records.ts';
import { genesis, seal } from '../chain.ts';
import type { AuditEntry, AuditRecord } from '../record.ts';
import { WriteLog } from './write-log.ts';
import { WritesAhead } from './writes-ahead.ts';

const at = (seq: number): string => `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000Z`;

function recordsOf(entries: readonly AuditEntry[]): readonly AuditRecord[] {
  let head = genesis;
  return entries.map((entry) => {
    const sealed = seal(entry, 'edge', head, at(head.seq + 1));
    head = sealed.head;
    return sealed.record;
  });
}

/** What each record brings: numbers of writes, how they ended, and which record confirmed them. */
function told(entries: readonly AuditEntry[]): readonly string[] {
  const records = recordsOf(entries);
  const ahead = new WritesAhead();
  for (const record of records) ahead.add(record);
  const log = new WriteLog(ahead);
  return [...records.map((record) => log.add(record)), log.rest()].map((writes) =>
    writes
      .map(({ seq, result, confirmedAt }) =>
        [seq, result, confirmedAt && `@${confirmedAt.slice(17, 19)}`].join(' ').trim(),
      )
      .join(', '),
  );
}

describe('WriteLog', () => {
  it('tells of a write once it has ended, and which later reading confirmed it', () => {
    const differing = aRead({ upTo: 3, differing: ['group g2'], differences: 1 });
    const entries = [aBegun(), aClosed(1), aBegun({ name: 'g2' }), aClosed(3), differing, aRead({ upTo: 3 })];
    expect(told(entries)).toEqual(['', '1 done @05', '', '3 done @06', '', '', '']);
  });

  it.each([
    ['that is not complete', aRead({ upTo: 1, complete: false })],
    ['of writes before it', aRead({ upTo: 0 })],
    ['that names not all that differs', aRead({ upTo: 1, differences: 9 })],
  ])('takes no reading %s for a confirmation', (_, reading) => {
    expect(told([aBegun(), aClosed(1), reading])).toEqual(['', '1 done', '', '']);
  });

  it('takes no reading from before a write was done for its confirmation', () => {
    expect(told([aBegun(), aRead({ upTo: 1 }), aClosed(1)])).toEqual(['', '', '1 done', '']);
  });

  it('tells of writes in the order in which they were begun', () => {
    expect(told([aBegun(), aBegun(), aClosed(2), aClosed(1)])).toEqual(['', '', '', '1 done, 2 done', '']);
  });

  it('holds back nothing for a write whose end is on no record', () => {
    const pending = aClosed(1, { result: 'pending' });
    const unknown = aClosed(1, { result: 'error', unknown: true });
    expect(told([aBegun(), aBegun(), aClosed(2)])).toEqual(['1 open', '', '2 done', '']);
    expect(told([aBegun(), pending, unknown, aBegun(), aClosed(4)])).toEqual(['', '', '1 open', '', '4 done', '']);
  });

  it('tells of an answer that comes after a reading that had not found the write, as the last outcome', () => {
    const missed = aClosed(1, { result: 'found-not-done' });
    expect(told([aBegun(), missed, aBegun(), aClosed(3), aClosed(1), aRead({ upTo: 3 })])).toEqual([
      ...['', '', '', ''],
      '1 done @06, 3 done @06',
      '',
      '',
    ]);
    const [seen, refused] = [aClosed(1, { result: 'found-done' }), aClosed(1, { result: 'error' })];
    expect(told([aBegun(), seen, refused])).toEqual(['', '1 found-done @02', '', '']);
    expect(told([aBegun(), missed, refused])).toEqual(['', '1 found-not-done', '', '']);
  });

  it('waits for a write that is closed again once it was read', () => {
    const unknown = aClosed(1, { result: 'error', unknown: true });
    expect(told([aBegun(), unknown, aBegun(), aClosed(3), aClosed(1, { result: 'found-done' })])).toEqual([
      ...['', '', '', ''],
      '1 found-done @05, 3 done',
      '',
    ]);
  });
});
