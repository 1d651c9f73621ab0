import type { RecordFault } from '../../api/problem-codes.ts';
import { isTooDeep } from '../model/json.ts';
import { parseInstant } from '../time/instant.ts';
import { genesis, hashOf, mostLineLength, openLine, type Head } from './chain.ts';
import { auditRecordSchema, type AuditRecord } from './record.ts';
import { OpenWrites } from './writes/open-writes.ts';

/** What is wrong with a chain. */
export interface Finding {
  readonly code: RecordFault;
  /** File and line, `000000000001.jsonl:17`; empty: the finding is about no single line. */
  readonly where: string;
  readonly message: string;
}

export interface ChainReport {
  readonly point: string;
  readonly records: number;
  readonly head: Head;
  readonly findings: readonly Finding[];
  /** Count of writes whose outcome is not known; the next sync reads the device and closes them. */
  readonly unsettled: number;
  /** Count of incomplete lines that a record of type `torn` accounts for. */
  readonly torn: number;
  /** Count of records that went with a server of Redis before they were on disk; records of type `lost` account for them. */
  readonly lost: number;
  /** When nothing was put on record, though each device is read every five minutes. No fault: Postern may have been off. */
  readonly silences: readonly Silence[];
  /** Number of the record of another chain of the point that this one goes on from; 0: it begins by itself. */
  readonly branchOf: number;
}

export interface Expectations {
  /** The head stored beside the chain. Undefined: there is none, or it cannot be read. */
  readonly head: Head | undefined;
  /** Hashes that the chain must contain, because it once ended in them. */
  readonly hashes?: readonly string[];
  /** The record of another chain of the point that this one goes on from. */
  readonly origin?: Pick<Head, 'seq' | 'hash'> | undefined;
  /** It goes on from some record of another chain; without `origin`, from one that is lost. */
  readonly branch?: boolean;
  /** Numbers of writes that were begun in other chains of the point: this one may close them. */
  readonly begunElsewhere?: Pick<ReadonlySet<number>, 'has'>;
}

/** Times of the records before and after, RFC 3339; `until` empty: there was none up to now. */
export interface Silence {
  readonly from: string;
  readonly until: string;
}

/** Six readings of the device. */
const silentMs = 30 * 60_000;

/** Numbers of records that are not there. */
interface Gap {
  readonly from: number;
  readonly to: number;
  readonly where: string;
}

/** Checks the chain of one point, line by line and in order. Holds only the hash of the last line. */
export class ChainVerifier {
  readonly #point: string;
  readonly #expected: Expectations;
  readonly #awaited: Set<string>;
  readonly #findings: Finding[] = [];
  readonly #unsettled = new OpenWrites();
  #head = genesis;
  #records = 0;
  #torn = 0;
  #lost = 0;
  #gaps: Gap[] = [];
  readonly #silences: Silence[] = [];
  /** Gaps that are accounted for. */
  readonly #explained: Gap[] = [];
  /** A branch whose beginning is lost starts with this number; what came before is not known. */
  #beginsWith = 0;
  #broken: { readonly bytes: number; readonly sha256: string; readonly where: string } | undefined;
  #headSeen = false;

  constructor(point: string, expected: Expectations) {
    this.#point = point;
    this.#expected = expected;
    this.#awaited = new Set(expected.hashes);
    if (expected.origin !== undefined) this.#head = { ...expected.origin, at: '' };
  }

  /** @param where for people, `000000000001.jsonl:17` */
  line(line: string, where: string): void {
    if (line.length > mostLineLength) {
      this.#giveUpBroken();
      this.#find('unreadable', where, `this is longer than any record: more than ${mostLineLength} characters`);
      return;
    }
    const opened = openLine(line);
    const record = opened && parse(opened.text);
    if (record === undefined) {
      this.#giveUpBroken();
      this.#broken = { bytes: Buffer.byteLength(line), sha256: hashOf(line), where };
      return;
    }
    const hash = hashOf(opened?.text ?? '');
    if (hash !== opened?.hash)
      this.#find('altered', where, 'its hash does not match its text: it was changed after it was written');
    this.#compare(record, opened?.hash ?? hash, where);
    const read = auditRecordSchema().safeParse(record);
    if (read.success) this.#follow(read.data, where);
    else this.#find('malformed', where, `it does not have the shape of a record: ${read.error.issues[0]?.message}`);
    this.#hear(record.at, record.at);
    this.#head = { seq: record.seq, hash: opened?.hash ?? hash, at: record.at };
    this.#records += 1;
  }

  /** The head after the last line. */
  get head(): Head {
    return this.#head;
  }

