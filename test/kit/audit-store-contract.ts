import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AuditLines, AuditStore } from '../../src/audit/audit-store.ts';
import { recordIn } from '../../src/core/audit/history.ts';
import { aBegun, aClosed, aRead, textsOf, verified } from './audit-records.ts';

export interface AuditRig {
  readonly store: AuditStore;
  readonly lines: AuditLines;
  /** A store over the same record, as after a restart. */
  restart(): Promise<AuditStore>;
  /** Milliseconds since the epoch. */
  setTime(ms: number): void;
  end(): Promise<void>;
}

/** What every store of the audit record does; memory, files and Redis are held to the same. */
export function describeAuditStore(make: () => Promise<AuditRig>): void {
  let rig: AuditRig;
  beforeEach(async () => {
    rig = await make();
    rig.setTime(Date.UTC(2026, 0, 1));
  });
  afterEach(() => rig.end());

  it('gives records their numbers, times and links, for each point its own', async () => {
    const { store } = rig;
    const first = await store.append('edge', [aBegun(), aBegun({ name: 'g2' })], 'durable');
    rig.setTime(Date.UTC(2026, 0, 1) + 1);
    const second = await store.append('edge', [aClosed(1), aClosed(2)], 'soon');
    const other = await store.append('other', [aBegun()], 'durable');
    const placed = [...first, ...second, ...other].map(({ point, seq, at }) => `${point} ${seq} ${at.slice(20, 23)}`);
    expect(placed).toEqual(['edge 1 000', 'edge 2 000', 'edge 3 001', 'edge 4 001', 'other 1 001']);
    expect((await store.head('edge'))?.seq).toBe(4);
    expect(await store.head('nobody')).toBeUndefined();
  });

  it('shows what it has appended to whoever reads, as a chain that verifies', async () => {
    const records = await rig.store.append('edge', [aBegun(), aClosed(1), aRead()], 'durable');
    expect((await textsOf(rig.lines, 'edge')).map(recordIn)).toEqual(records);
    expect(await rig.lines.points()).toEqual(['edge']);
    expect(await verified(rig.lines, 'edge')).toMatchObject({ records: 3, findings: [], unsettled: 0, torn: 0 });
  });

  it('knows what has been begun and not been closed, also what is pending or unknown', async () => {
    const { store } = rig;
    const names = async (): Promise<string[]> => (await store.unsettled('edge')).map(({ name }) => name);
    await store.append(
      'edge',
      ['a', 'b', 'c', 'd'].map((name) => aBegun({ name })),
      'durable',
    );
    await store.append('edge', [aClosed(1), aClosed(2, { result: 'pending' })], 'soon');
    await store.append('edge', [aClosed(3, { result: 'error', errorClass: 'transient', unknown: true })], 'soon');
    expect(await names()).toEqual(['b', 'c', 'd']);
    await store.append(
      'edge',
      [2, 3, 4].map((of) => aClosed(of, { result: 'found-done' })),
      'soon',
    );
    expect(await names()).toEqual([]);
    expect((await verified(rig.lines, 'edge')).findings).toEqual([]);
  });

  it('keeps the order of the chain when the clock is set back, and says what the clock said', async () => {
    const [first] = await rig.store.append('edge', [aBegun()], 'durable');
    rig.setTime(Date.UTC(2020, 0, 1));
    const [second] = await rig.store.append('edge', [aClosed(1)], 'soon');
    expect([second?.at, second?.clock]).toEqual([first?.at, '2020-01-01T00:00:00.000Z']);
    expect((await verified(rig.lines, 'edge')).findings).toEqual([]);
  });

  it('keeps records in the order of the calls, however many are made at once', async () => {
    const calls = Array.from({ length: 20 }, (_, i) =>
      rig.store.append('edge', [aBegun({ name: `g${i}` })], 'durable'),
    );
    const seqs = (await Promise.all(calls)).flatMap((records) => records.map(({ seq }) => seq));
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect((await verified(rig.lines, 'edge')).findings).toEqual([]);
  });

  it('goes on where it was after a restart, and still knows what is open', async () => {
    await rig.store.append('edge', [aBegun(), aBegun({ name: 'g2' }), aClosed(1)], 'durable');
    await rig.store.close();
    const again = await rig.restart();
    expect((await again.unsettled('edge')).map(({ name }) => name)).toEqual(['g2']);
    const [record] = await again.append('edge', [aClosed(2)], 'durable');
    expect(record?.seq).toBe(4);
    expect(await verified(rig.lines, 'edge')).toMatchObject({ records: 4, findings: [], unsettled: 0 });
  });
}
