import { z } from 'zod';
import { expectType, Script } from '../redis/script.ts';

/*
 * The steps of the store, each as one script. Keys, in this order: state, document, log, ended, unreadable.
 *
 * `state` is a hash. Its `version` grows with every change; `acknowledged` is the last version that a worker has put on
 * the device; a full sync is needed while `acknowledged` is below `wholeUntil`. `document` is the desired state at
 * `documentVersion`, `log` the changes since. Versions follow the time in microseconds, so that they also grow after a
 * failover or a restart that has lost the last writes.
 */

const versions = `
  local function number(field) return tonumber(redis.call('HGET', KEYS[1], field) or '') or 0 end
  local function text(number) return string.format('%.0f', number) end
  local function nextVersion(atLeast)
    local time = redis.call('TIME')
    return math.max(number('version') + 1, atLeast + 1, time[1] * 1000000 + time[2])
  end
`;

const publishing = `${versions}${expectType}
  expect(KEYS[1], 'hash')
  expect(KEYS[3], 'zset')
  expect(KEYS[4], 'zset')
  local fence, known = tonumber(ARGV[1]), tonumber(ARGV[2])
  if number('fence') > fence then return { 'superseded', 0 } end
  local function keepEnded(version, from)
    for i = from, #ARGV do redis.call('ZADD', KEYS[4], text(version), ARGV[i]) end
  end
`;

const published = z.tuple([z.instanceof(Buffer).transform(String), z.number()]);

/**
 * Appends deltas to the log. Arguments: fence, last version that this process knows (0: none), point, synced, deltas,
 * most entries, most bytes, ended...
 */
export const appendScript = new Script(
  `${publishing}
  local broken = known == 0 or number('version') < known or number('fence') ~= fence
  if broken or redis.call('HEXISTS', KEYS[1], 'documentVersion') == 0 or redis.call('EXISTS', KEYS[2]) == 0
    or redis.call('EXISTS', KEYS[5]) == 1 then return { 'whole', 0 } end
  local version = nextVersion(known)
  redis.call('HSET', KEYS[1], 'version', text(version), 'point', ARGV[3], 'synced', ARGV[4])
  redis.call('ZADD', KEYS[3], text(version), text(version) .. ' ' .. ARGV[5])
  keepEnded(version, 8)
  local bytes = redis.call('HINCRBY', KEYS[1], 'logBytes', #ARGV[5])
  local long = redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[6]) or bytes > tonumber(ARGV[7])
  return { long and 'long' or 'done', version }
  `,
  published,
);

/**
 * Replaces the document. Arguments: fence, last version that this process knows, point, synced, document, its digest,
 * ended...
 */
export const replaceScript = new Script(
  `${publishing}
  local version = nextVersion(known)
  local now = text(version)
  redis.call('SET', KEYS[2], ARGV[5])
  redis.call('DEL', KEYS[3], KEYS[5])
  redis.call('PERSIST', KEYS[1])
  redis.call('HSET', KEYS[1], 'version', now, 'wholeUntil', now, 'documentVersion', now, 'logBytes', 0,
    'fence', text(fence), 'point', ARGV[3], 'synced', ARGV[4], 'digest', ARGV[6])
  keepEnded(version, 7)
  return { 'done', version }
  `,
  published,
);

/**
 * Writes the document of the current version, and drops the log if workers have not acknowledged half of it, so that
 * they
 * make a full sync. Arguments: fence, version of the document, document, its digest, most entries.
 */
export const compactScript = new Script(
  `${publishing}
  if number('version') < known then return { 'whole', 0 } end
  redis.call('SET', KEYS[2], ARGV[3])
  redis.call('HSET', KEYS[1], 'documentVersion', text(known), 'digest', ARGV[4])
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(math.min(number('acknowledged'), known)))
  if redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[5]) / 2 then
    redis.call('DEL', KEYS[3])
    redis.call('HSET', KEYS[1], 'wholeUntil', text(math.max(number('wholeUntil'), known)))
  end
  local bytes = 0
  for _, entry in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do bytes = bytes + #entry end
  redis.call('HSET', KEYS[1], 'logBytes', bytes)
  return { 'done', number('version') }
  `,
  published,
);

/** Removes a point. The fence stays for a day, so that an old leader cannot publish it again. Argument: fence. */
export const withdrawScript = new Script(
  `${versions}
  if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
  if number('fence') > tonumber(ARGV[1]) then return 0 end
  local version = nextVersion(0)
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  redis.call('HSET', KEYS[1], 'version', text(version), 'fence', ARGV[1])
  redis.call('EXPIRE', KEYS[1], 86400)
  return 1
  `,
  z.number(),
);

