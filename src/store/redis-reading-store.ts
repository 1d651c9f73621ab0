import { z } from 'zod';
import type { DesiredState } from '../core/model/desired.ts';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { fencing } from '../redis/fencing.ts';
import { askRedis, asRedisError } from '../redis/redis-error.ts';
import { keptNumber, Script } from '../redis/script.ts';
import { desiredStateSchema } from './desired-schema.ts';
import { decodeDocument, digestOf, encodeDocument } from './document.ts';
import { lossSchema } from './outcome-store.ts';
import { withoutMembers, type Reading, type ReadingStore } from './reading-store.ts';

export interface RedisReadingStoreDeps {
  readonly client: RedisClient;
  readonly keys: RedisKeys;
  readonly onError: (point: string, error: unknown) => void;
  /** Of the lease of a worker; absent: this process has none. */
  readonly token?: number;
}

/** Larger readings are not stored: comparing them would take the controller too long. */
const longestBytes = 32 * 1024 * 1024;

const keySchema = z.strictObject({ kind: z.string(), name: z.string() });
const resourceSchema = z.strictObject({
  kind: z.string(),
  name: z.string(),
  spec: z.record(z.string(), z.json()),
  members: z.array(z.string()).exactOptional(),
  desiredId: z.string().exactOptional(),
  origin: z.string().exactOptional(),
  title: z.string().exactOptional(),
  refs: z.array(keySchema),
  effect: z.enum(['Accept', 'Deny', 'None']),
  position: z.number().exactOptional(),
  decides: z.literal(true).exactOptional(),
  detached: z.literal(true).exactOptional(),
});
const contentSchema = z.strictObject({
  resources: z.array(resourceSchema),
  others: z.array(resourceSchema).exactOptional(),
  losses: z.array(lossSchema),
});

/** Readings in Redis: a hash for each point, whose content is written only when it has changed. */
export class RedisReadingStore implements ReadingStore {
  readonly #deps: RedisReadingStoreDeps;
  /** Digest of the content that this process wrote last, by point. */
  readonly #written: Map<string, string>;

  constructor(deps: RedisReadingStoreDeps, written = new Map<string, string>()) {
    this.#deps = deps;
    this.#written = written;
  }

  under(token: number): RedisReadingStore {
    return new RedisReadingStore({ ...this.#deps, token }, this.#written);
  }

  async keep({ point, version, ...reading }: Reading): Promise<void> {
    const content = await encodeDocument(reading);
    if (content.length > longestBytes) return this.forget(point);
    const digest = digestOf(content);
    const key = this.#key(point);
    const { client } = this.#deps;
    await askRedis(async () => {
      const known = this.#written.get(point) === digest ? await client.hget(key, 'digest') : undefined;
      if (known === digest) await this.#write(point, key, ['version', version]);
      else await this.#write(point, key, ['version', version, 'digest', digest, 'content', content]);
    });
    this.#written.set(point, digest);
  }

  async forget(point: string): Promise<void> {
    this.#written.delete(point);
    await this.#remove(point, this.#key(point));
  }

  async version(point: string): Promise<number | undefined> {
    const text = await askRedis(() => this.#deps.client.hget(this.#key(point), 'version'));
    return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
  }

  async last(point: string): Promise<Reading | undefined> {
    const key = this.#key(point);
    try {
      const [version, digest, content] = await this.#deps.client.hmgetBuffer(key, 'version', 'digest', 'content');
      if (!version || !digest || !content) return undefined;
      return { point, version: Number(version), ...(await decodeDocument(content, contentSchema, digest.toString())) };
    } catch (error) {
      this.#deps.onError(
        point,
        new Error(`The reading in ${key} cannot be read and is not used: ${asRedisError(error).message}`),
      );
      return undefined;
    }
  }

  async keepInForce(point: string, desired: DesiredState): Promise<void> {
    const content = await encodeDocument(withoutMembers(desired));
    const key = this.#deps.keys.point(point).inForce;
    const digest = digestOf(content);
    const { client } = this.#deps;
    await askRedis(async () => {
      const known = await client.hget(key, 'digest');
      if (known !== digest) await this.#write(point, key, ['digest', digest, 'content', content]);
    });
  }

  async inForce(point: string): Promise<DesiredState | undefined> {
    const key = this.#deps.keys.point(point).inForce;
    try {
      const [digest, content] = await this.#deps.client.hmgetBuffer(key, 'digest', 'content');
      if (!digest || !content) return undefined;
      return await decodeDocument(content, desiredStateSchema, digest.toString());
    } catch (error) {
      const { message } = asRedisError(error);
      this.#deps.onError(point, new Error(`What was in force, in ${key}, cannot be read and is not used: ${message}`));
      return undefined;
    }
  }

  /** What stays is believed no further than the device shows it. */
  async forgetInForce(point: string): Promise<void> {
    const key = this.#deps.keys.point(point).inForce;
    await this.#remove(point, key).catch((error: unknown) => {
      const { message } = asRedisError(error);
      this.#deps.onError(point, new Error(`What was in force, in ${key}, cannot be removed: ${message}`));
    });
  }

  async #write(point: string, key: string, fields: readonly (string | number | Buffer)[]): Promise<void> {
    const { client, keys, token = 0 } = this.#deps;
    const { state, token: given } = keys.point(point);
    await writeScript.run(client, [key, given, state], [token, ...fields]);
  }

  async #remove(point: string, key: string): Promise<void> {
    const { client, keys, token = 0 } = this.#deps;
    await removeScript.run(client, [key, keys.point(point).token], [token]);
  }

  #key(point: string): string {
    return this.#deps.keys.point(point).reading;
  }
}

/** Whoever has lost the point, and does not know it yet, brings nothing back of one that was withdrawn in the meantime. */
const writeScript = new Script(
  `${keptNumber}${fencing}
  if isLate(KEYS[2], ARGV[1]) then return 0 end
  if redis.call('TYPE', KEYS[3]).ok == 'hash' and redis.call('HEXISTS', KEYS[3], 'point') == 0 then return 0 end
  redis.call('HSET', KEYS[1], unpack(ARGV, 2))
  return 1
  `,
  z.number(),
);

const removeScript = new Script(
  `${keptNumber}${fencing}
  if isLate(KEYS[2], ARGV[1]) then return 0 end
  return redis.call('DEL', KEYS[1])
  `,
  z.number(),
);
