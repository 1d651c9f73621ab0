import { z } from 'zod';
import type { RedisClient } from './connect.ts';
import type { PointKeys, RedisKeys } from './keys.ts';
import { Script } from './script.ts';

/** `expiring`: a string that we never keep without an end, after which it would count for ever. */
type Type = 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream' | 'number' | 'expiring';

const ofPoint: Readonly<Record<keyof PointKeys, Type>> = {
  state: 'hash',
  document: 'string',
  log: 'zset',
  ended: 'zset',
  unreadable: 'string',
  lease: 'expiring',
  token: 'number',
  audit: 'list',
  auditHead: 'hash',
  auditOpen: 'hash',
  auditFound: 'hash',
  reading: 'hash',
  inForce: 'hash',
  rate: 'expiring',
  pause: 'expiring',
};

const ofAll = {
  wanted: 'hash',
  points: 'set',
  outcomes: 'hash',
  outcomeNumbers: 'hash',
  auditPoints: 'set',
} as const satisfies Partial<Readonly<Record<keyof RedisKeys, Type>>>;

/** Of the queue library, by the last part of the key; each of its jobs has one more, and so has each point that waits. */
const ofQueue: Readonly<Record<string, Type>> = {
  id: 'number',
  meta: 'hash',
  events: 'stream',
  wait: 'list',
  active: 'list',
  paused: 'list',
  delayed: 'zset',
  prioritized: 'zset',
  completed: 'zset',
  failed: 'zset',
  stalled: 'set',
  'stalled-check': 'expiring',
  marker: 'zset',
  pc: 'number',
};

/**
 * Removes what stands under our keys and is nothing that we keep there, so that it counts as lost, and what follows from
 * a loss follows: every command on such a key would fail for as long as it stands there.
 *
 * @returns how many there were
 * @throws RedisError
 */
export async function dropForeignValues(
  client: RedisClient,
  keys: RedisKeys,
  points: readonly string[],
): Promise<number> {
  const common = [
    ...points.map((point) => [`${keys.queue}:sync:de:${point}`, 'string'] as const),
    ...entriesOf(ofAll).map(([name, type]) => [keys[name], type] as const),
    ...Object.entries(ofQueue).map(([part, type]) => [`${keys.queue}:sync:${part}`, type] as const),
  ];
  const dropped = await Promise.all([
    drop(client, common),
    ...points.map((point) => {
      const own = keys.point(point);
      return drop(
        client,
        entriesOf(ofPoint).map(([name, type]) => [own[name], type] as const),
      );
    }),
  ]);
  return dropped.reduce((sum, count) => sum + count, 0);
}

function drop(client: RedisClient, typed: readonly (readonly [key: string, type: Type])[]): Promise<number> {
  return dropScript.run(
    client,
    typed.map(([key]) => key),
    typed.map(([, type]) => type),
  );
}

function entriesOf<K extends string>(record: Readonly<Record<K, Type>>): [K, Type][] {
  return Object.entries(record) as [K, Type][];
}

/** Arguments: what each key is to hold. Replies with the number of those that held something else. */
const dropScript = new Script(
  `
  local dropped = 0
  for i, key in ipairs(KEYS) do
    local found, wanted = redis.call('TYPE', key).ok, ARGV[i]
    local fits = found == 'none' or found == wanted
    if wanted == 'number' then fits = found == 'none' or found == 'string' and string.match(redis.call('GET', key), '^%d+$') ~= nil end
    if wanted == 'expiring' then fits = found == 'none' or found == 'string' and redis.call('PTTL', key) >= 0 end
    if not fits then dropped = dropped + redis.call('DEL', key) end
  end
  return dropped
  `,
  z.number(),
);
