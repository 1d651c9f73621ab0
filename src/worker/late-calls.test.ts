import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import type { DeviceAnswer } from '../../adapters/memory/simulator.ts';
import { verified } from '../../test/kit/audit-records.ts';
import { aPoint } from '../../test/kit/builders.ts';
import { aWorker, groupId, permitted, SlowSimulator, stateWith, type WorkerRig } from '../../test/kit/worker-rig.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { systemClock } from '../compose/clock.ts';
import { MemoryDesiredStore } from '../store/memory-store.ts';

const readBackAfterMs = 5_000;
/** What is carried out after nobody waits for it any more is carried out before the device is read once more. */
const mostLateMs = 3_000;
const pool = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const guard = { maxRemovals: 1_000, maxRemovalsPercent: 100 };
const point = aPoint({ config: { transactions: false }, guard });

/** Some calls are given up and carried out later. */
class LateDevice extends SlowSimulator {
  /** Of each call: how long it takes, and after how long it is given up. */
  next: () => { readonly takesMs: number; readonly givenUpMs: number } = () => ({ takesMs: 0, givenUpMs: Infinity });

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (request.method === 'GET') return super.request(request);
    const { takesMs, givenUpMs } = this.next();
    const carriedOut = systemClock.sleep(takesMs).then(() => super.request(request));
    if (takesMs <= givenUpMs) return carriedOut;
    await systemClock.sleep(givenUpMs);
    return 'cut';
  }
}

interface Step {
  readonly afterMs: number;
  readonly what: 'restart' | { readonly who: string; readonly isIn: boolean };
}

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.integer({ min: 0, max: 1_500 }),
  what: fc.oneof(
    { weight: 5, arbitrary: fc.record({ who: fc.constantFrom(...pool), isIn: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
});
const callArbitrary = fc.record({
  takesMs: fc.integer({ min: 50, max: mostLateMs }),
  givenUpMs: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, fc.integer({ min: 50, max: 1_000 })),
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('an address that was withdrawn is let in again by no older call for longer than until the device is read once more, whoever writes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stepArbitrary, { minLength: 3, maxLength: 20 }),
      fc.array(callArbitrary, { minLength: 3, maxLength: 20 }),
      async (steps, calls) => {
        const [device, store, audit] = [new LateDevice(), new MemoryDesiredStore(), new MemoryAuditStore(systemClock)];
        let lost = new AbortController();
        const aNewWorker = (): WorkerRig =>
          aWorker({ device, store, audit, readBackAfterMs, signal: (lost = new AbortController()).signal });
        let worker = aNewWorker();
        await worker.publish(stateWith([]), {}, { point });
        await vi.advanceTimersByTimeAsync(100);
        let turn = 0;
        device.next = () => calls[(turn += 1) % calls.length] ?? { takesMs: 0, givenUpMs: Infinity };
        const inside = new Set<string>();
        for (const { afterMs, what } of steps) {
          await vi.advanceTimersByTimeAsync(afterMs);
          if (what === 'restart') {
            lost.abort();
            worker = aNewWorker();
            await worker.queue.enqueue('edge');
          } else if (inside.has(what.who) !== what.isIn) {
            if (what.isIn) inside.add(what.who);
            else inside.delete(what.who);
            const { who, isIn } = what;
            const groups = [
              { id: groupId, role: 'Accept' as const, added: isIn ? [who] : [], removed: isIn ? [] : [who] },
            ];
            const state = stateWith([...inside].sort());
            const ended = isIn ? [] : [who];
            await store.publish({ point, desired: () => state, rulesChanged: false, groups, ended, synced: true });
            await worker.queue.enqueue('edge');
          }
        }
        device.next = () => ({ takesMs: 50, givenUpMs: Infinity });
        await vi.advanceTimersByTimeAsync(60_000);
        expect(pool.filter((who) => permitted(device, who))).toEqual([...inside].sort());
        expect((await verified(audit, 'edge')).findings).toEqual([]);
      },
    ),
    { numRuns: 80 },
  );
});
