import type { Head } from '../../core/audit/chain.ts';
import { recordIn } from '../../core/audit/history.ts';
import { parseInstant } from '../../core/time/instant.ts';
import { doneOf, doubtOf } from '../../core/audit/writes/open-writes.ts';
import { Outcomes } from '../../core/audit/writes/outcomes.ts';
import type { AuditRecord, BegunRecord, ClosedRecord } from '../../core/audit/record.ts';
import { ChainVerifier } from '../../core/audit/verify-chain.ts';
import { DeviceFlows } from './flow-texts.ts';
import type { ChangeView, FlowText, HoleView, RecordView } from './shapes.ts';
import { objectName } from '../../core/text/wording.ts';

type Growing = { -readonly [K in keyof ChangeView]: ChangeView[K] } & {
  readonly opened: FlowText[];
  readonly closed: FlowText[];
  readonly policies: { readonly name: string; readonly by: string }[];
  readonly version: number;
  done: number;
  failed: number;
};

/** Of one point. */
const mostChanges = 500;
const mostLines = 40;
const mostPolicies = 20;
const mostHoles = 50;
/** A pause after which writes are a change of their own. */
const pauseMs = 60_000;

/**
 * The changes of one point from its chain, line by line and in order. It checks the chain on the way, so that a hole is told
 * where it is. Holds the last changes, and the rules and groups that the device has.
 */
export class TimelineReader {
  readonly #chain: string;
  readonly #verifier: ChainVerifier;
  readonly #flows = new DeviceFlows();
  readonly #writes = new Outcomes<{ readonly write: BegunRecord; readonly change: Growing }>((one, other) =>
    doubtOf(one.write, other.write),
  );
  readonly #holes: HoleView[] = [];
  /** Times before lines whose number does not follow: whether anything is missing, a later line may tell. */
  readonly #jumps = new Map<string, string>();
  #changes: Growing[] = [];
  #left = 0;
  #from = '';
  #found = 0;

  /**
   * @param head that is kept beside the chain; undefined: there is none
   * @param origin the record of another chain of the point that this one goes on from; absent: it begins by itself
   */
  constructor(chain: string, point: string, head: Head | undefined, origin?: Pick<Head, 'seq' | 'hash'>) {
    this.#chain = chain;
    this.#verifier = new ChainVerifier(point, { head, origin, branch: chain !== point });
  }

  line(text: string, where: string): void {
    const { at, seq } = this.#verifier.head;
    this.#verifier.line(text, where);
    if (this.#verifier.head.seq > seq + 1) this.#jumps.set(where, at);
    this.#noteHoles(at);
    const record = recordIn(text);
    if (record === undefined) return;
    this.#from ||= record.at;
    this.#follow(record);
  }

  /** Hash of the last record so far. */
  get hash(): string {
    return this.#verifier.head.hash;
  }

  end(): { readonly changes: readonly ChangeView[]; readonly left: number; readonly record: RecordView } {
    const { records, head, unsettled } = this.#verifier.end();
    this.#noteHoles(head.at);
    const { at: to, hash } = head;
    const record = { point: this.#chain, records, from: this.#from, to, hash, unsettled, holes: this.#holes };
    return { changes: this.#changes.map(shownOf), left: this.#left, record };
  }

  #follow(record: AuditRecord): void {
    if (record.type === 'begun') this.#begin(record);
    if (record.type === 'closed') this.#close(record);
    if (record.type === 'lost') this.#lose(record);
  }

  #begin(write: BegunRecord): void {
    const change = this.#changeOf(write);
    change.until = write.at;
    change.writes += 1;
    for (const { changedBy, ...named } of write.policies ?? []) {
      const policy = { name: objectName(named), by: changedBy?.manager ?? '' };
      const known = change.policies.some((one) => one.name === policy.name);
      if (!known && change.policies.length < mostPolicies) change.policies.push(policy);
    }
    this.#writes.begin(write.seq, { write, change });
  }

  #changeOf({ version, reason, at }: BegunRecord): Growing {
    const last = this.#changes.at(-1);
    const goesOn = last?.version === version && last.reason === reason && sooner(last.until, at);
    if (last !== undefined && goesOn) return last;
    const texts = { opened: [], closed: [], more: 0, policies: [] };
    const counts = { writes: 0, done: 0, failed: 0 };
    const made: Growing = {
      point: this.#chain,
      at,
      until: at,
      reason,
      version,
      result: 'pending',
      message: '',
      ...texts,
      ...counts,
    };
    this.#changes.push(made);
    if (this.#changes.length > mostChanges * 2) {
      this.#left += this.#changes.length - mostChanges;
      this.#changes = this.#changes.slice(-mostChanges);
    }
    return made;
  }

  #close(record: ClosedRecord): void {
    const closed = this.#writes.close(record);
    if (!('write' in closed)) return;
    const { write, change } = closed.write;
    if (closed.isLate) change.failed -= 1;
    if (closed.effect === 'not-done') {
      change.failed += 1;
      change.message ||= record.message ?? '';
      return;
    }
    change.done += 1;
    const done = doneOf({ ...closed, write });
    if (done === undefined) return;
    const effect = this.#flows.done(done);
    addLines(change, 'opened', effect.opened);
    addLines(change, 'closed', effect.closed);
  }

  /** It is shown, but its content is not known. */
  #lose({ at, from, to }: Extract<AuditRecord, { type: 'lost' }>): void {
    const message = `records ${from} to ${to} were lost with a server of Redis before they were on disk`;
    if (this.#holes.length < mostHoles) this.#holes.push({ after: at, code: 'lost', message });
  }

  #noteHoles(after: string): void {
    for (const { code, message, where } of this.#verifier.findings.slice(this.#found))
      if (this.#holes.length < mostHoles) this.#holes.push({ after: this.#jumps.get(where) ?? after, code, message });
    this.#found = this.#verifier.findings.length;
  }
}

function addLines(change: Growing, side: 'opened' | 'closed', lines: readonly FlowText[]): void {
  for (const line of lines) {
    if (change[side].length < mostLines) change[side].push(line);
    else change.more += 1;
  }
}

function shownOf({ version: _, done, failed, ...change }: Growing): ChangeView {
  if (done + failed < change.writes) return { ...change, result: 'pending' };
  return { ...change, result: failed === 0 ? 'done' : done === 0 ? 'failed' : 'partly' };
}

function sooner(before: string, at: string): boolean {
  return instantOf(at) - instantOf(before) < pauseMs;
}

function instantOf(at: string): number {
  return parseInstant(at) ?? 0;
}
