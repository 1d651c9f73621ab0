import { expect, it } from 'vitest';
import { dueInMs } from './pending.ts';

const hour = 3_600_000;

it.each([
  ['is waited for until it is due', { since: 0, pollAt: 5_000 }, 1_000, 4_000],
  ['is due', { since: 0, pollAt: 5_000 }, 6_000, 0],
  ['is due where the clock was set back to before it was sent', { since: 2 * hour, pollAt: 2 * hour + 5_000 }, hour, 0],
  ['is due where it would be asked after later than any operation lasts', { since: 0, pollAt: 3 * hour }, hour, 0],
])('an operation %s', (_, operation, now, dueIn) => {
  expect(dueInMs(operation, now, hour)).toBe(dueIn);
});
