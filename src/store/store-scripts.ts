import { z } from 'zod';
import { fencing } from '../redis/fencing.ts';
import { expectType, keptNumber, Script } from '../redis/script.ts';

/*
 * The steps of the store, each as one script. Keys, in this order: state, document, log, ended, unreadable, token.
 *
 * `state` is a hash. Its `version` grows with every change; `acknowledged` is the last version that a worker has put on
 * the device; a full sync is needed while `acknowledged` is below `wholeUntil`. `document` is the desired state at
 * `documentVersion`, `log` the changes since. Versions follow the time in microseconds, so that they also grow after a
 * failover or a restart that has lost the last writes.
 *
 * `heardAt` is when a controller last looked after the point, in milliseconds; it is written every few seconds. After
 * `expiresAfter` milliseconds without, a worker may have emptied the device.
 *
 * `failingSince` is when the first sync failed of those that have failed since the last that did not.
 *
 * `readBackAt` is when the device is to be read, in milliseconds; `readBackIn` is how far ahead that was when it was written: no
 * clock that is set back puts it off by more than that. All times are those of Redis.
 *
 * `published` is the version of the last publication, and `server` names the Redis process in which the controller has
 * last seen it. Another process may have an older state: it is used only after the controller has compared.
 */

const versions = `${keptNumber}
  local function number(field) return keptNumber(redis.call('HGET', KEYS[1], field)) end
  local function text(number) return string.format('%.0f', number) end
  local function nextVersion(atLeast)
    local time = redis.call('TIME')
    return math.max(number('version') + 1, atLeast + 1, time[1] * 1000000 + time[2])
  end
`;

/** Often enough that no living process is treated as silent, and seldom enough to cost nothing. */
const heardEveryMs = 10_000;

/** How long ago a controller was heard of, in milliseconds. Of a point that an older version published: just now. */
const hearing = `
  local function nowMs()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
  end
  local function silentMs()
    local heard = tonumber(redis.call('HGET', KEYS[1], 'heardAt') or '')
    return heard and nowMs() - heard or 0
  end
  local function expired()
    local after = tonumber(redis.call('HGET', KEYS[1], 'expiresAfter') or '')
    return after ~= nil and silentMs() >= after
  end
  local function hear() redis.call('HSET', KEYS[1], 'heardAt', text(nowMs())) end
`;

/** Empty: the user may not use INFO, so it is not known. */
const servers = `
  local function server()
    local info = redis.pcall('INFO', 'server')
    return type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
  end
`;

const publishing = `${versions}${servers}${hearing}${expectType}
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
  local broken = known == 0 or number('published') ~= known or number('fence') ~= fence
  if broken or redis.call('HEXISTS', KEYS[1], 'documentVersion') == 0 or redis.call('EXISTS', KEYS[2]) == 0
    or redis.call('EXISTS', KEYS[5]) == 1 or expired() then return { 'whole', 0 } end
  local version = nextVersion(known)
  redis.call('HSET', KEYS[1], 'version', text(version), 'published', text(version), 'server', server(),
    'point', ARGV[3], 'synced', ARGV[4])
  hear()
  redis.call('ZADD', KEYS[3], text(version), text(version) .. ' ' .. ARGV[5])
  keepEnded(version, 8)
  local bytes = number('logBytes') + #ARGV[5]
  redis.call('HSET', KEYS[1], 'logBytes', text(bytes))
  local long = redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[6]) or bytes > tonumber(ARGV[7])
  return { long and 'long' or 'done', version }
  `,
  published,
);

/**
 * Replaces the document, and everything else if a worker could not read it: fields that only workers write would stay
 * unreadable. Arguments: fence, last version that this process knows, point, synced, document, its digest,
 * after how long without a controller its grants expire (empty: never), ended...
 */
