import { expect, it } from 'vitest';
import { z } from 'zod';
import { readHandle } from '../../../kit/common/handle.ts';
import { dueInMs, type PendingOperation } from '../../core/model/pending.ts';
import { pollOperations } from './poll-operations.ts';

/* What stands in Redis of operations under way may have been written by anybody, and must not stop a point. */

const operation: PendingOperation = { handle: 'h', changes: [], atomic: false, since: 0, pollAt: 0, deviceSays: '' };
const key = { kind: 'list', name: 'a' };
const limits = { now: () => 1_000_000, longestMs: 60_000 };
const still = { key, result: 'pending', handle: 'h', pollAfterMs: 1_000 } as const;

it.each(['', 'null', '[]', '{"operation":7}', '{"operation":"/x","more":1}', '[[[['])(
  'takes an operation whose handle is %j for ended, and has the device read',
  async (handle) => {
    const schema = z.strictObject({ operation: z.string() });
    const poll = (given: string) => Promise.resolve(readHandle(given, schema)).then(() => []);
    const polled = await pollOperations([{ ...operation, handle }], { poll: async (given) => poll(given) }, limits);
    expect(polled).toMatchObject({ operations: [], error: { errorClass: 'not-found' } });
  },
);

it('asks at once after what nobody would ask after before the longest operation has ended', async () => {
  const asked: string[] = [];
  const poll = (handle: string) =>
    Promise.resolve(void asked.push(handle)).then(() => [{ key, result: 'done' } as const]);
  const soon = { ...operation, handle: 'soon', pollAt: 1_010_000 };
  const polled = await pollOperations([soon, { ...operation, handle: 'never', pollAt: Infinity }], { poll }, limits);
  expect([asked, polled.operations]).toEqual([['never'], [soon]]);
});

it('gives up what began in a time to come, as what has lasted too long', async () => {
  const poll = () => Promise.resolve([still]);
  const future = await pollOperations([{ ...operation, since: 9_000_000 }], { poll }, limits);
  expect([future.operations, future.error?.errorClass]).toEqual([[], 'busy']);
  const young = await pollOperations([{ ...operation, since: 990_000 }], { poll }, limits);
  expect([young.operations.length, young.error]).toEqual([1, undefined]);
});

it('asks again only after as long as the device says, also where a clock that is ahead has sent it', async () => {
  const ahead = { ...operation, since: 1_030_000, pollAt: 1_031_000 };
  const { operations } = await pollOperations([ahead], { poll: () => Promise.resolve([still]) }, limits);
  expect(operations.map((one) => dueInMs(one, 1_000_000, limits.longestMs))).toEqual([1_000]);
});
