import { randomUUID } from 'node:crypto';
import type { Clock } from '../../adapter/adapter.ts';
import { genesis, seal, type Head, type Sealed } from '../../core/audit/chain.ts';
import {
  auditRecordSchema,
  isFinal,
  isFromReading,
  type AuditEntry,
  type AuditRecord,
  type BegunEntry,
  type BegunRecord,
} from '../../core/audit/record.ts';
import { recordIn } from '../../core/audit/history.ts';
import type { RedisClient } from '../../redis/connect.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import { asRedisError } from '../../redis/redis-error.ts';
import { appendScript, headSchema } from './audit-scripts.ts';
import { AuditUnavailable, type AuditLine, type AuditLines, type AuditStore } from '../audit-store.ts';
import { SerialTasks } from '../serial-tasks.ts';

export interface RedisAuditStoreDeps {
  readonly client: RedisClient;
  readonly keys: RedisKeys;
  readonly clock: Pick<Clock, 'now'>;
}

/** At each try one of two writers succeeds: a writer that loses this often competes with one that never stops. */
const mostTries = 12;

interface Recent {
  readonly sealed: Sealed;
  /** On the clock that cannot be set. */
  readonly wroteAt: number;
}

type SealedBegun = Sealed & { readonly record: BegunRecord };

/** A write that this process has begun. */
interface Own {
  /** As it is on the chain, if it is there. */
  readonly begun: SealedBegun;
  /** Somebody else has written since: the chain that goes on may be one without it. */
  isDoubted: boolean;
}

/** Shorter than a lease: within it no other worker has closed what this one has begun. */
const openMs = 10_000;
/** What was written before this was handed on, or is on disk. */
const repeatMs = 30_000;
const repeatEveryMs = 2_000;
/** So many records of a chain are kept in memory: more than a worker writes between two looks of the exporter. */
const mostRecent = 200;
/** Longer than any call to a device. */
const foundMs = 3_600_000;

/**
 * The record in Redis, from where `AuditExporter` moves it to files. Each append is one script, which accepts records
 * only if they continue the chain: of two workers that both believe to hold a point, only one can write.
 */
export class RedisAuditStore implements AuditStore, AuditLines {
  readonly #deps: RedisAuditStoreDeps;
  /** The last head of each chain that this process has seen, from which the chain continues if Redis loses it. */
  readonly #heads = new Map<string, Head>();
  /** What this process wrote last of each chain, to be written again if a failover undoes it. */
  readonly #recent = new Map<string, readonly Recent[]>();
  /** Writes that this process has begun and not closed, by the number that it knows them by. */
  readonly #own = new Map<string, Map<number, Own>>();
  #repeatedAt = -Infinity;
  readonly #tasks = new SerialTasks();

  constructor(deps: RedisAuditStoreDeps) {
    this.#deps = deps;
  }

  append(point: string, entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]> {
    return this.#tasks.run(point, () => this.#append(point, entries, 0));
  }

