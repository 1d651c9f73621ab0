import { z } from 'zod';
import type { Stopwatch } from '../adapter/adapter.ts';
import type { RedisClient } from './connect.ts';
import type { RedisKeys } from './keys.ts';
import { Script } from './script.ts';

/** How many requests a device accepts: per second on average, and at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** The rate of requests to a device, of all workers together. */
export interface RateLimit {
  /**
   * Counts one request.
   *
   * @param rate undefined: no limit, unless the device has asked for a pause
   * @returns 0: the request may be sent; otherwise it was not counted, and may be tried again after that many
   * milliseconds
   */
  take(device: string, rate: Rate | undefined): Promise<number>;
  /** The device has asked for a pause (429, `Retry-After`), in milliseconds. The longest pause counts. */
  pause(device: string, ms: number): Promise<void>;
}

/**
 * The rate limit of one process, by the "theoretical arrival time" of ITU-T I.371: when the whole burst is available
 * again.
 */
export class MemoryRateLimit implements RateLimit {
  readonly #clock: Stopwatch;
  readonly #whole = new Map<string, number>();
  readonly #pausedUntil = new Map<string, number>();

  constructor(clock: Stopwatch) {
    this.#clock = clock;
  }

  take(device: string, rate: Rate | undefined): Promise<number> {
    const now = this.#clock.elapsed();
    const pause = (this.#pausedUntil.get(device) ?? now) - now;
    if (pause > 0) return Promise.resolve(Math.ceil(pause));
    if (rate === undefined) return Promise.resolve(0);
    const interval = 1_000 / rate.perSecond;
    const whole = Math.max(this.#whole.get(device) ?? now, now) + interval;
    const early = whole - rate.burst * interval - now;
    if (early > 0) return Promise.resolve(Math.ceil(early));
    this.#whole.set(device, whole);
    return Promise.resolve(0);
  }

  pause(device: string, ms: number): Promise<void> {
    const until = this.#clock.elapsed() + ms;
    this.#pausedUntil.set(device, Math.max(this.#pausedUntil.get(device) ?? until, until));
    return Promise.resolve();
  }
}

/**
 * The rate limit of all workers, on the clock of Redis. After Redis has lost its data, each device accepts a whole
 * burst.
 */
export class RedisRateLimit implements RateLimit {
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;

  constructor(client: RedisClient, keys: RedisKeys) {
    this.#client = client;
    this.#keys = keys;
  }

  async take(device: string, rate: Rate | undefined): Promise<number> {
    const keys = this.#keys.point(device);
    if (rate === undefined) return Math.max(0, await pausedScript.run(this.#client, [keys.pause], []));
    return takeScript.run(this.#client, [keys.rate, keys.pause], [1_000 / rate.perSecond, rate.burst]);
  }

  async pause(device: string, ms: number): Promise<void> {
    await pauseScript.run(this.#client, [this.#keys.point(device).pause], [Math.ceil(ms)]);
  }
}

/**
 * While Redis does not answer, each worker keeps to the rate alone: all together are too fast, by at most their number.
 */
export class SharedRateLimit implements RateLimit {
  readonly #shared: RateLimit;
  readonly #own: RateLimit;

  constructor(shared: RateLimit, clock: Stopwatch) {
    this.#shared = shared;
    this.#own = new MemoryRateLimit(clock);
  }

  async take(device: string, rate: Rate | undefined): Promise<number> {
    return await this.#shared.take(device, rate).catch(() => this.#own.take(device, rate));
  }

  async pause(device: string, ms: number): Promise<void> {
    await this.#own.pause(device, ms);
    await this.#shared.pause(device, ms).catch(() => undefined);
  }
}

const pausedScript = new Script(`return redis.call('PTTL', KEYS[1])`, z.number());

const takeScript = new Script(
  `
  local paused = redis.call('PTTL', KEYS[2])
  if paused > 0 then return paused end
  local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + time[2] / 1000
  -- Further ahead it was only where the clock has been set back since.
  local before = math.min(tonumber(redis.call('GET', KEYS[1])) or now, now + burst * interval)
  local whole = math.max(before, now) + interval
  local early = whole - burst * interval - now
  if early > 0 then return math.ceil(early) end
  redis.call('SET', KEYS[1], string.format('%.3f', whole), 'PX', math.max(1, math.ceil(whole - now)))
  return 0
  `,
  z.number(),
);

const pauseScript = new Script(
  `
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
  return 0
  `,
  z.number(),
);
