import { z } from 'zod';
import type { RedisClient } from './connect.ts';
import type { RedisKeys } from './keys.ts';
import { asRedisError } from './redis-error.ts';
import { Script } from './script.ts';

/** The right to write to one enforcement point, for a limited time. */
export interface PointLease {
  /** Greater than every earlier token of this point. */
  readonly token: number;
  /** Aborted when the lease is lost, or may be. */
  readonly signal: AbortSignal;
  /** To be called right before each write. @throws when another worker may be writing */
  confirm(): Promise<void>;
  /** Returns the lease. Never throws: a lease that cannot be returned expires. */
  release(): Promise<void>;
}

/**
 * Leases in Redis: one writer for each enforcement point, whatever the queue does. The holder measures the time since
 * before its request, with a clock that cannot be set, so that it knows of the end no later than Redis does, also after
 * the process was suspended. A lease that Redis has lost is lost: another worker may have held one meanwhile.
 */
export class RedisPointLeases {
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  readonly #ttlMs: number;

  constructor(client: RedisClient, keys: RedisKeys, ttlMs = 15_000) {
    this.#client = client;
    this.#keys = keys;
    this.#ttlMs = ttlMs;
  }

  /** Undefined: another worker holds it. */
  async acquire(point: string): Promise<PointLease | undefined> {
    const { lease, token } = this.#keys.point(point);
    const asked = performance.now();
    const given = await acquireScript.run(this.#client, [lease, token], [this.#ttlMs]);
    if (given === null) return undefined;
    return new HeldLease({ client: this.#client, key: lease, token: given, ttlMs: this.#ttlMs }, point, asked);
  }
}

interface LeaseKey {
  readonly client: RedisClient;
  readonly key: string;
  readonly token: number;
  readonly ttlMs: number;
}

class HeldLease implements PointLease {
  readonly #key: LeaseKey;
  readonly #point: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #confirmed: number;

  constructor(key: LeaseKey, point: string, asked: number) {
    this.#key = key;
    this.#point = point;
    this.#confirmed = asked;
    this.#timer = setInterval(() => void this.#renewQuietly(), key.ttlMs / 5);
  }

  get token(): number {
    return this.#key.token;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async confirm(): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#age() > this.#key.ttlMs / 2) await this.#renew();
    this.signal.throwIfAborted();
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const { client, key, token } = this.#key;
    await releaseScript.run(client, [key], [token]).catch(() => 0);
  }

  #age(): number {
    return performance.now() - this.#confirmed;
  }

  /** @throws RedisError when Redis cannot be asked */
  async #renew(): Promise<void> {
    const { client, key, token, ttlMs } = this.#key;
    const asked = performance.now();
    if ((await renewScript.run(client, [key], [token, ttlMs])) === 1 && this.#age() < ttlMs) this.#confirmed = asked;
    else this.#lose();
  }

  /** An error of Redis does not lose the lease; its time running out does. */
  async #renewQuietly(): Promise<void> {
    await this.#renew().catch(() => undefined);
    if (this.#age() > this.#key.ttlMs * 0.8) this.#lose();
  }

  #lose(): void {
    clearInterval(this.#timer);
    this.#lost.abort(asRedisError(`the lease of ${this.#point} was lost; the worker that holds it now goes on`));
  }
}

/** Tokens follow the time, so that they also grow after Redis has lost its data. */
const acquireScript = new Script(
  `
  if redis.call('EXISTS', KEYS[1]) == 1 then return nil end
  local time = redis.call('TIME')
  local token = math.max((tonumber(redis.call('GET', KEYS[2])) or 0) + 1, time[1] * 1000000 + time[2])
  local text = string.format('%.0f', token)
  redis.call('SET', KEYS[2], text)
  redis.call('SET', KEYS[1], text, 'PX', ARGV[1])
  return token
  `,
  z.number().nullable(),
);

const renewScript = new Script(
  `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
  `,
  z.number(),
);

const releaseScript = new Script(
  `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])
  `,
  z.number(),
);
