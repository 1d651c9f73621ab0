import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressRecord } from '../../core/addresses/assignment.ts';
import { AssignmentReader } from '../../core/addresses/read-assignments.ts';
import { codeOf } from '../files/audit-files.ts';

/*
 * The record of addresses lies beside the chains of the audit record: no point's folder begins with a dot.
 */
const folder = '.addresses';
const segmentName = /^\d{8}T\d{9}Z-\d+\.txt$/;

export function addressFolder(auditDirectory: string): string {
  return join(auditDirectory, folder);
}

/** `20261129T004228123Z-7.txt`: by their names in the order in which they were begun. The term keeps two leaders apart. */
export function nameOfSegment(now: number, term: number): string {
  return `${new Date(now).toISOString().replaceAll(/[-:.]/g, '')}-${term}.txt`;
}

/** When a segment was begun, in milliseconds since the epoch. */
export function beginOf(name: string): number {
  const [, year, month, day, hour, minute, second, ms] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})/.exec(name) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}

/** The segments that there are, the oldest first; none where the record was never kept. */
export async function addressSegments(auditDirectory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(addressFolder(auditDirectory));
    return names.filter((name) => segmentName.test(name)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

export interface ReadAddresses {
  readonly record: AddressRecord;
  /** `20261129T004228123Z-7.txt:17`: lines that could not be read; nothing after them in their segment counts. */
  readonly faults: readonly string[];
}

/**
 * Reads the record, also while another process writes it.
 *
 * @param wanted the one address that is asked for, in canonical text; absent: all
 */
export async function readAddresses(auditDirectory: string, wanted?: string): Promise<ReadAddresses> {
  const reader = new AssignmentReader(wanted);
  const faults: string[] = [];
  for (const name of await addressSegments(auditDirectory)) {
    const line = reader.segment(await readFile(join(addressFolder(auditDirectory), name), 'utf8'));
    if (line !== undefined) faults.push(`${name}:${line}`);
  }
  return { record: reader.record(), faults };
}
