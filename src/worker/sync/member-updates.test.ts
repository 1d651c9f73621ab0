import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MemorySimulator } from '../../../adapters/memory/simulator.ts';
import { aPoint } from '../../../test/kit/builders.ts';
import { aWorker, groupId, permitted, stateWith } from '../../../test/kit/worker-rig.ts';

const members = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const many = Array.from({ length: 40 }, (_, index) => `10.0.1.${index + 1}`);
/** What one call takes; reading the device is two of them. */
const callMs = 1_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A point that is up to date, at a device that is slow from now on. */
async function aSlowDevice(desired = stateWith(members)) {
  const rig = aWorker();
  await rig.publish(desired);
  await vi.advanceTimersByTimeAsync(10);
  rig.device.latencyMs = callMs;
  rig.reports.length = 0;
  const before = rig.device.requests().length;
  const requests = (): string[] =>
    rig.device
      .requests()
      .slice(before)
      .map(({ method, path }) => `${method} ${path.replace(/pn-[^/]+/, 'NAME')}`);
  return { ...rig, requests };
}

/** One that is being read back: a member was sent, and the time has come to look. */
async function aReadBack() {
  const rig = await aSlowDevice();
  await rig.publish(stateWith([...members, '10.0.0.4']), { added: ['10.0.0.4'] });
  await vi.advanceTimersByTimeAsync(callMs + 5_000 + 100);
  expect(rig.requests().at(-1)).toBe('POST /group/NAME/members');
  rig.reports.length = 0;
  return rig;
}

/** One whose rules have changed, and which is read for that. */
async function aChangeOfRules(change = stateWith(members, { log: true })) {
  const rig = await aSlowDevice();
  await rig.publish(change);
  await vi.advanceTimersByTimeAsync(100);
  return rig;
}

const drift = (device: MemorySimulator, stranger: string): void => {
  const { group, rule } = device.tables;
  device.tables = { group: group.map((entry) => ({ ...entry, members: [...entry.members, stranger] })), rule };
};

