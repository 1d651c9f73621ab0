import { z } from 'zod';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { Script } from '../redis/script.ts';

/** All requests for a point since its handler last began, as one: the earliest time, and urgent if one of them is. */
export interface SyncRequest {
  readonly delayMs: number;
  readonly urgent: boolean;
  /** Milliseconds since the epoch, on Redis' clock. */
  readonly due: number;
  /** A job that fulfils the request is known to be waiting, so that none has to be added. */
  readonly covered: boolean;
}

/**
 * Requests whose handler has not begun. The queue library keeps the first of two requests while a job waits and the
 * last
 * while it runs; here the earlier and the more urgent counts. A request survives the process that made it.
 */
export class SyncRequests {
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #channel: string;

  constructor(client: RedisClient, { wanted, requestChannel }: Pick<RedisKeys, 'wanted' | 'requestChannel'>) {
    this.#client = client;
    this.#key = wanted;
    this.#channel = requestChannel;
  }

  /** Adds a request, and notifies listeners of one that is due at once; returns the sum of all requests for the point. */
  async add(point: string, delayMs: number, urgent: boolean): Promise<SyncRequest> {
    const args = [point, Math.ceil(delayMs), urgent ? 1 : 0, this.#channel];
    return asRequest(await addScript.run(this.#client, [this.#key], args));
  }

  /** Notes that a job for this request was added, which saves adding another. Never throws. */
  async added(point: string, { due, urgent }: SyncRequest): Promise<void> {
    await addedScript.run(this.#client, [this.#key], [point, due, urgent ? 1 : 0]).catch(() => 0);
  }

  /** Undefined: there is no request for the point. */
  async of(point: string): Promise<SyncRequest | undefined> {
    const reply = await readScript.run(this.#client, [this.#key], [point]);
    return reply === null ? undefined : asRequest(reply);
  }

  /** Removes the requests for a point whose handler begins now. */
  async begin(point: string): Promise<void> {
    await beginScript.run(this.#client, [this.#key], [point]);
  }

  /** For each requested point, in how many milliseconds it is due; negative: for how long it has been. */
  due(): Promise<number[]> {
    return dueScript.run(this.#client, [this.#key], []);
  }

  /** Points whose handler should have begun at least this long ago. */
  async overdue(graceMs: number): Promise<string[]> {
    const points = await overdueScript.run(this.#client, [this.#key], [Math.ceil(graceMs)]);
    return points.map(String);
  }
}

function asRequest([due, delayMs, urgent, covered]: readonly number[]): SyncRequest {
  return { due: due ?? 0, delayMs: Math.max(0, delayMs ?? 0), urgent: urgent === 1, covered: covered === 1 };
}

/**
 * A value is `due urgent added`: milliseconds since the epoch on Redis' clock, 0 or 1, and 1 once a job was added for
 * it.
 * A value of another form counts as none.
 */
const clock = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local function read(value)
    if not value then return nil end
    local due, urgent, added = string.match(value, '^(%d+) ([01]) ([01])$')
    return tonumber(due), tonumber(urgent), added == '1'
  end
  if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
`;

const request = z.array(z.number()).length(4);

/** A Redis user that may not publish can still request: waiting workers also poll. */
const addScript = new Script(
  `${clock}
  if ARGV[2] == '0' then redis.pcall('PUBLISH', ARGV[4], ARGV[1]) end
  local due, urgent = now + tonumber(ARGV[2]), tonumber(ARGV[3])
  local knownDue, knownUrgent, added = read(redis.call('HGET', KEYS[1], ARGV[1]))
  if added and knownDue <= due and knownUrgent >= urgent then return { knownDue, knownDue - now, knownUrgent, 1 } end
  if knownDue then due, urgent = math.min(due, knownDue), math.max(urgent, knownUrgent) end
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %d 0', due, urgent))
  return { due, due - now, urgent, 0 }
  `,
  request,
);

const readScript = new Script(
  `${clock}
  local due, urgent = read(redis.call('HGET', KEYS[1], ARGV[1]))
  if not due then return nil end
  return { due, due - now, urgent, 0 }
  `,
  request.nullable(),
);

const addedScript = new Script(
  `
  local value = ARGV[2] .. ' ' .. ARGV[3]
  if redis.call('HGET', KEYS[1], ARGV[1]) == value .. ' 0' then redis.call('HSET', KEYS[1], ARGV[1], value .. ' 1') end
  return 0
  `,
  z.number(),
);

const beginScript = new Script(`return redis.call('HDEL', KEYS[1], ARGV[1])`, z.number());

const dueScript = new Script(
  `${clock}
  local all = {}
  for _, value in ipairs(redis.call('HVALS', KEYS[1])) do all[#all + 1] = (read(value) or now) - now end
  return all
  `,
  z.array(z.number()),
);

const overdueScript = new Script(
  `${clock}
  local late = {}
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local due = read(all[i + 1])
    if not due or due < now - tonumber(ARGV[1]) then late[#late + 1] = all[i] end
  end
  return late
  `,
  z.array(z.instanceof(Buffer)),
);
