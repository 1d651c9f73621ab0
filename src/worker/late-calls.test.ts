import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import { MemorySimulator, type DeviceAnswer } from '../../adapters/memory/simulator.ts';
import { verified } from '../../test/kit/audit-records.ts';
import { aPoint } from '../../test/kit/builders.ts';
import { aWorker, groupId, permitted, SlowSimulator, stateWith } from '../../test/kit/worker-rig.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { systemClock } from '../compose/clock.ts';
import { MemoryDesiredStore } from '../store/memory-store.ts';

const readBackAfterMs = 5_000;
/** What is carried out after nobody waits for it any more is carried out before the device is read once more. */
const mostLateMs = 3_000;
/** A late call, the look at the device after it, and a late call to mend what that finds. */
const mostWrongMs = mostLateMs + readBackAfterMs + mostLateMs;
const pool = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const guard = { maxRemovals: 1_000, maxRemovalsPercent: 100 };
const point = aPoint({ config: { transactions: false }, guard });

/** Of a call: when the device carries it out, and when the worker gives it up. */
interface CallTimes {
  readonly takesMs: number;
  readonly givenUpMs: number;
}
const prompt: CallTimes = { takesMs: 50, givenUpMs: Infinity };

/** A device, the calls under way to it, and whom it may permit. */
class Watched {
  readonly device = new MemorySimulator();
  readonly underWay = new Set<{ readonly of: Line; isGivenUp: boolean; isReadBeside: boolean }>();
  readonly intended = new Set<string>();
  /** Of whom is not intended: since when. */
  readonly #withdrawnAt = new Map<string, number>();
  /** What was seen that must not be. */
  readonly wrong = new Set<string>();
  next = (): CallTimes => prompt;

  intend(who: string, isIn: boolean): void {
    if (isIn) this.intended.add(who);
    else this.intended.delete(who);
    this.#withdrawnAt.set(who, systemClock.now());
  }

  look(): void {
    for (const who of pool)
      if (!this.intended.has(who) && permitted(this.device, who)) {
        const forMs = systemClock.now() - (this.#withdrawnAt.get(who) ?? -Infinity);
        if (forMs > mostWrongMs) this.wrong.add(`an address was permitted ${forMs} ms after it was withdrawn`);
      }
  }
}

/** The device as one worker reaches it. Some of its calls are given up and carried out later. */
class Line extends SlowSimulator {
  readonly #to: Watched;
  /** The worker is gone: what it has sent is carried out, and nobody hears the answer. */
  isCut = false;

  constructor(to: Watched) {
    super();
    this.#to = to;
  }

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    const answer = await this.#carryOut(request);
    return this.isCut ? new Promise<never>(() => undefined) : answer;
  }

  async #carryOut(request: DeviceRequest): Promise<DeviceAnswer> {
    const { device, underWay, wrong } = this.#to;
    this.#to.look();
    if (request.method === 'GET') {
      for (const call of underWay) call.isReadBeside ||= call.of !== this || call.isGivenUp;
      return device.request(request);
    }
    if (this.isCut) wrong.add('a worker that was stopped has begun a call');
    if ([...underWay].some(({ of, isReadBeside }) => of !== this && !isReadBeside))
      wrong.add('a worker has written beside a call of another one, and nobody had read the device since that began');
    const { takesMs, givenUpMs } = this.#to.next();
    const call = { of: this, isGivenUp: false, isReadBeside: false };
    underWay.add(call);
    const carriedOut = systemClock.sleep(takesMs).then(async () => {
      underWay.delete(call);
      const answer = await device.request(request);
      this.#to.look();
      return answer;
    });
    if (takesMs <= givenUpMs) return carriedOut;
    await systemClock.sleep(givenUpMs);
    call.isGivenUp = true;
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
const callArbitrary: fc.Arbitrary<CallTimes> = fc.record({
  takesMs: fc.integer({ min: 50, max: mostLateMs }),
  givenUpMs: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, fc.integer({ min: 50, max: 1_000 })),
});

/** The sync that finds the open call fails, and the next one finds nothing open. */
const afterAFailedSync: [Step[], CallTimes[]] = [
  [
    { afterMs: 0, what: { who: '10.0.0.1', isIn: true } },
    { afterMs: 0, what: 'restart' },
    ...[1, 2, 3].map(() => ({ afterMs: 0, what: { who: '10.0.0.1', isIn: false } })),
  ],
  [prompt, { takesMs: 56, givenUpMs: Infinity }, prompt],
];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('lets nobody in for long who was withdrawn, whichever worker writes, and however late its calls are carried out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stepArbitrary, { minLength: 3, maxLength: 12 }),
      fc.array(callArbitrary, { minLength: 3, maxLength: 20 }),
      async (steps, calls) => {
        const [watched, store, audit] = [new Watched(), new MemoryDesiredStore(), new MemoryAuditStore(systemClock)];
        const aNewWorker = () => {
          const [line, stop] = [new Line(watched), new AbortController()];
          return { line, stop, ...aWorker({ device: line, store, audit, readBackAfterMs, signal: stop.signal }) };
        };
        let worker = aNewWorker();
        await worker.publish(stateWith([]), {}, { point });
        await vi.advanceTimersByTimeAsync(100);
        let turn = 0;
        watched.next = () => calls[(turn += 1) % calls.length] ?? prompt;
        for (const { afterMs, what } of steps) {
          await vi.advanceTimersByTimeAsync(afterMs);
          if (what === 'restart') {
            worker.stop.abort();
            worker.line.isCut = true;
            // A lease outlives what was begun when it was confirmed last.
            await vi.advanceTimersByTimeAsync(1);
            worker = aNewWorker();
          } else if (watched.intended.has(what.who) !== what.isIn) {
            const { who, isIn } = what;
            watched.intend(who, isIn);
            const [added, removed] = isIn ? [[who], []] : [[], [who]];
            const groups = [{ id: groupId, role: 'Accept' as const, added, removed }];
            const state = stateWith([...watched.intended].sort());
            await store.publish({
              point,
              desired: () => state,
              rulesChanged: false,
              groups,
              ended: removed,
              synced: true,
            });
          }
          await worker.queue.enqueue('edge');
        }
        watched.next = () => prompt;
        await vi.advanceTimersByTimeAsync(20_000);
        expect([...watched.wrong]).toEqual([]);
        expect(pool.filter((who) => permitted(watched.device, who))).toEqual([...watched.intended].sort());
        expect((await verified(audit, 'edge')).findings).toEqual([]);
      },
    ),
    { numRuns: 30, endOnFailure: true, examples: [afterAFailedSync] },
  );
});