  async unsettled(point: string): Promise<readonly BegunRecord[]> {
    const open = await this.#ask(() => this.#deps.client.hvals(this.#deps.keys.point(point).auditOpen));
    // A server that was behind takes for open what this process has closed, and will write again.
    const closed = new Set((this.#recent.get(point) ?? []).flatMap(({ sealed }) => closedBy(sealed)));
    return open
      .flatMap(begunIn)
      .filter(({ seq }) => !closed.has(seq))
      .sort((a, b) => a.seq - b.seq);
  }

  async head(point: string): Promise<Head | undefined> {
    const found = await this.#ask(() => this.#deps.client.hgetall(this.#deps.keys.point(point).auditHead));
    const read = headSchema.safeParse(found);
    return read.success ? read.data : this.#heads.get(point);
  }

  keptHead(point: string): Promise<Head | undefined> {
    return this.head(point);
  }

  async points(): Promise<readonly string[]> {
    return (await this.#ask(() => this.#deps.client.smembers(this.#deps.keys.auditPoints))).sort();
  }

  async *lines(point: string): AsyncGenerator<AuditLine> {
    const { client, keys } = this.#deps;
    const texts = await this.#ask(() => client.lrange(keys.point(point).audit, 0, -1));
    for (const [index, text] of texts.entries()) yield { text, where: `${index + 1}` };
  }

  /**
   * Writes again what this process wrote in the last half minute, as a server that was lost may not have handed it on.
   * Whoever moves the record to files leaves out what is there, in whatever order it comes. To be called after an outage,
   * as often as one likes. @throws AuditUnavailable
   */
  async repeat(): Promise<void> {
    const now = performance.now();
    if (now - this.#repeatedAt < repeatEveryMs) return;
    this.#repeatedAt = now;
    for (const [point, recent] of this.#recent) {
      const lines = recent.filter(({ wroteAt }) => now - wroteAt < repeatMs).map(({ sealed }) => sealed.line);
      if (lines.length === 0) continue;
      await this.#register(point);
      await this.#ask(() => this.#deps.client.call('rpush', [this.#deps.keys.point(point).audit, ...lines]));
    }
  }

  close(): Promise<void> {
    return this.#tasks.ended();
  }

  async #append(point: string, entries: readonly AuditEntry[], tries: number): Promise<readonly AuditRecord[]> {
    const now = new Date(this.#deps.clock.now()).toISOString();
    const from = this.#heads.get(point) ?? (await this.#take(point));
    const gone = await this.#gone(point, entries);
    const numbers = new Map([...gone.keys()].map((of, at) => [of, from.seq + 1 + at]));
    const sealed: Sealed[] = [];
    for (const entry of [...gone.values(), ...entries.map((entry) => this.#renumbered(point, entry, numbers))])
      sealed.push(seal(entry, point, sealed.at(-1)?.head ?? from, now));
    const done = sealed.slice(gone.size);
    let reply = await this.#send(point, from, sealed);
    // A failover has undone what was acknowledged: what this process knows of it is written again.
    if (reply[0] === 'behind')
      reply = await this.#send(point, from, sealed, since(this.#recent.get(point) ?? [], Number(reply[1])));
    if (reply[0] === 'done') {
      this.#note(point, entries, [...gone.keys()], sealed);
      return done.map(({ record }) => record);
    }
    this.#heads.set(point, headSchema.parse({ seq: reply[1], hash: reply[2], at: reply[3] }));
    for (const own of this.#own.get(point)?.values() ?? []) own.isDoubted = true;
    if (tries < mostTries) return this.#append(point, entries, tries + 1);
    throw new AuditUnavailable(`The audit record of ${point} is being written by another worker.`, 'OVERTAKEN');
  }

  /**
   * Of the writes that these entries close, those of this process that went with Redis, by the number that they had: it is that
   * of another record now. They are begun again. What another worker has closed by a reading is still on the chain.
   */
  async #gone(point: string, entries: readonly AuditEntry[]): Promise<ReadonlyMap<number, BegunEntry>> {
    const doubted = entries.flatMap((entry) => {
      const own = entry.type === 'closed' ? this.#own.get(point)?.get(entry.of) : undefined;
      return own?.isDoubted && entry.type === 'closed' ? [[entry.of, own.begun] as const] : [];
    });
    if (doubted.length === 0) return new Map();
    const { auditOpen, auditFound } = this.#deps.keys.point(point);
    const numbers = doubted.map(([, { record }]) => String(record.seq));
    const there = await this.#ask(() =>
      Promise.all([auditOpen, auditFound].map((key) => this.#deps.client.hmget(key, ...numbers))),
    );
    const isGone = (line: string, at: number): boolean => there.every((lines) => lines[at] !== line);
    return new Map(
      doubted.flatMap(([of, { record, line }], at) => (isGone(line, at) ? [[of, entryOf(record)] as const] : [])),
    );
  }

  #renumbered(point: string, entry: AuditEntry, numbers: ReadonlyMap<number, number>): AuditEntry {
    if (entry.type !== 'closed') return entry;
    const { of } = entry;
    return { ...entry, of: numbers.get(of) ?? this.#own.get(point)?.get(of)?.begun.record.seq ?? of };
  }

  /** These were appended: those that were begun again first, under the numbers that they had. */
  #note(point: string, entries: readonly AuditEntry[], again: readonly number[], sealed: readonly Sealed[]): void {
    const own = this.#own.get(point) ?? new Map<number, Own>();
    this.#own.set(point, own);
    for (const [at, begun] of sealed.entries())
      if (isBegun(begun)) own.set(again[at] ?? begun.record.seq, { begun, isDoubted: false });
    for (const entry of entries) if (entry.type === 'closed' && isFinal(entry)) own.delete(entry.of);
    for (const seq of [...own.keys()].slice(0, -mostRecent)) own.delete(seq);
  }

  /** @param again what is written again before; absent: nothing is written if Redis has an older head than `from`, or none */
  async #send(
    point: string,
    from: Head,
    sealed: readonly Sealed[],
    again?: readonly Recent[],
  ): Promise<readonly string[]> {
    const end = sealed.at(-1)?.head ?? from;
    const { client, keys } = this.#deps;
    const { audit, auditHead, auditOpen, auditFound } = keys.point(point);
    const name = randomUUID();
    const place = [
      again ? '1' : '0',
      String(from.seq),
      from.hash,
      String(end.seq),
      end.hash,
      end.at,
      name,
      String(foundMs),
    ];
    const wroteAt = performance.now();
    // What was begun longer ago and seems open, another worker has closed since.
    const young = (again ?? []).filter((each) => wroteAt - each.wroteAt < openMs).map((each) => each.sealed);
    const lines = [...(again ?? []).map((each) => each.sealed), ...sealed].map(({ line }) => line);
    const args = [...place, ...changesOf([...young, ...sealed]), ...lines];
    const reply = await this.#ask(() => appendScript.run(client, [auditHead, audit, auditOpen, auditFound], args));
    // Sent twice because the answer was lost with a connection: it is there already.
    const isThere = reply[0] === 'elsewhere' && reply[4] === name;
    if (reply[0] !== 'done' && !isThere) return reply;
    this.#heads.set(point, end);
    const news = sealed.map((each) => ({ sealed: each, wroteAt }));
    this.#recent.set(point, [...(this.#recent.get(point) ?? []), ...news].slice(-mostRecent));
    // The list was empty: an emptied Redis has also lost the point from the set that the exporter reads.
    if (isThere || Number(reply[1]) === lines.length) await this.#register(point);
    return ['done'];
  }

  /** Reads the head of a chain that this process has not seen yet. */
  async #take(point: string): Promise<Head> {
    await this.#register(point);
    const head = (await this.head(point)) ?? genesis;
    this.#heads.set(point, head);
    return head;
  }

  async #register(point: string): Promise<void> {
    await this.#ask(() => this.#deps.client.sadd(this.#deps.keys.auditPoints, point));
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const { message, code } = asRedisError(error);
      throw new AuditUnavailable(`The audit record cannot be kept in Redis (${message}).`, code || 'FAILED');
    }
  }
}

/** The records after this number, up to the last one, without a gap. */
function since(recent: readonly Recent[], seq: number): readonly Recent[] {
  const after = recent.filter(({ sealed }) => sealed.record.seq > seq);
  const gap = after.findLastIndex(({ sealed }, at) => at > 0 && after[at - 1]?.sealed.head.hash !== sealed.record.prev);
  return after.slice(Math.max(0, gap));
}

/** `N seq line ...` of what they open, and `M seq found ...` of what they close, as the script reads them. */
function changesOf(sealed: readonly Sealed[]): readonly string[] {
  const open = new Map<string, string>();
  const closed: string[] = [];
  for (const { record, line } of sealed) {
    if (record.type === 'begun') open.set(String(record.seq), line);
    if (record.type !== 'closed' || !isFinal(record)) continue;
    if (!open.delete(String(record.of))) closed.push(String(record.of), isFromReading(record) ? '1' : '0');
  }
  return [String(open.size), ...[...open].flat(), String(closed.length / 2), ...closed];
}

function isBegun(sealed: Sealed): sealed is SealedBegun {
  return sealed.record.type === 'begun';
}

function closedBy({ record }: Sealed): readonly number[] {
  return record.type === 'closed' && isFinal(record) ? [record.of] : [];
}

function begunIn(line: string): BegunRecord[] {
  const read = auditRecordSchema().safeParse(recordIn(line));
  return read.success && read.data.type === 'begun' ? [read.data] : [];
}

/** Without its place in a chain. */
function entryOf({
  v: _,
  point: __,
  seq: ___,
  at: ____,
  clock: _____,
  prev: ______,
  ...entry
}: BegunRecord): BegunEntry {
  return entry;
}
