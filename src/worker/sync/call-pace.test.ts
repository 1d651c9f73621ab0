import { describe, expect, it } from 'vitest';
import { afterCall, afterRefusal, cautious, waitMs, type CallPace } from './call-pace.ts';

const most = 4;
const after = (pace: CallPace, tookMs: number, calls: number): CallPace =>
  Array.from({ length: calls }).reduce<CallPace>((known) => afterCall(known, tookMs, most), pace);

describe('the pace of calls to one device', () => {
  it('is one call at a time until the device is known, and then as many as it deals with', () => {
    expect(waitMs(cautious, { inFlight: 0, sinceStartMs: 0, carried: 0 })).toBe(0);
    expect(waitMs(cautious, { inFlight: 1, sinceStartMs: 1_000, carried: 1 })).toBe(Infinity);
    expect([2, 4, 6, 100].map((calls) => after(cautious, 100, calls).limit)).toEqual([2, 3, 4, 4]);
  });

  it('lets calls begin evenly apart', () => {
    const known = after(cautious, 100, 20);
    const waits = (sinceStartMs: number): number => waitMs(known, { inFlight: 2, sinceStartMs, carried: 1 });
    expect([0, 10, 25, 40].map(waits)).toEqual([25, 15, 0, 0]);
    expect(waitMs(known, { inFlight: most, sinceStartMs: 40, carried: 1 })).toBe(Infinity);
  });

  it('lets a burst go together, unless the device is quicker than that, and what is no burst each by itself', () => {
    const wait = (takesMs: number, carried: number): number =>
      waitMs(after(cautious, takesMs, 20), { inFlight: 1, sinceStartMs: 0, carried });
    expect([wait(20, 4), wait(20, 3), wait(4, 4), wait(4, 3), wait(100, 4)]).toEqual([10, 5, 4, 1, 25]);
  });

  it('is one call at a time again where calls take longer side by side', () => {
    let pace = after(cautious, 100, 20);
    const limits = Array.from({ length: 200 }, () => (pace = afterCall(pace, 100 * pace.limit, most)).limit);
    expect(Math.max(...limits.slice(10))).toBe(2);
    expect(limits.filter((limit) => limit === 1).length).toBeGreaterThan(20);
  });

  it('is not upset by a single call that takes long', () => {
    expect(afterCall(after(cautious, 100, 20), 500, most).limit).toBe(4);
  });

  it('stays at one call for long after the device has said that it is too much', () => {
    const refused = afterRefusal(after(cautious, 100, 20));
    expect([refused.limit, after(refused, 100, 400).limit, after(refused, 100, 600).limit]).toEqual([1, 1, 4]);
  });
});
