import { describe, expect, it } from 'vitest';
import { aBegun, aClosed } from '../../../../test/kit/audit-records.ts';
import { genesis, seal } from '../chain.ts';
import type { AuditEntry } from '../record.ts';
import { UntouchedWrites } from './untouched-writes.ts';

/** Numbers of the writes whose outcome a reading tells after these entries. */
function tellable(...entries: readonly AuditEntry[]): readonly number[] {
  const writes = new UntouchedWrites();
  let head = genesis;
  for (const entry of entries) {
    const sealed = seal(entry, 'edge', head, '2026-01-01T00:00:00.000Z');
    writes.add(sealed.record);
    head = sealed.head;
  }
  return writes.untouched().map(({ seq }) => seq);
}

describe('A reading of the device', () => {
  it('tells of a write that is open, until it is closed', () => {
    expect(tellable(aBegun(), aBegun({ name: 'g2' }), aClosed(1))).toEqual([2]);
    expect(tellable(aBegun(), aClosed(1, { result: 'pending' }))).toEqual([1]);
    expect(tellable(aBegun(), aClosed(1, { result: 'error', unknown: true }))).toEqual([1]);
  });

  it.each([
    ['the same member again', aBegun(), aBegun()],
    ['the same member the other way', aBegun(), aBegun({ add: [], remove: ['10.0.0.1'] })],
    ['members that are not listed', aBegun(), aBegun({ add: [], omitted: { add: { count: 9_000, sha256: '0' } } })],
    ['the whole object', aBegun(), aBegun({ op: 'delete' })],
    ['members of an object that was to be made', aBegun({ op: 'create' }), aBegun({ add: ['10.0.0.2'] })],
    ['another place', aBegun({ op: 'move', kind: 'rule' }), aBegun({ op: 'create', kind: 'rule', name: 'other' })],
  ])('tells nothing of one that was followed by another about %s', (_, write, later) => {
    expect(tellable(write, later)).toEqual([2]);
  });

  it.each([
    ['other members', aBegun(), aBegun({ add: ['10.0.0.2'] })],
    ['another object', aBegun({ op: 'update' }), aBegun({ op: 'update', name: 'g2' })],
    ['members, where it is about a place', aBegun({ op: 'move', kind: 'rule' }), aBegun()],
  ])('tells of one that was followed by another about %s', (_, write, later) => {
    expect(tellable(write, later)).toEqual([1, 2]);
  });
});
