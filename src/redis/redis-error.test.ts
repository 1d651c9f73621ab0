import { expect, it } from 'vitest';
import { isOutage } from './outage.ts';
import { asRedisError } from './redis-error.ts';

it.each(["Stream isn't writeable and enableOfflineQueue options is false", 'Connection is closed.'])(
  'says in words of ours that there is no connection: %s',
  (message) => {
    const error = asRedisError(new Error(message));
    expect(error.message).toBe('Redis: not connected; it is tried again and again');
    expect(isOutage(error)).toBe(true);
  },
);

it('leaves out what a command was sent with', () => {
  const error = asRedisError(new Error('WRONGTYPE Operation against a key\nSET password'));
  expect([error.message, error.code]).toEqual(['Redis: WRONGTYPE Operation against a key', 'WRONGTYPE']);
});