export const replaceScript = new Script(
  `${publishing}
  if redis.call('EXISTS', KEYS[5]) == 1 then redis.call('DEL', KEYS[1], KEYS[4]) end
  local version = nextVersion(known)
  local now = text(version)
  redis.call('SET', KEYS[2], ARGV[5])
  redis.call('DEL', KEYS[3], KEYS[5])
  redis.call('PERSIST', KEYS[1])
  redis.call('HSET', KEYS[1], 'version', now, 'published', now, 'server', server(), 'wholeUntil', now, 'documentVersion', now, 'logBytes', 0,
    'fence', text(fence), 'point', ARGV[3], 'synced', ARGV[4], 'digest', ARGV[6], 'expiresAfter', ARGV[7])
  hear()
  keepEnded(version, 8)
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
  if number('published') ~= known then return { 'whole', 0 } end
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

/** Arguments: token of the lease, version, in how many milliseconds to read back (empty: the device was read). */
export const acknowledgeScript = new Script(
  `${versions}${fencing}${hearing}
  if isLate(KEYS[6], ARGV[1]) then return 0 end
  local version = tonumber(ARGV[2])
  if redis.call('HEXISTS', KEYS[1], 'point') == 0 or version > number('version') then return 0 end
  local acknowledged = math.max(number('acknowledged'), version)
  redis.call('HSET', KEYS[1], 'acknowledged', text(acknowledged))
  redis.call('HDEL', KEYS[1], 'failingSince')
  if ARGV[3] == '' then redis.call('HDEL', KEYS[1], 'readBackAt', 'readBackIn')
  else redis.call('HSET', KEYS[1], 'readBackAt', text(nowMs() + ARGV[3]), 'readBackIn', text(math.max(0, tonumber(ARGV[3])))) end
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[2])
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(math.min(acknowledged, number('documentVersion'))))
  return 1
  `,
  z.number(),
);

/** Arguments: token of the lease, the pending sync; empty: removes it. */
export const pendingScript = new Script(
  `${keptNumber}${fencing}
  if isLate(KEYS[6], ARGV[1]) or redis.call('HEXISTS', KEYS[1], 'point') == 0 then return 0 end
  if ARGV[2] == '' then return redis.call('HDEL', KEYS[1], 'pending') end
  return redis.call('HSET', KEYS[1], 'pending', ARGV[2])
  `,
  z.number(),
);

/**
 * Makes a full sync necessary. Argument: has a sync failed (1 or 0)? Replies with the milliseconds since the first failure in a row.
 */
export const distrustScript = new Script(
  `${versions}${hearing}
  if redis.call('HEXISTS', KEYS[1], 'point') == 0 then return 0 end
  local version = text(nextVersion(0))
  redis.call('HSET', KEYS[1], 'version', version, 'wholeUntil', version)
  if ARGV[1] == '0' then return 0 end
  local now, since = nowMs(), number('failingSince')
  if since > 0 and since <= now then return now - since end
  redis.call('HSET', KEYS[1], 'failingSince', text(now))
  return 0
  `,
  z.number(),
);

/** The code of the error with which a state is refused that the controller has yet to compare. */
export const unconfirmed = 'UNCONFIRMED';

const bytes = z.instanceof(Buffer);
const fields = z.array(bytes.nullable());
const version = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
const stateFieldsSchema = z.object({
  version,
  acknowledged: version.default(0),
  wholeUntil: version,
  readBackAt: version.optional(),
  readBackIn: version.optional(),
  synced: z.enum(['0', '1']),
  point: z.string(),
  digest: z.string(),
  documentVersion: version,
  pending: z.string().optional(),
});
/** The fields of the state that workers read. */
export const stateSchema = stateFieldsSchema.refine(
  ({ version, ...earlier }) =>
    [earlier.acknowledged, earlier.wholeUntil, earlier.documentVersion].every((each) => each <= version),
  'version: it is below another one, and is to be the highest',
);
/** In the order in which the scripts below reply with their values. */
export const stateFields = Object.keys(stateFieldsSchema.shape);
const readState = `redis.call('HMGET', KEYS[1], ${stateFields.map((field) => `'${field}'`).join(', ')})`;
/** Another Redis process than the one in which the controller has seen the state may have an older one. */
const confirmed = `
  local seenIn = redis.call('HGET', KEYS[1], 'server') or ''
  local servedBy = server()
  if seenIn ~= '' and servedBy ~= '' and seenIn ~= servedBy then return { err = '${unconfirmed}' } end
`;
const deltasSince = (version: string): string =>
  `redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. text(${version}), '+inf')`;
const endedPods = `redis.call('ZRANGE', KEYS[4], 0, -1)`;
const work = z.tuple([fields, z.array(bytes), z.array(bytes)]);

/**
 * Replies with the state, the deltas since the last acknowledgement, the addresses of ended pods, how long no
 * controller has been heard of, and the time. Where the clock was set back, that is counted from now on: a controller that
 * is gone does not count as heard of until the clock is where it was.
 */
export const takeScript = new Script(
  `${versions}${servers}${hearing}${confirmed}
  local log = {}
  if number('acknowledged') >= number('wholeUntil') then log = ${deltasSince(`number('acknowledged')`)} end
  if silentMs() < 0 then hear() end
  return { ${readState}, log, ${endedPods}, silentMs(), nowMs() }
  `,
  z.tuple([fields, z.array(bytes), z.array(bytes), z.number(), z.number()]),
);

/** Argument: a version. Replies like `takeScript`, with the deltas after that version only; nil if there are none. */
export const changesScript = new Script(
  `${versions}${servers}${confirmed}
  local since = tonumber(ARGV[1])
  if number('version') <= since then return nil end
  return { ${readState}, ${deltasSince(`math.max(since, number('acknowledged'))`)}, ${endedPods} }
  `,
  work.nullable(),
);

/** Replies with the state, the deltas since the document, the addresses of ended pods, and the document. */
export const snapshotScript = new Script(
  `${versions}${servers}${confirmed}
  return { ${readState}, ${deltasSince(`number('documentVersion')`)}, ${endedPods}, redis.call('GET', KEYS[2]) }
  `,
  z.tuple([fields, z.array(bytes), z.array(bytes), bytes.nullable()]),
);

/**
 * Arguments: fence, last version that this process knows. Replies `lost` if that is no longer stored as it was
 * published, or its grants may have expired, and `confirmed` if it is as published and workers could not know.
 */
export const compareScript = new Script(
  `
  if redis.call('EXISTS', KEYS[5]) == 1 or redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 'lost' end
  ${versions}${servers}${hearing}
  if number('fence') > tonumber(ARGV[1]) then return 'same' end
  if number('published') ~= tonumber(ARGV[2]) or redis.call('HEXISTS', KEYS[1], 'point') == 0
    or redis.call('EXISTS', KEYS[2]) == 0 or expired() then return 'lost' end
  local servedBy = server()
  local silent = silentMs()
  -- Below zero the clock was set back, or another server's is behind.
  if silent > ${heardEveryMs} or silent < 0 or redis.call('HEXISTS', KEYS[1], 'heardAt') == 0 then hear() end
  if redis.call('HGET', KEYS[1], 'server') == servedBy then return 'same' end
  redis.call('HSET', KEYS[1], 'server', servedBy)
  return 'confirmed'
  `,
  bytes.transform(String).pipe(z.enum(['lost', 'confirmed', 'same'])),
);