describe('while a device is read back', () => {
  it('who goes is shut out and who comes is let in, after one call, and nothing is taken back by what was read', async () => {
    const { device, publish, told } = await aReadBack();
    const desired = stateWith(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']);
    await publish(desired, { added: ['10.0.0.5'], removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(callMs + 150);
    expect([permitted(device, '10.0.0.1'), permitted(device, '10.0.0.5'), told()]).toEqual([false, true, ['delta']]);
    await vi.advanceTimersByTimeAsync(2 * callMs);
    expect(told().slice(0, 2)).toEqual(['delta', 'full programmed']);
    expect([permitted(device, '10.0.0.1'), permitted(device, '10.0.0.5')]).toEqual([false, true]);
  });

  it('nobody waits for longer than the call that is under way, whether the queue tells of news or not', async () => {
    const { device, publish, store } = await aReadBack();
    await publish(stateWith(members), { removed: ['10.0.0.4'] }, { ended: ['10.0.0.4'] });
    await vi.advanceTimersByTimeAsync(callMs / 2);
    const groups = [{ id: groupId, role: 'Accept' as const, added: ['10.0.0.5'], removed: [] }];
    const desired = () => stateWith([...members, '10.0.0.5']);
    await store.publish({ point: aPoint(), desired, rulesChanged: false, groups, ended: [], synced: true });
    // Publishing takes ten milliseconds here, which have passed before the first call has ended.
    await vi.advanceTimersByTimeAsync(1.5 * callMs - 10);
    expect([permitted(device, '10.0.0.4'), permitted(device, '10.0.0.5')]).toEqual([false, true]);
  });

  it('a reading that ends while something is looked for is not waited for any longer than that', async () => {
    const { store, reports } = await aReadBack();
    const ask = store.changesSince.bind(store);
    let answeredAt = Infinity;
    vi.spyOn(store, 'changesSince').mockImplementationOnce(async (...what) => {
      await new Promise((resolve) => setTimeout(resolve, 3 * callMs));
      answeredAt = Date.now();
      return ask(...what);
    });
    await vi.advanceTimersByTimeAsync(3 * callMs);
    expect([answeredAt, reports]).toEqual([Infinity, []]);
    while (reports.length === 0) await vi.advanceTimersByTimeAsync(1);
    expect(Date.now() - answeredAt).toBeLessThan(10);
  });

  it('pods that end in great numbers, one after the other, never close the door to those that come', async () => {
    const { device, publish } = await aSlowDevice(stateWith(many));
    await publish(stateWith([...many, '10.0.0.4']), { added: ['10.0.0.4'] });
    await vi.advanceTimersByTimeAsync(callMs + 5_000 + 100);
    device.latencyMs = 100;
    for (let gone = 1; gone <= 4; gone += 1) {
      const removed = many.slice(8 * (gone - 1), 8 * gone);
      await publish(stateWith([...many.slice(8 * gone), '10.0.0.4']), { removed }, { ended: removed });
      await vi.advanceTimersByTimeAsync(200);
    }
    await publish(stateWith([...many.slice(32), '10.0.0.4', '10.0.0.9']), { added: ['10.0.0.9'] });
    await vi.advanceTimersByTimeAsync(200);
    expect([permitted(device, '10.0.1.32'), permitted(device, '10.0.0.9')]).toEqual([false, true]);
  });

  it('says which version was read back and which one was sent, and reads the rest back later', async () => {
    const { publish, reports, told, requests } = await aReadBack();
    const version = await publish(stateWith(members), { removed: ['10.0.0.4'] }, { ended: ['10.0.0.4'] });
    await vi.advanceTimersByTimeAsync(3 * callMs);
    expect(
      reports.map((report) => ({
        version: report.version,
        ...('readBack' in report && { readBack: report.readBack }),
      })),
    ).toEqual([
      { version },
      { version, readBack: version - 1 },
      // Enqueued by the publication, and nothing is left to do.
      { version },
    ]);
    const before = requests().length;
    await vi.advanceTimersByTimeAsync(5_000 + 3 * callMs);
    expect(told().at(-1)).toBe('full programmed');
    expect(requests().slice(before)).toEqual(['GET /group', 'GET /rule']);
    expect(reports.at(-1)).not.toHaveProperty('readBack');
  });

  it('what was changed behind our back is still put right, and nobody is let in once that is known', async () => {
    const { device, publish, reports } = await aReadBack();
    drift(device, '192.0.2.66');
    await publish(stateWith(['10.0.0.2']), { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(4 * callMs);
    expect([permitted(device, '192.0.2.66'), permitted(device, '10.0.0.1')]).toEqual([false, false]);
    const differences = reports.flatMap((report) => (report.path === 'full' ? report.drift : []));
    expect(differences).toEqual([]);
  });

  it('a large removal that nothing explains waits for the guard, and who is let in for a look at the whole', async () => {
    const { device, publish, told } = await aSlowDevice(stateWith([...many, ...members]));
    await publish(stateWith([...many, ...members, '10.0.0.4']), { added: ['10.0.0.4'] });
    await vi.advanceTimersByTimeAsync(callMs + 5_000 + 100);
    await publish(
      stateWith(['10.0.0.9']),
      { removed: [...many, ...members], added: ['10.0.0.9'] },
      { ended: ['10.0.0.1'] },
    );
    await vi.advanceTimersByTimeAsync(callMs + 200);
    expect([permitted(device, '10.0.0.1'), permitted(device, '10.0.1.40'), permitted(device, '10.0.0.9')]).toEqual([
      false,
      true,
      false,
    ]);
    await vi.advanceTimersByTimeAsync(10 * callMs);
    expect(told().at(-1)).toBe('full held');
    expect([permitted(device, '10.0.1.40'), permitted(device, '10.0.0.9')]).toEqual([true, true]);
  });

  it('a change that the device refuses ends it, and the device is read anew', async () => {
    const { device, publish, told } = await aReadBack();
    device.fault({ kind: 'error-before', status: 503, match: 'POST', times: 1 });
    await publish(stateWith(['10.0.0.2']), { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(20 * callMs);
    expect(told()).toEqual(['full failed', 'full programmed', 'full programmed']);
    expect(permitted(device, '10.0.0.1')).toBe(false);
  });

  it('nothing passes to a point that is only observed from now on', async () => {
    const { device, publish } = await aReadBack();
    await publish(stateWith([]), {}, { point: aPoint({ mode: 'Observe' }) });
    await publish(stateWith([]), { removed: members }, { ended: [...members], point: aPoint({ mode: 'Observe' }) });
    await vi.advanceTimersByTimeAsync(10 * callMs);
    expect(permitted(device, '10.0.0.1')).toBe(true);
  });
});

describe('while a device is read for a change of rules', () => {
  it('who goes is shut out, and who comes waits until the rules are right', async () => {
    const { device, publish, requests } = await aChangeOfRules();
    await publish(
      stateWith(['10.0.0.9'], { log: true }),
      { added: ['10.0.0.9'], removed: members },
      { ended: members },
    );
    await vi.advanceTimersByTimeAsync(callMs + 150);
    expect(requests()).toContain('POST /group/NAME/members');
    expect([permitted(device, '10.0.0.1'), permitted(device, '10.0.0.9')]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(20 * callMs);
    expect([permitted(device, '10.0.0.1'), permitted(device, '10.0.0.9')]).toEqual([false, true]);
  });

  it('nobody reaches where neither the old nor the new rules let them', async () => {
    const [old, young] = ['203.0.113.7', '198.51.100.7'];
    const { device, publish } = await aChangeOfRules(stateWith(members, { to: ['198.51.100.0/24'] }));
    let wider = false;
    device.onRequest(() => (wider ||= permitted(device, '10.0.0.9', old)));
    await publish(stateWith([...members, '10.0.0.9'], { to: ['198.51.100.0/24'] }), { added: ['10.0.0.9'] });
    await vi.advanceTimersByTimeAsync(30 * callMs);
    expect([wider, permitted(device, '10.0.0.9', young), permitted(device, '10.0.0.1', old)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('while a device is read for the first time', () => {
  it("nothing passes, for what is there may be somebody else's", async () => {
    const { device, publish } = aWorker();
    device.latencyMs = callMs;
    await publish(stateWith(members));
    await publish(stateWith(['10.0.0.2']), { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(2 * callMs - 100);
    expect(device.requests().map(({ method }) => method)).toEqual(['GET']);
    await vi.advanceTimersByTimeAsync(20 * callMs);
    expect([permitted(device, '10.0.0.1'), permitted(device, '10.0.0.2')]).toEqual([false, true]);
  });
});

/** A publication, so many milliseconds after the one before. */
interface Step {
  readonly afterMs: number;
  readonly address: string;
  readonly to: 'old' | 'young' | undefined;
  readonly fault: 'reset-after' | 'error-before' | undefined;
}

const networks = { old: '203.0.113.0/24', young: '198.51.100.0/24' };
const pool = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.integer({ min: 1, max: 4_000 }),
  address: fc.constantFrom(...pool),
  to: fc.option(fc.constantFrom('old', 'young'), { nil: undefined, freq: 4 }),
  fault: fc.option(fc.constantFrom('reset-after', 'error-before'), { nil: undefined, freq: 8 }),
});

describe('whatever changes whenever a device is read', () => {
  it.each([true, false])(
    'is at no time permitted more than what was published and not yet settled, and settles (transactions: %s)',
    async (transactions) => {
      const point = aPoint({ config: { transactions } });
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { minLength: 1, maxLength: 12 }), async (steps) => {
          const { device, publish, reports, queue, store } = aWorker({ readBackAfterMs: 1_500 });
          let [inside, to]: [ReadonlySet<string>, keyof typeof networks] = [new Set(pool.slice(0, 2)), 'old'];
          const flows = (): string[] => [...inside].map((address) => `${address} ${to}`);
          let [allowed, version] = [new Set(flows()), 0];
          const settled = (): boolean => {
            const last = reports.at(-1);
            return last?.path === 'full' && last.result.state === 'programmed' && last.version === version;
          };
          const seen = (): string[] =>
            pool.flatMap((address) => [
              ...(permitted(device, address, '203.0.113.7') ? [`${address} old`] : []),
              ...(permitted(device, address, '198.51.100.7') ? [`${address} young`] : []),
            ]);
          const wider: string[] = [];
          device.onRequest(() => wider.push(...seen().filter((flow) => !allowed.has(flow))));
          const desired = (): ReturnType<typeof stateWith> => stateWith([...inside].sort(), { to: [networks[to]] });
          await publish(desired(), {}, { point });
          await vi.advanceTimersByTimeAsync(50);
          device.latencyMs = 400;
          for (const { afterMs, address, to: next, fault } of steps) {
            await vi.advanceTimersByTimeAsync(afterMs);
            if (settled()) allowed = new Set(flows());
            if (fault !== undefined) device.fault({ kind: fault, status: 503, match: 'POST', times: 1 });
            const leaves = inside.has(address);
            if (next === undefined || next === to) {
              inside = new Set(leaves ? [...inside].filter((one) => one !== address) : [...inside, address]);
              for (const flow of flows()) allowed.add(flow);
              const delta = leaves ? { removed: [address] } : { added: [address] };
              version = await publish(desired(), delta, { point, ended: leaves ? [address] : [] });
            } else {
              to = next;
              for (const flow of flows()) allowed.add(flow);
              version = await publish(desired(), {}, { point });
            }
          }
          device.clearFaults();
          await vi.advanceTimersByTimeAsync(60_000);
          const before = device.requests().length;
          await store.distrust('edge');
          await queue.enqueue('edge');
          await vi.advanceTimersByTimeAsync(10_000);
          expect(wider).toEqual([]);
          expect(seen().sort()).toEqual(flows().sort());
          const methods = device.requests().map(({ method }) => method);
          expect(methods.slice(before)).toEqual(['GET', 'GET']);
        }),
        { numRuns: 100, seed: 7 },
      );
    },
  );
});
