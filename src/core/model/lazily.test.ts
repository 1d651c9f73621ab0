import { expect, it } from 'vitest';
import { lazily } from './lazily.ts';

it('makes nothing before it is asked for, and makes it once, also where that is `undefined`', () => {
  let times = 0;
  const one = lazily((): string | undefined => {
    times += 1;
    return undefined;
  });
  expect(times).toBe(0);
  expect([one(), one()]).toEqual([undefined, undefined]);
  expect(times).toBe(1);
});
