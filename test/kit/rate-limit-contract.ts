import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Rate, RateLimit } from '../../src/redis/rate-limit.ts';
import { DevicePace } from '../../src/worker/sessions/device-pace.ts';

const clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
    await wait(ms, undefined, { ...(signal && { signal }) });
  },
};

/** What every rate limit does; memory and Redis are held to the same. */
export function describeRateLimit(make: () => RateLimit): void {
  const paceOf = (limit: RateLimit, device: string, rate?: Rate): DevicePace =>
    new DevicePace({ limit, device, rate, clock });

  it('lets a burst through at once, says how long to wait, and keeps devices apart', async () => {
    const limit = make();
    const rate = { perSecond: 0.1, burst: 3 };
    const asked = performance.now();
    const waits: number[] = [];
    for (let index = 0; index < 4; index += 1) waits.push(await limit.take('burst', rate));
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    // What is added while they are asked for need not be waited for.
    expect(waits[3]).toBeGreaterThanOrEqual(10_000 - (performance.now() - asked) - 5);
    expect(waits[3]).toBeLessThanOrEqual(10_000);
    expect(await limit.take('other', rate)).toBe(0);
  });

  it('admits at the rate, however many ask', async () => {
    const limit = make();
    const asked = performance.now();
    const rate = { perSecond: 50, burst: 1 };
    await Promise.all(Array.from({ length: 11 }, () => paceOf(limit, 'rate', rate).admit()));
    expect(performance.now() - asked).toBeGreaterThanOrEqual(195);
  });

  it('holds everybody back while a device wants to be left alone, for the longest it asked', async () => {
    const limit = make();
    const rate = { perSecond: 1_000, burst: 10 };
    const asked = performance.now();
    await limit.pause('angry', 1_500);
    await limit.pause('angry', 300);
    expect(await limit.take('angry', rate)).toBeGreaterThanOrEqual(1_500 - (performance.now() - asked) - 5);
    await Promise.all([paceOf(limit, 'angry', rate).admit(), paceOf(limit, 'angry').admit()]);
    expect(performance.now() - asked).toBeGreaterThanOrEqual(1_495);
  });

  it('does not wait on when it is told to stop, and not at all where that would take too long', async () => {
    const limit = make();
    const stop = new AbortController();
    const sulking = { take: () => Promise.resolve(4_500), pause: () => Promise.resolve() };
    const waiting = paceOf(sulking, 'sulking', { perSecond: 1, burst: 1 }).admit(stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow();
    await limit.pause('very angry', 60_000);
    await expect(paceOf(limit, 'very angry').admit()).rejects.toMatchObject({ errorClass: 'throttled' });
  });
}
