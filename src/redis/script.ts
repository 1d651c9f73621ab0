import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RedisClient } from './connect.ts';
import { askRedis, asRedisError } from './redis-error.ts';

/** Lua function: deletes the value of one of our keys if it has another type, as after a downgrade. */
export const expectType = `
  local function expect(key, type)
    local found = redis.call('TYPE', key).ok
    if found ~= type and found ~= 'none' then redis.call('DEL', key) end
  end
`;

/** Lua function: a number that is kept as text; 0 for what is none, or so large that one more is the same. */
export const keptNumber = `
  local function keptNumber(text)
    local number = tonumber(text or '') or 0
    return number <= ${Number.MAX_SAFE_INTEGER} and number or 0
  end
`;

/** A Lua script, which Redis runs as one step. In a Redis Cluster all its keys must share one hash tag. */
export class Script<T> {
  readonly #source: string;
  readonly #digest: string;
  readonly #reply: z.ZodType<T>;

  /** @param reply what the script answers; bulk strings arrive as Buffers */
  constructor(source: string, reply: z.ZodType<T>) {
    this.#source = source;
    this.#digest = createHash('sha1').update(source).digest('hex');
    this.#reply = reply;
  }

  /** @throws RedisError when Redis fails, or the reply does not have the declared shape */
  async run(client: RedisClient, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<T> {
    const reply = this.#reply.safeParse(await this.#evaluate(client, [keys.length, ...keys, ...args]));
    if (reply.success) return reply.data;
    throw asRedisError('a script replied with a value of an unexpected shape');
  }

  async #evaluate(client: RedisClient, args: (string | number | Buffer)[]): Promise<unknown> {
    try {
      return await client.callBuffer('evalsha', [this.#digest, ...args]);
    } catch (error) {
      const failure = asRedisError(error);
      if (failure.code !== 'NOSCRIPT') throw failure;
    }
    return askRedis(() => client.callBuffer('eval', [this.#source, ...args]));
  }
}

/** Deletes the key if it still has the value that is given. Replies with how many were deleted. */
export const deleteIfScript = new Script(
  `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])
  `,
  z.number(),
);