/** Arguments: version, when to read back (empty: the device was read). */
export const acknowledgeScript = new Script(
  `${versions}
  local version = tonumber(ARGV[1])
  if redis.call('HEXISTS', KEYS[1], 'point') == 0 or version > number('version') then return 0 end
  local acknowledged = math.max(number('acknowledged'), version)
  redis.call('HSET', KEYS[1], 'acknowledged', text(acknowledged))
  redis.call('HDEL', KEYS[1], 'failures')
  if ARGV[2] == '' then redis.call('HDEL', KEYS[1], 'readBackAt') else redis.call('HSET', KEYS[1], 'readBackAt', ARGV[2]) end
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(math.min(acknowledged, number('documentVersion'))))
  return 1
  `,
  z.number(),
);

/** Argument: the pending sync; empty: removes it. */
export const pendingScript = new Script(
  `
  if redis.call('HEXISTS', KEYS[1], 'point') == 0 then return 0 end
  if ARGV[1] == '' then return redis.call('HDEL', KEYS[1], 'pending') end
  return redis.call('HSET', KEYS[1], 'pending', ARGV[1])
  `,
  z.number(),
);

/** Makes a full sync necessary. Argument: what to add to the failures in a row. Replies with their number. */
export const distrustScript = new Script(
  `${versions}
  if redis.call('HEXISTS', KEYS[1], 'point') == 0 then return 1 end
  local version = text(nextVersion(0))
  redis.call('HSET', KEYS[1], 'version', version, 'wholeUntil', version)
  return redis.call('HINCRBY', KEYS[1], 'failures', ARGV[1])
  `,
  z.number(),
);

const bytes = z.instanceof(Buffer);
const fields = z.array(bytes.nullable());
const version = z.string().regex(/^\d{1,16}$/).transform(Number); // prettier-ignore
/** The fields of the state that workers read. */
export const stateSchema = z.object({
  version,
  acknowledged: version.default(0),
  wholeUntil: version,
  readBackAt: version.optional(),
  synced: z.enum(['0', '1']),
  point: z.string(),
  digest: z.string(),
  documentVersion: version,
  pending: z.string().optional(),
});
/** In the order in which the scripts below reply with their values. */
export const stateFields = Object.keys(stateSchema.shape);
const readState = `redis.call('HMGET', KEYS[1], ${stateFields.map((field) => `'${field}'`).join(', ')})`;
const deltasSince = (version: string): string =>
  `redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. text(${version}), '+inf')`;
const endedPods = `redis.call('ZRANGE', KEYS[4], 0, -1)`;
const work = z.tuple([fields, z.array(bytes), z.array(bytes)]);

/** Replies with the state, the deltas since the last acknowledgement, and the addresses of ended pods. */
export const takeScript = new Script(
  `${versions}
  local log = {}
  if number('acknowledged') >= number('wholeUntil') then log = ${deltasSince(`number('acknowledged')`)} end
  return { ${readState}, log, ${endedPods} }
  `,
  work,
);

/** Argument: a version. Replies like `takeScript`, with the deltas after that version only; nil if there are none. */
export const changesScript = new Script(
  `${versions}
  local since = tonumber(ARGV[1])
  if number('version') <= since then return nil end
  return { ${readState}, ${deltasSince(`math.max(since, number('acknowledged'))`)}, ${endedPods} }
  `,
  work.nullable(),
);

/** Replies with the state, the deltas since the document, the addresses of ended pods, and the document. */
export const snapshotScript = new Script(
  `${versions}
  return { ${readState}, ${deltasSince(`number('documentVersion')`)}, ${endedPods}, redis.call('GET', KEYS[2]) }
  `,
  z.tuple([fields, z.array(bytes), z.array(bytes), bytes.nullable()]),
);

/**
 * Arguments: fence, last version that this process knows. Replies 1 if that is no longer stored as it was published.
 */
export const lostScript = new Script(
  `
  if redis.call('EXISTS', KEYS[5]) == 1 or redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 1 end
  ${versions}
  if number('fence') > tonumber(ARGV[1]) then return 0 end
  if number('version') < tonumber(ARGV[2]) or redis.call('HEXISTS', KEYS[1], 'point') == 0 then return 1 end
  return 1 - redis.call('EXISTS', KEYS[2])
  `,
  z.number(),
);
