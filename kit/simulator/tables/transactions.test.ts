import { expect, it } from 'vitest';
import { OpenTransactions } from './transactions.ts';

it('a transaction is open until it ends or expires, and a fork knows nothing of what comes after', () => {
  let now = 0;
  const open = new OpenTransactions<{ readonly id: number; readonly expiresAt: number; readonly done: string[] }>(
    () => now,
  );
  const first = open.put({ id: open.nextId(), expiresAt: 10, done: [] });
  const second = open.put({ id: open.nextId(1_000), expiresAt: 20, done: [] });
  const fork = open.fork((one) => ({ ...one, done: [...one.done] }));
  second.done.push('x');
  open.end(first.id);
  expect(open.list()).toEqual([second]);
  expect(fork.list().map(({ id, done }) => [id, done])).toEqual([
    [1, []],
    [1_000, []],
  ]);
  now = 10;
  expect([fork.find(1), fork.find(1_000)?.id, fork.nextId()]).toEqual([undefined, 1_000, 1_001]);
});
