import type { Head } from '../core/audit/chain.ts';
import type { AuditEntry, AuditRecord, BegunRecord } from '../core/audit/record.ts';

/** Where the audit record is kept: for each enforcement point one chain, which is only ever appended to. */
export interface AuditStore {
  /**
   * Appends entries to the chain of a point, all of them or none, in their order.
   *
   * @param durability `durable`: what was appended, and all before it, outlives this process and this machine's power.
   *   `soon`: it outlives this process; the rest comes with the next durable one.
   * @throws AuditUnavailable when it cannot be kept; then nothing may be done that the record should speak of
   */
  append(
    point: string,
    entries: readonly AuditEntry[],
    durability: 'durable' | 'soon',
  ): Promise<readonly AuditRecord[]>;
  /** Writes that were begun, by whomever, and whose outcome is not known. @throws AuditUnavailable */
  unsettled(point: string): Promise<readonly BegunRecord[]>;
  /** Where the chain of a point has got to; undefined: nothing was ever recorded. @throws AuditUnavailable */
  head(point: string): Promise<Head | undefined>;
  /** Lets others write. */
  close(): Promise<void>;
}

/** The chains of a record, for whoever reads or checks them. */
export interface AuditLines {
  /** Sorted. */
  points(): Promise<readonly string[]>;
  /** The head kept beside a chain; undefined: there is none, or it cannot be read. */
  keptHead(point: string): Promise<Head | undefined>;
  lines(point: string): AsyncIterable<AuditLine>;
}

export interface AuditLine {
  readonly text: string;
  /** For people, `000000000001.jsonl:17`. */
  readonly where: string;
}

/** The record cannot be kept. Its message is for a person, with what to do next. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable';
  /** The system's word for it (`ENOSPC`, `EROFS`, `EACCES`), Redis' (`OOM`), or `LOCKED`, `OVERTAKEN`. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