  /** What was found so far. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** @param now RFC 3339: tells also how long nothing has been put on record; absent: the chain is not the present one */
  end(now?: string): ChainReport {
    this.#giveUpBroken();
    if (now !== undefined) this.#hear(now, '');
    for (const { from, to, where } of this.#gaps)
      this.#find('missing', where, `records ${from} to ${to} are missing before it`);
    const { head, origin } = this.#expected;
    const message = `the stored head names record ${head?.seq ?? 0}, and the chain ends with record ${this.#head.seq}`;
    if (head === undefined && this.#records > 0)
      this.#find('head-missing', '', 'the head stored beside the chain is missing or cannot be read');
    else if (head !== undefined && head.seq > this.#head.seq) this.#find('truncated', '', message);
    else if (head !== undefined && head.seq > 0 && !this.#headSeen)
      this.#find('rewritten', '', `record ${head.seq} does not have the hash in the stored head`);
    for (const hash of this.#awaited)
      this.#find('expected-absent', '', `no record has the expected hash ${hash}: the chain was cut or rewritten`);
    const { size } = this.#unsettled;
    const counts = {
      records: this.#records,
      unsettled: size,
      torn: this.#torn,
      lost: this.#lost,
      silences: this.#silences,
    };
    return { point: this.#point, ...counts, branchOf: origin?.seq ?? 0, head: this.#head, findings: this.#findings };
  }

  #hear(at: string, until: string): void {
    const from = this.#head.at;
    if (from !== '' && (parseInstant(at) ?? 0) - (parseInstant(from) ?? 0) > silentMs)
      this.#silences.push({ from, until });
  }

  #compare(record: Linked, hash: string, where: string): void {
    const last = this.#head;
    if (record.point !== this.#point) this.#find('foreign', where, `it belongs to point ${record.point}`);
    if (hash === last.hash) this.#find('repeated', where, `record ${record.seq} is here twice`);
    else if (record.seq <= last.seq) this.#find('out-of-order', where, `record ${record.seq} follows ${last.seq}`);
    else if (record.seq > last.seq + 1) this.#gaps.push({ ...this.#missingBefore(record), where });
    else if (record.prev !== last.hash)
      this.#find('unlinked', where, 'it does not contain the hash of the record before it');
    // The process that sealed a record after a gap never saw the one before the gap, and may have had another clock.
    if (record.seq <= last.seq + 1 && record.at < last.at)
      this.#find('time-reversed', where, `its time is before that of record ${last.seq}`);
    this.#awaited.delete(hash);
    if (record.seq === this.#expected.head?.seq && hash === this.#expected.head.hash) this.#headSeen = true;
  }

  /** Of a branch whose origin is lost, at least the record before its first. */
  #missingBefore({ seq }: Linked): Pick<Gap, 'from' | 'to'> {
    const isLostOrigin = this.#records === 0 && this.#expected.branch === true && this.#expected.origin === undefined;
    if (isLostOrigin) this.#beginsWith = seq;
    return { from: isLostOrigin ? seq - 1 : this.#head.seq + 1, to: seq - 1 };
  }

  #follow(record: AuditRecord, where: string): void {
    const broken = this.#broken;
    this.#broken = undefined;
    const marks = record.type === 'torn' && record.sha256 === broken?.sha256 && record.bytes === broken.bytes;
    if (marks) this.#torn += 1;
    else if (broken !== undefined) this.#findBroken(broken.where);
    else if (record.type === 'torn')
      this.#find('missing', where, 'the incomplete line that it accounts for is missing');
    if (record.type === 'lost') this.#account(record);
    const { effect } = this.#unsettled.add(record);
    if ((effect !== 'closed-twice' && effect !== 'closed-unbegun') || record.type !== 'closed') return;
    if (this.#isElsewhere(record.of)) return;
    const why = effect === 'closed-twice' ? 'was closed before, or was never begun' : 'was never begun';
    this.#find(effect, where, `write ${record.of}, which it closes, ${why}`);
  }

  /** A gap is accounted for once, by a record that names it exactly. */
  #account({ from, to }: Pick<Gap, 'from' | 'to'>): void {
    const gap = this.#gaps.find((each) => each.from === from && each.to === to);
    if (gap === undefined) return;
    this.#gaps = this.#gaps.filter((each) => each !== gap);
    this.#explained.push(gap);
    this.#lost += to - from + 1;
  }

  /** A record with this number is not in this chain, and that was told: it is lost, or in the chain before. */
  #isElsewhere(seq: number): boolean {
    const within = ({ from, to }: Gap): boolean => from <= seq && seq <= to;
    const { origin, begunElsewhere } = this.#expected;
    return (
      seq <= (origin?.seq ?? 0) ||
      seq < this.#beginsWith ||
      begunElsewhere?.has(seq) === true ||
      [...this.#gaps, ...this.#explained].some(within)
    );
  }

  #giveUpBroken(): void {
    if (this.#broken !== undefined) this.#findBroken(this.#broken.where);
    this.#broken = undefined;
  }

  #findBroken(where: string): void {
    this.#find(
      'unreadable',
      where,
      'this is not a record, and the next record does not account for an incomplete line',
    );
  }

  #find(code: RecordFault, where: string, message: string): void {
    this.#findings.push({ code, where, message });
  }
}

type Linked = Pick<AuditRecord, 'point' | 'seq' | 'at' | 'prev'>;

/** The fields that link records, of a text that may not be one. */
function parse(text: string): Linked | undefined {
  try {
    const value = JSON.parse(text) as Partial<Linked> | null;
    if (isTooDeep(value)) return undefined;
    const { point, seq, at, prev } = value ?? {};
    if (typeof seq !== 'number' || typeof point !== 'string' || typeof at !== 'string' || typeof prev !== 'string')
      return undefined;
    return { ...value, point, seq, at, prev };
  } catch {
    return undefined;
  }
}
