import { z } from 'zod';
import type { Head } from '../../core/audit/chain.ts';
import { expectType, Script } from '../../redis/script.ts';

const number = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
/** The hash in which Redis keeps a head. */
export const headSchema: z.ZodType<Head> = z.object({
  seq: number,
  hash: z.string().length(64),
  at: z.string(),
});

/**
 * Lua function: takes back what `reopenScript` has said. Whoever begins another write may have read the device before that, and
 * write about the same: then no reading tells any more what became of the first.
 */
const reopened = `
  local function forgetReopened()
    for number in string.gmatch(redis.call('HGET', KEYS[3], 'reopened') or '', '%d+') do redis.call('HDEL', KEYS[3], number) end
    redis.call('HDEL', KEYS[3], 'reopened')
  end
`;

const texts = z.array(z.instanceof(Buffer).transform(String));

/**
 * Appends records if they continue the chain. Replies `done` and the number of lines; or the head, after `elsewhere`, with
 * the name of the append that wrote it, or after `behind` if Redis has lost its head or has an older one. Keys: head, lines,
 * open, found. Arguments: 1 to append also then; number and hash of the record before them; number, hash and time of the last
 * of them; a name of this append; for how many milliseconds what was found is kept; how many of them open a write, and number
 * and line of each; how many writes they close, and of each the number, and 1 if a reading has told its end; all lines.
 */
export const appendScript = new Script(
  `${expectType}${reopened}
  expect(KEYS[1], 'hash')
  expect(KEYS[2], 'list')
  expect(KEYS[3], 'hash')
  expect(KEYS[4], 'hash')
  local head = redis.call('HMGET', KEYS[1], 'seq', 'hash', 'at', 'by')
  local behind = (tonumber(head[1]) or 0) < tonumber(ARGV[2])
  if behind and ARGV[1] ~= '1' then return { 'behind', head[1] or '0', head[2] or '', head[3] or '' } end
  if head[2] and head[2] ~= ARGV[3] and not behind then return { 'elsewhere', head[1], head[2], head[3], head[4] or '' } end
  local at = 10
  if ARGV[9] ~= '0' then forgetReopened() end
  for _ = 1, tonumber(ARGV[9]) do
    redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
    at = at + 2
  end
  local lines = at + 1 + 2 * tonumber(ARGV[at])
  for i = at + 1, lines - 1, 2 do
    local line = redis.call('HGET', KEYS[3], ARGV[i])
    redis.call('HDEL', KEYS[3], ARGV[i])
    if line and ARGV[i + 1] == '1' then
      redis.call('HSET', KEYS[4], ARGV[i], line)
      redis.call('PEXPIRE', KEYS[4], ARGV[8])
    end
  end
  for i = lines, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
  redis.call('HSET', KEYS[1], 'seq', ARGV[4], 'hash', ARGV[5], 'at', ARGV[6], 'by', ARGV[7])
  return { 'done', tostring(redis.call('LLEN', KEYS[2])) }
  `,
  texts,
);

/** Sets the head of a chain if Redis has none, or an older one. Key: head. Arguments: number, hash, time. */
export const seedScript = new Script(
  `
  if (tonumber(redis.call('HGET', KEYS[1], 'seq') or '') or 0) >= tonumber(ARGV[1]) then return 0 end
  redis.call('HSET', KEYS[1], 'seq', ARGV[1], 'hash', ARGV[2], 'at', ARGV[3])
  return 1
  `,
  z.number(),
);

/**
 * Opens writes again that Redis has lost, if the chain still ends where they were found open, on disk. Keys: head, lines, open.
 * Arguments: hash of the head; number and line of each.
 */
export const reopenScript = new Script(
  `
  if redis.call('HGET', KEYS[1], 'hash') ~= ARGV[1] or redis.call('LLEN', KEYS[2]) > 0 then return 0 end
  local numbers = redis.call('HGET', KEYS[3], 'reopened') or ''
  for at = 2, #ARGV, 2 do
    redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
    numbers = numbers .. ' ' .. ARGV[at]
  end
  redis.call('HSET', KEYS[3], 'reopened', numbers)
  return 1
  `,
  z.number(),
);

/**
 * Removes lines that are on disk. Key: lines. Arguments: how many, and the first of them, which must still be the
 * first.
 */
export const dropScript = new Script(
  `
  if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[2] then return 0 end
  redis.call('LTRIM', KEYS[1], ARGV[1], -1)
  return 1
  `,
  z.number(),
);
