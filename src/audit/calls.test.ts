import { executionAsyncId } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Calls } from './calls.ts';

/** Before Node 24, each promise is a resource of its own, with a number, while a storage is in use. */
async function areFollowed(): Promise<boolean> {
  const ids = await Promise.all([Promise.resolve().then(executionAsyncId), Promise.resolve().then(executionAsyncId)]);
  return ids[0] !== ids[1];
}

it('lets promises be as cheap as ever once no call is under way, also after one that failed', async () => {
  const before = await areFollowed();
  const calls = new Calls<string>();
  await Promise.all([calls.run('a', () => wait(1)), calls.run('b', () => wait(5))]);
  expect(await areFollowed()).toBe(before);
  await expect(calls.run('c', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await areFollowed()).toBe(before);
});

it('tells each call from those beside it, and one within another from that', async () => {
  const calls = new Calls<string>();
  const seen: unknown[] = [];
  const look = async (): Promise<void> => {
    await wait(1);
    seen.push(calls.current);
  };
  const outer = async (): Promise<void> => {
    await calls.run('inner', look);
    await look();
  };
  await Promise.all([calls.run('outer', outer), calls.run('beside', () => wait(10).then(look))]);
  await look();
  await calls.run('later', look);
  expect(seen).toEqual(['inner', 'outer', 'beside', undefined, 'later']);
});
