import type { Clock } from '../../adapter/adapter.ts';
import { askRedis } from '../../redis/redis-error.ts';
import type { RedisClient } from '../../redis/connect.ts';
import type { RedisKeys } from '../../redis/keys.ts';
import { pointOfChain } from '../files/audit-files.ts';
import { counted } from '../../core/text/wording.ts';
import { isRecordLine } from '../files/file-chain.ts';
import { lineOf } from '../../core/audit/chain.ts';
import { dropScript, reopenScript, seedScript } from './audit-scripts.ts';
import type { RedisAuditStore } from './redis-audit-store.ts';
import type { FileAuditStore } from '../files/file-audit-store.ts';

export interface AuditExporterDeps {
  readonly client: RedisClient;
  readonly keys: RedisKeys;
  /** The files that the record is moved to. */
  readonly files: FileAuditStore;
  /** Where it is put on record that records were lost. */
  readonly record: Pick<RedisAuditStore, 'append'>;
  readonly clock: Clock;
  readonly onError: (subject: string, error: unknown) => void;
}

const everyMs = 1_000;
const linesAtOnce = 1_000;
/** Records that are missing for so long are lost. */
const patienceMs = 5_000;

/**
 * Moves the lines of the audit record from Redis to files, unchanged. It removes a line from Redis only after the line
 * is on disk. Only the leader runs it.
 */
export class AuditExporter {
  readonly #deps: AuditExporterDeps;
  /** Since when records are missing before those in Redis, by point. */
  readonly #gapSince = new Map<string, number>();

  constructor(deps: AuditExporterDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.move().catch((error: unknown) => this.#deps.onError('audit', error));
      await this.#deps.clock.sleep(everyMs, signal).catch(() => undefined);
    }
    await this.move().catch((error: unknown) => this.#deps.onError('audit', error));
  }

  /**
   * Moves every line that is in Redis now; lines that could not be moved stay in Redis, and keep those of no other point.
   *
   * @throws AuditUnavailable, RedisError: of the first point that failed
   */
  async move(): Promise<void> {
    const { client, keys, files } = this.#deps;
    const known = (await files.points()).map(pointOfChain);
    const found = await askRedis(() => Promise.all([client.smembers(keys.auditPoints), client.smembers(keys.points)]));
    const failures: unknown[] = [];
    const fail = (error: unknown): unknown => failures.push(error);
    for (const point of new Set(known)) await this.#tell(point).catch(fail);
    for (const point of new Set([...known, ...found.flat()])) await this.#movePoint(point).catch(fail);
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Tells Redis what it has lost, or has fallen back behind: where the chain ends, and which writes are open. The next worker reads
   * the device and closes them. Nothing is told of a write that another one about the same has followed: no reading tells its outcome.
   */
  async #tell(point: string): Promise<void> {
    const { client, keys, files } = this.#deps;
    const end = await files.newestEnd(point);
    if (end === undefined) return;
    const { seq, hash, at } = end.head;
    const { audit, auditHead, auditOpen } = keys.point(point);
    await seedScript.run(client, [auditHead], [String(seq), hash, at]);
    const open = end.untouched.map((record) => [record.seq, lineOf(record).line] as const);
    const there =
      open.length === 0 ? [] : await askRedis(() => client.hmget(auditOpen, ...open.map(([of]) => String(of))));
    const lost = open.filter((_, index) => there[index] === null);
    if (lost.length > 0)
      await reopenScript.run(
        client,
        [auditHead, audit, auditOpen],
        [hash, ...lost.flatMap(([of, line]) => [String(of), line])],
      );
  }

  /** The process that wrote the missing record may be about to write it again. */
  #wait(point: string): void {
    if (!this.#gapSince.has(point)) this.#gapSince.set(point, this.#deps.clock.elapsed());
  }

  #isOverdue(point: string): boolean {
    return this.#deps.clock.elapsed() - (this.#gapSince.get(point) ?? Infinity) >= patienceMs;
  }

  /** A record that was overwritten is missing now, which is told as such; what was added to the record is none of it. */
  #tellForeign(point: string, count: number): void {
    const message = `${counted(count, 'line')} in the audit record of ${point} in Redis ${count === 1 ? 'is no record' : 'are no records'} and dropped: something else writes there.`;
    this.#deps.onError('audit', new Error(message));
  }

  async #movePoint(point: string): Promise<void> {
    const { client, keys, files, record } = this.#deps;
    const { audit } = keys.point(point);
    for (;;) {
      // What tells of lost records is at the end of all lines.
      const last = this.#isOverdue(point) ? -1 : linesAtOnce - 1;
      const lines = await askRedis(() => client.lrange(audit, 0, last));
      const [first] = lines;
      if (first === undefined) return;
      const records = lines.filter(isRecordLine);
      if (records.length < lines.length) this.#tellForeign(point, lines.length - records.length);
      const missing = await files.adopt(point, records);
      if (missing !== undefined) {
        if (!this.#isOverdue(point)) {
          this.#wait(point);
          return;
        }
        await record.append(point, [{ type: 'lost', ...missing }]);
        continue;
      }
      this.#gapSince.delete(point);
      if ((await dropScript.run(client, [audit], [lines.length, first])) === 0) return;
    }
  }
}
