import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../../adapters/memory/device.ts';
import type { DeviceAnswer } from '../../../adapters/memory/simulator.ts';
import { aPoint } from '../../../test/kit/builders.ts';
import { systemClock } from '../../compose/clock.ts';
import { aWorker, groupId, permitted, SlowSimulator, stateWith } from '../../../test/kit/worker-rig.ts';

/** Calls take so long each, however many there are side by side. */
class SteadyDevice extends SlowSimulator {
  takesMs = 0;
  readTakesMs = 0;
  calls = 0;

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    const isRead = request.method === 'GET';
    if (!isRead) this.calls += 1;
    await systemClock.sleep(isRead ? this.readTakesMs : this.takesMs);
    return super.request(request);
  }
}

interface Load {
  readonly takesMs: number;
  readonly perSecond: number;
  /** Enough for the device to be known before the last three quarters, which count. */
  readonly changes?: number;
  /** How far changes are from their places in an even row, at most, of the distance to the next. */
  readonly unevenness: number;
  /** How soon the device is read again, and how long one of its two tables takes then; absent: it is not read. */
  readonly readBack?: { readonly afterMs: number; readonly takesMs: number };
}

const guard = { maxRemovals: 1_000, maxRemovalsPercent: 100 };
const point = aPoint({ config: { transactions: false }, guard });

/** From a change to the device having it, in calls, once the device is known: computing takes no time here. */
async function waits({ takesMs, perSecond, changes = 400, unevenness, readBack }: Load) {
  const device = new SteadyDevice();
  const { publish, store, queue } = aWorker({ device, readBackAfterMs: readBack?.afterMs ?? 600_000 });
  await publish(stateWith([]), {}, { point });
  const looks = vi.spyOn(store, 'changesSince');
  device.takesMs = takesMs;
  device.readTakesMs = readBack?.takesMs ?? 0;
  const open = new Map<string, number>();
  const waited: number[] = [];
  device.onRequest(() => {
    for (const [who, at] of open) if (permitted(device, who) && open.delete(who)) waited.push(systemClock.now() - at);
  });
  const members: string[] = [];
  const began = systemClock.now();
  for (let i = 0; i < changes; i += 1) {
    const place = i + unevenness * ((i * 0.618) % 1);
    await vi.advanceTimersByTimeAsync(Math.max(0, began + (place * 1_000) / perSecond - systemClock.now()));
    const who = `10.1.${i >> 8}.${i & 255}`;
    members.push(who);
    open.set(who, systemClock.now());
    const groups = [{ id: groupId, role: 'Accept' as const, added: [who], removed: [] }];
    const desired = () => stateWith(members);
    await store.publish({ point, desired, rulesChanged: false, groups, ended: [], synced: true });
    await queue.enqueue('edge');
  }
  await vi.advanceTimersByTimeAsync(10 * takesMs);
  const settled = waited.slice(changes / 4).toSorted((a, b) => a - b);
  const at = (part: number): number => (settled[Math.floor(settled.length * part)] ?? NaN) / takesMs;
  return {
    p50: at(0.5),
    p99: at(0.99),
    missing: open.size,
    callsPerChange: device.calls / changes,
    looksPerChange: looks.mock.calls.length / changes,
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Most {
  readonly p50: number;
  readonly p99: number;
  readonly callsPerChange: number;
}

describe('how long a change waits for a device that takes several calls at once', () => {
  it.each<[Load, Most]>([
    [
      { takesMs: 20, perSecond: 20, unevenness: 0 },
      { p50: 1, p99: 1, callsPerChange: 1.03 },
    ],
    [
      { takesMs: 20, perSecond: 100, unevenness: 0 },
      { p50: 1, p99: 1, callsPerChange: 1.01 },
    ],
    [
      { takesMs: 20, perSecond: 100, unevenness: 1 },
      { p50: 1, p99: 1.25, callsPerChange: 1.01 },
    ],
    [
      { takesMs: 20, perSecond: 1_000, unevenness: 1 },
      { p50: 1.3, p99: 1.5, callsPerChange: 0.11 },
    ],
    [
      { takesMs: 100, perSecond: 200, unevenness: 1 },
      { p50: 1.15, p99: 1.3, callsPerChange: 0.2 },
    ],
    [
      { takesMs: 20, perSecond: 200, changes: 2_000, unevenness: 1, readBack: { afterMs: 2_000, takesMs: 160 } },
      { p50: 1.2, p99: 1.5, callsPerChange: 1 },
    ],
  ])('%o: at most %o', async (load, most) => {
    const { missing, p50, p99, callsPerChange } = await waits(load);
    expect(missing).toBe(0);
    expect(p50).toBeLessThanOrEqual(most.p50);
    expect(p99).toBeLessThanOrEqual(most.p99);
    expect(callsPerChange).toBeLessThanOrEqual(most.callsPerChange);
  });

  it('seldom looks for news where the queue tells of it', async () => {
    const { looksPerChange } = await waits({ takesMs: 40, perSecond: 10, unevenness: 0 });
    expect(looksPerChange).toBeLessThan(3);
  });
});
