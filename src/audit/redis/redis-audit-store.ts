import type { Clock } from '../../adapter/adapter.ts';
import { genesis, openLine, seal, type Head, type Sealed } from '../../core/audit/chain.ts';
import {
  auditRecordSchema,
  isFinal,
  type AuditEntry,
  type AuditRecord,
  type BegunRecord,
} from '../../core/audit/record.ts';
import type { RedisClient } from '../../redis/connect.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import { asRedisError } from '../../redis/redis-error.ts';
import { appendScript, headSchema } from './audit-scripts.ts';
import { AuditUnavailable, type AuditLine, type AuditLines, type AuditStore } from '../audit-store.ts';
import { Turns } from '../turns.ts';

export interface RedisAuditStoreDeps {
  readonly client: RedisClient;
  readonly keys: RedisKeys;
  readonly clock: Pick<Clock, 'now'>;
}

/** At each try one of two writers succeeds: a writer that loses this often competes with one that never stops. */
const mostTries = 12;

/**
 * The record in Redis, from where `AuditExporter` moves it to files. Each append is one script, which accepts records
 * only if they continue the chain: of two workers that both believe to hold a point, only one can write.
 */
export class RedisAuditStore implements AuditStore, AuditLines {
  readonly #deps: RedisAuditStoreDeps;
  /** The last head of each chain that this process has seen, from which the chain continues if Redis loses it. */
  readonly #heads = new Map<string, Head>();
  readonly #turns = new Turns();

  constructor(deps: RedisAuditStoreDeps) {
    this.#deps = deps;
  }

  append(point: string, entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]> {
    return this.#turns.take(point, () => this.#append(point, entries, 0));
  }

  async unsettled(point: string): Promise<readonly BegunRecord[]> {
    const open = await this.#ask(() => this.#deps.client.hvals(this.#deps.keys.point(point).auditOpen));
    return open.flatMap(begunIn).sort((a, b) => a.seq - b.seq);
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

  close(): Promise<void> {
    return this.#turns.ended();
  }

  async #append(point: string, entries: readonly AuditEntry[], tries: number): Promise<readonly AuditRecord[]> {
    const now = new Date(this.#deps.clock.now()).toISOString();
    const from = this.#heads.get(point) ?? (await this.#take(point));
    const sealed: Sealed[] = [];
    for (const entry of entries) sealed.push(seal(entry, point, sealed.at(-1)?.head ?? from, now));
    const end = sealed.at(-1)?.head ?? from;
    const { client, keys } = this.#deps;
    const { audit, auditHead, auditOpen } = keys.point(point);
    const args = [
      String(from.seq),
      from.hash,
      String(end.seq),
      end.hash,
      end.at,
      ...changesOf(sealed),
      ...sealed.map(({ line }) => line),
    ];
    const [outcome, ...found] = await this.#ask(() => appendScript.run(client, [auditHead, audit, auditOpen], args));
    if (outcome === 'done') {
      this.#heads.set(point, end);
      // The list was empty: an emptied Redis has also lost the point from the set that the exporter reads.
      if (Number(found[0]) === sealed.length) await this.#register(point);
      return sealed.map(({ record }) => record);
    }
    this.#heads.set(point, headSchema.parse({ seq: found[0], hash: found[1], at: found[2] }));
    if (tries < mostTries) return this.#append(point, entries, tries + 1);
    throw new AuditUnavailable(`The audit record of ${point} is being written by another worker.`, 'OVERTAKEN');
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

/** `open N seq line ...` and `close M seq ...`, as the script reads them. */
function changesOf(sealed: readonly Sealed[]): readonly string[] {
  const open = new Map<string, string>();
  const closed: string[] = [];
  for (const { record, line } of sealed) {
    if (record.type === 'begun') open.set(String(record.seq), line);
    if (record.type !== 'closed' || !isFinal(record)) continue;
    if (!open.delete(String(record.of))) closed.push(String(record.of));
  }
  return [String(open.size), ...[...open].flat(), String(closed.length), ...closed];
}

function begunIn(line: string): BegunRecord[] {
  const opened = openLine(line);
  const read = opened && auditRecordSchema.safeParse(JSON.parse(opened.text));
  return read?.success && read.data.type === 'begun' ? [read.data] : [];
}
