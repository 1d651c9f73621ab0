import { expiresAfterMs } from '../core/plan/controller-loss.ts';
import { counted } from '../core/text/wording.ts';
import type { RedisClient } from '../redis/connect.ts';
import { dropForeignValues } from '../redis/foreign-values.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { askRedis, RedisError } from '../redis/redis-error.ts';
import type { Compared, DesiredStore, MemberChanges, Publication, DesiredSnapshot, Work } from './desired-store.ts';
import { digestOf, encodeDocument } from './document.ts';
import { readChanges, readSnapshot, readWork } from './stored-work.ts';
import { encodePending, type PendingSync } from './pending-sync.ts';
import * as scripts from './store-scripts.ts';

export interface RedisStoreDeps {
  readonly client: RedisClient;
  readonly keys: RedisKeys;
  /**
   * The fencing token of the leader that publishes; must grow with every election. A publication with a smaller token
   * than the last one is refused.
   */
  readonly fence: () => number;
  readonly onError: (point: string, error: unknown) => void;
  readonly limits?: Partial<StoreLimits>;
  /** Of the lease of a worker; absent: this process has none. */
  readonly token?: number;
}

export interface StoreLimits {
  /** Most bytes of the desired state of a point, compressed. */
  readonly documentBytes: number;
  /** Most deltas since the last document; beyond, a new document is written. */
  readonly logEntries: number;
  readonly logBytes: number;
}

const lookForForeignEveryMs = 5_000;

const defaultLimits: StoreLimits = { documentBytes: 64 * 2 ** 20, logEntries: 2_000, logBytes: 4 * 2 ** 20 };

/**
 * Desired states in Redis. A change of members appends a few bytes to a log; the whole document is written when rules
 * change and when the log is too long, and workers read it only for a full sync. Every step is one script, so that it
 * happens completely or not at all. Redis may lose everything at any time, or go back to what it had (`compare`).
 */
export class RedisDesiredStore implements DesiredStore {
  readonly #deps: RedisStoreDeps;
  readonly #limits: StoreLimits;
  /** The version of the last publication by this process, by point. */
  readonly #published = new Map<string, number>();
  #lookedForForeignAt = -Infinity;

  constructor(deps: RedisStoreDeps) {
    this.#deps = deps;
    this.#limits = { ...defaultLimits, ...deps.limits };
  }

  async publish(publication: Publication): Promise<number> {
    const point = publication.point.metadata.name;
    const known = this.#published.get(point) ?? 0;
    const outcome = publication.rulesChanged ? 'whole' : await this.#append(point, known, publication);
    if (outcome === 'whole') await this.#replace(point, known, publication);
    if (outcome === 'long') await this.#compact(point, publication);
    return this.#published.get(point) ?? 0;
  }

