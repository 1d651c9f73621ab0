import { z } from 'zod';
import type { RedisClient } from './connect.ts';
import type { RedisKeys } from './keys.ts';
import { asRedisError } from './redis-error.ts';
import { Script } from './script.ts';

/** The right to write to one enforcement point, for a while. */
export interface PointLease {
  /** Greater than every token that was given out for this point before. */
  readonly token: number;
  /** Aborted as soon as the lease is lost, or may be. */
  readonly signal: AbortSignal;
  /** To be asked right before each write. @throws when somebody else may be writing */
  confirm(): Promise<void>;
  /** Gives the lease back. Never throws: a lease that cannot be given back expires. */
  release(): Promise<void>;
}

/**
 * One writer per enforcement point, whatever the queue does. The holder counts its time from before it asked, on a clock that cannot be set, so it knows of the
 * end no later than Redis does - also after it was stopped and woken up. A lease that Redis has forgotten is lost:
 * another may have come and gone meanwhile.
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

  /** Undefined: somebody else has it. */
  async acquire(point: string): Promise<PointLease | undefined> {
    const { lease, token } = this.#keys.point(point);
    const asked = performance.now();
    const given = await acquireScript.run(this.#client, [lease, token], [this.#ttlMs]);
    if (given === null) return undefined;
    return new HeldLease({ client: this.#client, key: lease, token: given, ttlMs: this.#ttlMs }, point, asked);
  }
}

interface Place {
  readonly client: RedisClient;
  readonly key: string;
  readonly token: number;
  readonly ttlMs: number;
}

class HeldLease implements PointLease {
  readonly #place: Place;
  readonly #point: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #confirmed: number;

  constructor(place: Place, point: string, asked: number) {
    this.#place = place;
    this.#point = point;
    this.#confirmed = asked;
    this.#timer = setInterval(() => void this.#renewQuietly(), place.ttlMs / 5);
  }

  get token(): number {
    return this.#place.token;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async confirm(): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#age() > this.#place.ttlMs / 2) await this.#renew();
    this.signal.throwIfAborted();
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const { client, key, token } = this.#place;
    await releaseScript.run(client, [key], [token]).catch(() => 0);
  }

  #age(): number {
    return performance.now() - this.#confirmed;
  }

  /** @throws RedisError when Redis cannot be asked */
  async #renew(): Promise<void> {
    const { client, key, token, ttlMs } = this.#place;
    const asked = performance.now();
    if ((await renewScript.run(client, [key], [token, ttlMs])) === 1 && this.#age() < ttlMs) this.#confirmed = asked;
    else this.#lose();
  }

  /** Redis being away for a moment is no loss; the lease running out meanwhile is. */
  async #renewQuietly(): Promise<void> {
    await this.#renew().catch(() => undefined);
    if (this.#age() > this.#place.ttlMs * 0.8) this.#lose();
  }

  #lose(): void {
    clearInterval(this.#timer);
    this.#lost.abort(asRedisError(`the right to write to ${this.#point} was lost; whoever has it now carries on`));
  }
}

/** Tokens follow the time, so that they keep growing when Redis has lost everything. */
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
