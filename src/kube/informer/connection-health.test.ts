import { expect, it } from 'vitest';
import { ConnectionHealth } from './connection-health.ts';

it('has not caught up from a failure until a watch has sent something, or been open for a second', () => {
  let now = 0;
  const clock = { now: () => now, elapsed: () => now, sleep: () => Promise.resolve() };
  const deps = { clock, random: () => 0.5, changed: () => undefined };
  const connection = new ConnectionHealth(deps, { baseMs: 100, maxMs: 1_000 });
  const after = (ms: number, happens: () => void): boolean => {
    now += ms;
    happens();
    return connection.caughtUp;
  };
  const fails = (): void => connection.failed('unreachable', 'no answer');
  const opens = (): void => connection.enter('healthy');
  const nothing = (): void => undefined;
  expect([after(0, opens), after(5_000, fails), after(60_000, nothing)]).toEqual([true, false, false]);
  expect([after(0, () => connection.enter('syncing')), after(2_000, nothing)]).toEqual([false, false]);
  expect([after(0, opens), after(999, nothing), after(1, nothing)]).toEqual([false, false, true]);
  expect([after(0, fails), after(10, opens), after(10, () => connection.recovered())]).toEqual([false, false, true]);
});