  async withdraw(point: string): Promise<void> {
    const done = await scripts.withdrawScript.run(this.#deps.client, this.#keys(point), [this.#deps.fence()]);
    this.#published.delete(point);
    if (done === 1) await askRedis(() => this.#deps.client.srem(this.#deps.keys.points, point));
  }

  points(): Promise<readonly string[]> {
    return askRedis(() => this.#deps.client.smembers(this.#deps.keys.points));
  }

  async take(point: string): Promise<Work | undefined> {
    return this.#readable(point, async () => {
      const reply = await scripts.takeScript.run(this.#deps.client, this.#keys(point), []);
      const work = readWork(reply, performance.now());
      return work && { ...work, snapshot: () => this.#snapshot(point) };
    });
  }

  async changesSince(point: string, since: number): Promise<MemberChanges | undefined> {
    return this.#readable(point, async () => {
      const reply = await scripts.changesScript.run(this.#deps.client, this.#keys(point), [since]);
      return reply === null ? undefined : readChanges(reply, since);
    });
  }

  under(token: number): RedisDesiredStore {
    return new RedisDesiredStore({ ...this.#deps, token });
  }

  async acknowledge(point: string, version: number, readBackDueAt?: number): Promise<void> {
    const args = [
      this.#token,
      version,
      readBackDueAt === undefined ? '' : Math.ceil(readBackDueAt - performance.now()),
    ];
    await scripts.acknowledgeScript.run(this.#deps.client, this.#keys(point), args);
  }

  async keepPending(point: string, pending: PendingSync | undefined): Promise<void> {
    const text = pending === undefined ? '' : encodePending(pending);
    await scripts.pendingScript.run(this.#deps.client, this.#keys(point), [this.#token, text]);
  }

  async distrust(point: string): Promise<void> {
    await scripts.distrustScript.run(this.#deps.client, this.#keys(point), [0]);
  }

  async failed(point: string): Promise<number> {
    return await scripts.distrustScript.run(this.#deps.client, this.#keys(point), [1]);
  }

  async compare(): Promise<Compared> {
    await this.#dropForeign();
    const compared = { lost: [] as string[], confirmed: [] as string[] };
    const compare = async ([point, version]: [string, number]): Promise<void> => {
      const args = [this.#deps.fence(), version];
      const found = await scripts.compareScript.run(this.#deps.client, this.#keys(point), args);
      if (found !== 'same') compared[found].push(point);
    };
    await Promise.all([...this.#published].map(compare));
    return compared;
  }

  async #dropForeign(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedForForeignAt < lookForForeignEveryMs) return;
    this.#lookedForForeignAt = now;
    const { client, keys, onError } = this.#deps;
    const dropped = await dropForeignValues(client, keys, [...this.#published.keys()]);
    if (dropped === 0) return;
    const message = `${counted(dropped, 'key')} of Postern in Redis held something else and ${dropped === 1 ? 'was' : 'were'} dropped: something else writes there`;
    onError('redis', new Error(message));
  }

  async #append(point: string, known: number, publication: Publication): Promise<string> {
    const { logEntries, logBytes } = this.#limits;
    const deltas = JSON.stringify(publication.groups);
    if (deltas.length > logBytes) return 'whole';
    const args = [this.#deps.fence(), known, ...described(publication), deltas, logEntries, logBytes];
    const reply = await scripts.appendScript.run(this.#deps.client, this.#keys(point), [...args, ...publication.ended]);
    return this.#remember(point, reply);
  }

  /**
   * The set of points is on another node of a Redis Cluster; it is written first, so that it has every published point.
   */
  async #replace(point: string, known: number, publication: Publication): Promise<void> {
    await askRedis(() => this.#deps.client.sadd(this.#deps.keys.points, point));
    const { bytes, digest } = await this.#document(point, publication);
    const expires = expiresAfterMs(publication.point.spec) ?? '';
    const args = [this.#deps.fence(), known, ...described(publication), bytes, digest, expires, ...publication.ended];
    this.#remember(point, await scripts.replaceScript.run(this.#deps.client, this.#keys(point), args));
  }

  async #compact(point: string, publication: Publication): Promise<void> {
    const { bytes, digest } = await this.#document(point, publication);
    const args = [this.#deps.fence(), this.#published.get(point) ?? 0, bytes, digest, this.#limits.logEntries];
    const [outcome] = await scripts.compactScript.run(this.#deps.client, this.#keys(point), args);
    if (outcome !== 'done')
      throw new RedisError(`${point} is no longer stored as it was published; the controller publishes it again`);
  }

  async #document(point: string, { desired }: Publication): Promise<{ bytes: Buffer; digest: string }> {
    const bytes = await encodeDocument(await desired());
    const { documentBytes } = this.#limits;
    if (bytes.length <= documentBytes) return { bytes, digest: digestOf(bytes) };
    throw new RedisError(
      `The desired state of ${point} takes ${bytes.length} bytes, and at most ${documentBytes} are stored. Split the EnforcementPoint, or narrow its namespaceSelector.`,
    );
  }

  /** @throws RedisError `SUPERSEDED` when a newer leader has published */
  #remember(point: string, [outcome, version]: readonly [string, number]): string {
    if (version > 0) this.#published.set(point, version);
    if (outcome !== 'superseded') return outcome;
    this.#published.delete(point);
    throw new RedisError(`a newer leader publishes ${point}; this process no longer leads`, 'SUPERSEDED');
  }

  async #snapshot(point: string): Promise<DesiredSnapshot> {
    const whole = await this.#readable(point, async () =>
      readSnapshot(await scripts.snapshotScript.run(this.#deps.client, this.#keys(point), [])),
    );
    if (whole !== undefined) return whole;
    throw new RedisError(`The desired state of ${point} is not in Redis; the controller publishes it again.`);
  }

  /**
   * State that cannot be read counts as not published: it is reported and marked, and the controller publishes it
   * again.
   */
  async #readable<T>(point: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof RedisError && error.code === scripts.unconfirmed)
        throw new RedisError(unsure(point), error.code);
      if (error instanceof RedisError && error.code !== 'WRONGTYPE') throw error;
      const { message } = error as Error;
      this.#deps.onError(point, new Error(`What is published for ${point} cannot be read and is not used: ${message}`));
      await this.#deps.client.set(this.#deps.keys.point(point).unreadable, '1').catch(() => undefined);
      return undefined;
    }
  }

  get #token(): number {
    return this.#deps.token ?? 0;
  }

  #keys(point: string): string[] {
    const { state, document, log, ended, unreadable, token } = this.#deps.keys.point(point);
    return [state, document, log, ended, unreadable, token];
  }
}

function described({ point, synced }: Publication): [string, string] {
  return [JSON.stringify(point), synced ? '1' : '0'];
}

function unsure(point: string): string {
  return `Redis was started or failed over since ${point} was published, and may have an older state: nothing is sent before the controller has compared. It does so every second: if this goes on, look whether a controller leads, and whether it is connected to the same Redis`;
}
