import { z } from 'zod';
import type { PointOutcome } from '../core/model/outcome.ts';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { askRedis, asRedisError } from '../redis/redis-error.ts';
import { expectType, Script } from '../redis/script.ts';
import { parseDocument } from './document.ts';
import { pointOutcomeSchema, type OutcomeStore } from './outcome-store.ts';

export interface RedisOutcomeStoreDeps {
  readonly client: RedisClient;
  /** Opens a connection that only listens. */
  readonly patient: () => RedisClient;
  readonly keys: RedisKeys;
  readonly onError: (point: string, error: unknown) => void;
  /** A message on the channel may be lost, so that the numbers are also read this often. */
  readonly lookEveryMs?: number;
  /** Of the lease of a worker; absent: this process has none. */
  readonly token?: number;
}

const usualLookMs = 2_000;

export class RedisOutcomeStore implements OutcomeStore {
  readonly #deps: RedisOutcomeStoreDeps;
  /** Fields that only a newer version knows, and of which was told. */
  readonly #unknown = new Set<string>();

  constructor(deps: RedisOutcomeStoreDeps) {
    this.#deps = deps;
  }

  under(token: number): RedisOutcomeStore {
    return new RedisOutcomeStore({ ...this.#deps, token });
  }

  async record(outcome: PointOutcome): Promise<void> {
    const { client, keys, token = 0 } = this.#deps;
    const args = [outcome.point, outcome.version, JSON.stringify(outcome), keys.outcomeBell, token];
    await recordScript.run(client, [keys.outcomes, keys.outcomeNumbers], args);
  }

  async last(point: string): Promise<PointOutcome | undefined> {
    const text = await askRedis(() => this.#deps.client.hget(this.#deps.keys.outcomes, point));
    return text === null ? undefined : this.#parse(point, text);
  }

  async forget(point: string): Promise<void> {
    const { client, keys } = this.#deps;
    await forgetScript.run(client, [keys.outcomes, keys.outcomeNumbers], [point]);
  }

  async follow(listener: (outcome: PointOutcome) => void, signal: AbortSignal): Promise<void> {
    const { lookEveryMs = usualLookMs } = this.#deps;
    const seen = new Map<string, string>();
    const bell = new Bell();
    const stop = (): void => bell.ring();
    signal.addEventListener('abort', stop, { once: true });
    const subscriber = this.#deps.patient();
    subscriber.on('message', () => bell.ring());
    subscriber.subscribe(this.#deps.keys.outcomeBell).catch((error: unknown) => this.#report('outcomes', error));
    while (!signal.aborted) {
      await this.#deliver(seen, listener).catch((error: unknown) => this.#report('outcomes', error));
      await bell.heard(lookEveryMs);
    }
    signal.removeEventListener('abort', stop);
    subscriber.disconnect();
  }

  async #deliver(seen: Map<string, string>, listener: (outcome: PointOutcome) => void): Promise<void> {
    const { client, keys } = this.#deps;
    const numbers = Object.entries(await client.hgetall(keys.outcomeNumbers));
    const news = numbers.filter(([point, number]) => seen.get(point) !== number);
    if (news.length === 0) return;
    const texts = await client.hmget(keys.outcomes, ...news.map(([point]) => point));
    for (const [index, [point, number]] of news.entries()) {
      seen.set(point, number);
      const text = texts[index];
      const outcome = text == null ? undefined : this.#parse(point, text);
      if (outcome !== undefined) listener(outcome);
    }
  }

  #parse(point: string, text: string): PointOutcome | undefined {
    try {
      const outcome = parseDocument(text, pointOutcomeSchema);
      this.#tellUnknown(
        point,
        Object.keys(JSON.parse(text) as object).filter((field) => !(field in outcome)),
      );
      return outcome;
    } catch (error) {
      this.#report(
        point,
        new Error(`The last outcome of ${point} cannot be read and is not used: ${(error as Error).message}`),
      );
      return undefined;
    }
  }

  /** Once for each field: the next upgrade of this process ends it. */
  #tellUnknown(point: string, fields: readonly string[]): void {
    const news = fields.filter((field) => !this.#unknown.has(field));
    if (news.length === 0) return;
    for (const field of news) this.#unknown.add(field);
    const message = `A newer worker says more of ${point} than this version knows: ${news.join(', ')}. That is left out.`;
    this.#report(point, new Error(message));
  }

  #report(subject: string, error: unknown): void {
    this.#deps.onError(subject, error instanceof Error && error.name === 'Error' ? error : asRedisError(error));
  }
}

/** A signal to one waiting loop. A ring before `heard` is called is heard at once. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async heard(withinMs: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}

/**
 * A number is `time/token version`. The time, in microseconds, makes every number new, also after Redis has lost its data. The
 * token is of the lease of who told it, as a Cluster has the leases elsewhere; an earlier version writes none.
 */
const recordScript = new Script(
  `${expectType}
  expect(KEYS[1], 'hash')
  expect(KEYS[2], 'hash')
  local number = redis.call('HGET', KEYS[2], ARGV[1]) or ''
  if tonumber(string.match(number, '/(%d+) ') or '0') > tonumber(ARGV[5]) then return 0 end
  local known = string.match(number, ' (%d+)$')
  local version = tonumber(ARGV[2])
  if known and version > 0 and version < tonumber(known) then return 0 end
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('HSET', KEYS[2], ARGV[1], time[1] .. string.format('%06d', time[2]) .. '/' .. ARGV[5] .. ' ' .. (version > 0 and ARGV[2] or known or '0'))
  redis.call('PUBLISH', ARGV[4], ARGV[1])
  return 1
  `,
  z.number(),
);

const forgetScript = new Script(
  `
  redis.call('HDEL', KEYS[1], ARGV[1])
  return redis.call('HDEL', KEYS[2], ARGV[1])
  `,
  z.number(),
);
