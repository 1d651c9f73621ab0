import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RedisClient } from './connect.ts';
import type { RedisKeys } from './keys.ts';
import { askRedis, asRedisError } from './redis-error.ts';
import { deleteIfScript, keptNumber, Script } from './script.ts';

/** The right to write to one enforcement point, for a limited time. */
export interface PointLease {
  /** Greater than every earlier token of this point. */
  readonly token: number;
  /** No other process has held it since this one did last. */
  readonly continues: boolean;
  /** Aborted when the lease is lost, or may be. */
  readonly signal: AbortSignal;
  /** To be called right before each write. @throws when another worker may be writing */
  confirm(): Promise<void>;
  /** Asks only the clock: a process that stood still learns here that its time is over. @throws when it is, or the lease is lost */
  stillHeld(): void;
  /** Returns the lease. Never throws: a lease that cannot be returned expires. */
  release(): Promise<void>;
}

/**
 * Leases in Redis: one writer for each enforcement point, whatever the queue does. The holder measures the time since
 * before its request, with a clock that cannot be set, so that it knows of the end no later than Redis does, also after
 * the process was suspended. A lease that Redis has lost is lost: another worker may have held one in the meantime.
 *
 * Redis can also bring back a lease that was given back, after a failover to a server that has not heard of it. Nobody
 * holds it, and all would wait until it expires: its former holder knows it by the name in it, and removes it.
 */
export class RedisPointLeases {
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  readonly #ttlMs: number;
  readonly #holder = randomUUID();
  readonly #asked = new Map<string, Asked>();

  constructor(client: RedisClient, keys: RedisKeys, ttlMs = 15_000) {
    this.#client = client;
    this.#keys = keys;
    this.#ttlMs = ttlMs;
    // The next server may not know who has held a lease in the meantime.
    for (const sign of ['close', 'node error', '-node']) client.on(sign, () => this.#doubt());
  }

  /** Undefined: another worker holds it. */
  async acquire(point: string): Promise<PointLease | undefined> {
    const first = await this.#ask(point);
    if (!isValue(first)) return first;
    return (await this.#removeLeft(point, first)) ? this.#again(point) : undefined;
  }

  /** Removes leases that Redis still has, or has again, and this process does not hold. @throws RedisError */
  async reclaim(): Promise<void> {
    for (const point of this.#asked.keys()) {
      const value = await askRedis(() => this.#client.get(this.#keys.point(point).lease));
      if (value !== null) await this.#removeLeft(point, value);
    }
  }

  #doubt(): void {
    for (const asked of this.#asked.values()) {
      asked.last = unknown;
      asked.lease?.doubt();
    }
  }

  async #again(point: string): Promise<PointLease | undefined> {
    const second = await this.#ask(point);
    return isValue(second) ? undefined : second;
  }

  /** The lease, or what is in Redis of another one. */
  async #ask(point: string): Promise<PointLease | string> {
    const { lease, token } = this.#keys.point(point);
    const asked = this.#note(point);
    asked.inFlight += 1;
    const since = performance.now();
    try {
      const given = await acquireScript.run(
        this.#client,
        [lease, token],
        [this.#ttlMs, this.#holder, Date.now() * 1_000],
      );
      if (typeof given === 'string') return given;
      const [next, before] = given;
      const continues = before === asked.last;
      asked.last = next;
      asked.held = `${next} ${this.#holder}`;
      return this.#hold(point, { token: next, value: asked.held, continues }, since);
    } finally {
      asked.inFlight -= 1;
    }
  }

  #hold(point: string, given: Pick<LeaseKey, 'token' | 'value' | 'continues'>, since: number): PointLease {
    const { value } = given;
    const asked = this.#note(point);
    const ended = (): void => {
      if (asked.held !== value) return;
      asked.held = '';
      delete asked.lease;
    };
    const key = { client: this.#client, key: this.#keys.point(point).lease, ttlMs: this.#ttlMs, ended, ...given };
    return (asked.lease = new HeldLease(key, point, since));
  }

  /**
   * Removes exactly this lease if it belongs to this process and nothing in the process holds or is about to hold it. Whatever is asked
   * for later has another value.
   */
  async #removeLeft(point: string, value: string): Promise<boolean> {
    const { held, inFlight } = this.#note(point);
    if (!value.endsWith(` ${this.#holder}`) || value === held || inFlight > 0) return false;
    return (await deleteIfScript.run(this.#client, [this.#keys.point(point).lease], [value])) === 1;
  }

  #note(point: string): Asked {
    const asked = this.#asked.get(point) ?? { held: '', last: unknown, inFlight: 0 };
    this.#asked.set(point, asked);
    return asked;
  }
}

function isValue(answer: PointLease | string): answer is string {
  return typeof answer === 'string';
}

/** No token. */
const unknown = -1;

/** What a process has asked for of the lease of a point. */
interface Asked {
  /** The value that it holds; empty: none. */
  held: string;
  lease?: HeldLease;
  /** The last token that it was given; `unknown` if there is none, or others may have had one since. */
  last: number;
  /** Requests without an answer yet. */
  inFlight: number;
}

interface LeaseKey {
  readonly client: RedisClient;
  readonly key: string;
  readonly token: number;
  readonly continues: boolean;
  /** What is in Redis: the token, and who holds it. */
  readonly value: string;
  readonly ttlMs: number;
  /** It is no longer held. */
  readonly ended: () => void;
}

class HeldLease implements PointLease {
  readonly #key: LeaseKey;
  readonly #point: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #confirmed: number;
  #doubted = false;

