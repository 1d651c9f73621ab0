import { describe, expect, it } from 'vitest';
import { afterCall, afterRefusal, cautious, waitMs, type CallPace } from './call-pace.ts';

const most = 4;
const after = (pace: CallPace, tookMs: number, calls: number): CallPace =>
  Array.from({ length: calls }).reduce<CallPace>((known) => afterCall(known, tookMs, most), pace);

describe('the pace of calls to one device', () => {
  it('is one call at a time until the device is known, and then as many as it deals with', () => {
    expect(waitMs(cautious, { inFlight: 0, sinceStartMs: 0 })).toBe(0);
    expect(waitMs(cautious, { inFlight: 1, sinceStartMs: 1_000 })).toBe(Infinity);
    expect([2, 4, 6, 100].map((calls) => after(cautious, 100, calls).limit)).toEqual([2, 3, 4, 4]);
  });

  it('lets calls begin evenly apart', () => {
    const known = after(cautious, 100, 20);
    expect([0, 10, 25, 40].map((sinceStartMs) => waitMs(known, { inFlight: 2, sinceStartMs }))).toEqual([25, 15, 0, 0]);
    expect(waitMs(known, { inFlight: most, sinceStartMs: 40 })).toBe(Infinity);
  });

  it('lets what comes within a moment go together, unless the device is quicker than that', () => {
    expect(waitMs(after(cautious, 20, 20), { inFlight: 1, sinceStartMs: 0 })).toBe(10);
    expect(waitMs(after(cautious, 4, 20), { inFlight: 1, sinceStartMs: 0 })).toBe(4);
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
