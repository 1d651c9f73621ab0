import { expect, it, vi } from 'vitest';
import type { Session } from '../adapter/adapter.ts';
import type { Update } from './definitions.ts';
import { measuredSession } from './measured.ts';

const methods = ['probe', 'observe', 'send', 'submit', 'poll', 'othersWrote', 'rehearse', 'live', 'evidence', 'close'];
const optional = ['submit', 'othersWrote', 'rehearse', 'evidence'];

function sessionWith(names: readonly string[], call: () => Promise<unknown>): Session {
  return Object.fromEntries(names.map((name) => [name, call])) as unknown as Session;
}

it('measures every method that a session has, and gives it none that it has not', async () => {
  const call = vi.fn(() => Promise.resolve([]));
  const records: Update[] = [];
  const record = (some: readonly Update[]): void => void records.push(...some);
  const meter = { point: 'edge', elapsed: () => 0, closed: () => undefined, record };
  const whole = measuredSession(sessionWith(methods, call), meter);
  expect(methods.filter((name) => typeof Reflect.get(whole, name) === 'function')).toEqual(methods);
  await whole.submit?.({ changes: [] } as never, new AbortController().signal);
  await whole.rehearse?.([], new AbortController().signal);
  expect(call).toHaveBeenCalledTimes(2);
  expect(JSON.stringify(records)).toContain('"operation":"submit"');
  const least = methods.filter((name) => !optional.includes(name));
  const plain = measuredSession(sessionWith(least, call), meter);
  expect(methods.filter((name) => typeof Reflect.get(plain, name) === 'function')).toEqual(least);
});