  constructor(key: LeaseKey, point: string, asked: number) {
    this.#key = key;
    this.#point = point;
    this.#confirmed = asked;
    this.#timer = setInterval(() => void this.#renewQuietly(), key.ttlMs / 5);
  }

  get token(): number {
    return this.#key.token;
  }

  get continues(): boolean {
    return this.#key.continues;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async confirm(): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#doubted || this.#age() > this.#key.ttlMs / 2) await this.#renew();
    this.signal.throwIfAborted();
  }

  stillHeld(): void {
    if (this.#age() >= this.#key.ttlMs) this.#lose();
    this.signal.throwIfAborted();
  }

  /** Another server may have replaced the one that granted it, and granted it to another process. */
  doubt(): void {
    this.#doubted = true;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const { client, key, value, ended } = this.#key;
    ended();
    await deleteIfScript.run(client, [key], [value]).catch(() => 0);
  }

  #age(): number {
    return performance.now() - this.#confirmed;
  }

  /** @throws RedisError when Redis cannot be asked */
  async #renew(): Promise<void> {
    const { client, key, value, ttlMs } = this.#key;
    const asked = performance.now();
    this.#doubted = false;
    const renewed = await renewScript.run(client, [key], [value, ttlMs]).catch((error: unknown) => {
      this.#doubted = true;
      throw error;
    });
    if (renewed === 1 && this.#age() < ttlMs) this.#confirmed = asked;
    else this.#lose();
  }

  /** An error of Redis does not lose the lease; its time running out does. */
  async #renewQuietly(): Promise<void> {
    await this.#renew().catch(() => undefined);
    if (this.#age() > this.#key.ttlMs * 0.8) this.#lose();
  }

  #lose(): void {
    clearInterval(this.#timer);
    this.#key.ended();
    this.#lost.abort(asRedisError(`the lease of ${this.#point} was lost; the worker that holds it now goes on`));
  }
}

/**
 * Tokens follow the time, so that they also grow after Redis has lost its data: the later of the times that Redis and the asker
 * have, for a server that took over may be behind, and may not have heard of the last token. An asker that is ahead by more than a
 * day is set wrong. Replies with the token and the one before it, or with the lease that is there. Arguments: how long the lease
 * lasts, its holder, and the asker's time in microseconds.
 */
const acquireScript = new Script(
  `${keptNumber}
  local found = redis.call('GET', KEYS[1])
  if found then return found end
  local time = redis.call('TIME')
  local before = keptNumber(redis.call('GET', KEYS[2]))
  local now = time[1] * 1000000 + time[2]
  local token = math.max(before + 1, now, math.min(tonumber(ARGV[3]), now + 86400000000))
  local text = string.format('%.0f', token)
  redis.call('SET', KEYS[2], text)
  redis.call('SET', KEYS[1], text .. ' ' .. ARGV[2], 'PX', ARGV[1])
  return { token, before }
  `,
  z.union([z.tuple([z.number(), z.number()]), z.instanceof(Buffer).transform(String)]),
);

const renewScript = new Script(
  `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
  `,
  z.number(),
);
