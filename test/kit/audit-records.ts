import { recordIn } from '../../src/core/audit/history.ts';
import type { BegunEntry, ClosedEntry, ReadEntry } from '../../src/core/audit/record.ts';
import { ChainVerifier, type ChainReport } from '../../src/core/audit/verify-chain.ts';
import { WriteLog, type Write } from '../../src/core/audit/writes/write-log.ts';
import { WritesAhead } from '../../src/core/audit/writes/writes-ahead.ts';
import type { AuditLines } from '../../src/audit/audit-store.ts';

/** Entries of the audit record, with dull defaults. */
export function aBegun(fields: Partial<BegunEntry> = {}): BegunEntry {
  return {
    type: 'begun',
    adapter: 'memory',
    version: 1,
    reason: 'pod-added',
    op: 'members',
    phase: 'extend',
    kind: 'group',
    name: 'g1',
    id: '00000000000a',
    add: ['10.0.0.1'],
    ...fields,
  };
}

export function aClosed(of: number, fields: Partial<ClosedEntry> = {}): ClosedEntry {
  return { type: 'closed', of, result: 'done', ...fields };
}

export function aRead(fields: Partial<ReadEntry> = {}): ReadEntry {
  return {
    type: 'read',
    upTo: 1_000,
    version: 1,
    complete: true,
    objects: 1,
    differing: [],
    differences: 0,
    ...fields,
  };
}

/** As `postern audit verify` does it. */
export async function verified(lines: AuditLines, point: string, hashes: readonly string[] = []): Promise<ChainReport> {
  const verifier = new ChainVerifier(point, { head: await lines.keptHead(point), hashes });
  for await (const { text, where } of lines.lines(point)) verifier.line(text, where);
  return verifier.end();
}

export async function textsOf(lines: AuditLines, point: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of lines.lines(point)) texts.push(text);
  return texts;
}

/** Every write on these lines, as `postern audit export` tells of them. */
export function writesOn(texts: readonly string[]): readonly Write[] {
  const records = texts.flatMap((text) => recordIn(text) ?? []);
  const ahead = new WritesAhead();
  for (const record of records) ahead.add(record);
  const log = new WriteLog(ahead);
  const complete = records.flatMap((record) => log.add(record));
  return [...complete, ...log.rest()];
}
