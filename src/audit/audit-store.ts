import type { Hole } from '../core/audit/continuity.ts';
import type { Head } from '../core/audit/chain.ts';
import type { Fold } from '../core/audit/lines/fold.ts';
import type { Lines } from '../core/audit/lines/lines.ts';
import type { AuditEntry, AuditRecord, BegunRecord } from '../core/audit/record.ts';

/** Keeps the audit record: for each enforcement point one chain, which only grows. */
export interface AuditStore {
  /**
   * Appends entries to the chain of a point, all of them or none, in their order.
   *
   * @param durability `durable`: these entries and all before them survive a power loss. `soon`: they survive this
   *   process, and a power loss after the next durable append.
   * @throws AuditUnavailable when the store cannot keep them; then the write that they announce must not be sent
   */
  append(
    point: string,
    entries: readonly AuditEntry[],
    durability: 'durable' | 'soon',
  ): Promise<readonly AuditRecord[]>;
  /** Writes that any process has begun and whose outcome is not known. @throws AuditUnavailable */
  unsettled(point: string): Promise<readonly BegunRecord[]>;
  /** The last record of a point; undefined: there is none. @throws AuditUnavailable */
  head(point: string): Promise<Head | undefined>;
  /** Waits for appends, and gives the right to write back. */
  close(): Promise<void>;
}

/** The chains of a record, to be read or checked. */
export interface AuditLines {
  /** Names of chains, sorted. */
  points(): Promise<readonly string[]>;
  /** The head stored beside a chain; undefined: there is none, or it cannot be read. */
  keptHead(point: string): Promise<Head | undefined>;
  lines(point: string): AsyncIterable<AuditLine>;
  /** The same many at a time, where that is faster for who reads all of them. */
  blocks?(point: string): AsyncIterable<Lines>;
  /** What is missing between the lines of chains, for who has read only some of them up to a moment (RFC 3339). */
  holes?(chains: readonly string[], until?: string): readonly Hole[];
  /** Folds chains of one point, one after the other, where less has to be read for that than all of them. */
  fold?(chains: readonly string[], fold: Fold, told: (chain: string, lines: number) => void): Promise<void>;
}

/** Lines of a segment, one after the other. */
export interface Block extends Lines {
  readonly segment: string;
  /** How many lines of the segment are before them. */
  readonly before: number;
  /** Where in the segment the first of the bytes is. */
  readonly offset: number;
  /** Its only line has no line break behind it. */
  readonly unfinished?: true;
}

export interface AuditLine {
  readonly text: string;
  /** For people, `000000000001.jsonl:17`. */
  readonly where: string;
}

/** The record cannot be kept. The message tells a person why, and what to do. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable';
  /** An error code of the system (`ENOSPC`, `EROFS`, `EACCES`) or of Redis (`OOM`), or `LOCKED`, `OVERTAKEN`. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
