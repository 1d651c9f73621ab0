import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../../adapters/memory/device.ts';
import type { DeviceAnswer } from '../../../adapters/memory/simulator.ts';
import { aDesiredState, aGroup, aPoint, aRule } from '../../../test/kit/builders.ts';
import { systemClock } from '../../compose/clock.ts';
import { aWorker, permitted, SlowSimulator, type WorkerRig } from '../../../test/kit/worker-rig.ts';
import { MemoryAuditStore } from '../../audit/memory-audit-store.ts';
import type { DesiredState, GroupDelta } from '../../core/model/desired.ts';

/** Who writes and how many at a time; each request takes as long as the test says. */
class BusyDevice extends SlowSimulator {
  takes: () => number = () => 0;
  /** Of two to one look at the device. */
  readTakesMs = 0;
  most = 0;
  readonly began: number[] = [];
  /** Bodies of the requests that are being dealt with. */
  readonly #inFlight = new Set<string>();
  overlapping = false;

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (request.method === 'GET') {
      await systemClock.sleep(this.readTakesMs);
      return super.request(request);
    }
    const body = JSON.stringify(request.body);
    this.overlapping ||= [...this.#inFlight].some((other) =>
      addressesIn(other).some((one) => body.includes(`"${one}"`)),
    );
    this.#inFlight.add(body);
    this.most = Math.max(this.most, this.#inFlight.size);
    this.began.push(systemClock.now());
    await systemClock.sleep(this.takes());
    try {
      return await super.request(request);
    } finally {
      this.#inFlight.delete(body);
    }
  }
}

const addressesIn = (text: string): string[] => text.match(/\d+\.\d+\.\d+\.\d+/g) ?? [];

const point = aPoint({ config: { transactions: false }, guard: { maxRemovals: 1_000, maxRemovalsPercent: 100 } });
/** Two groups, each let out to a network of its own. */
const groups = { one: '00000000000a', two: '00000000000b' } as const;
const targets = { one: '203.0.113.7', two: '198.51.100.7' } as const;
type Group = keyof typeof groups;
/** Where each address is: in one of the groups, or in none. */
type Placed = ReadonlyMap<string, Group>;

function stateOf(placed: Placed): DesiredState {
  const membersOf = (group: Group): string[] =>
    [...placed].flatMap(([who, where]) => (where === group ? [who] : [])).sort();
  return aDesiredState({
    groups: [
      aGroup({ id: groups.one, members: membersOf('one') }),
      aGroup({ id: groups.two, members: membersOf('two') }),
    ],
    rules: [
      aRule({ id: '100000000001', sources: [groups.one], to: ['203.0.113.0/24'] }),
      aRule({ id: '100000000002', sources: [groups.two], to: ['198.51.100.0/24'] }),
    ],
  });
}

/** Publishes that these addresses are elsewhere now, or nowhere. @returns the version */
async function publish({ store, queue }: WorkerRig, before: Placed, after: Placed): Promise<number> {
  const ids = Object.keys(groups) as Group[];
  const changed = (from: Placed, to: Placed, group: Group): string[] =>
    [...to].flatMap(([who, where]) => (where === group && from.get(who) !== group ? [who] : []));
  const deltas = ids.map((group): GroupDelta => ({
    id: groups[group],
    role: 'Accept',
    added: changed(before, after, group),
    removed: changed(after, before, group),
  }));
  const ended = [...before.keys()].filter((who) => !after.has(who));
  const desired = (): DesiredState => stateOf(after);
  const version = await store.publish({ point, desired, rulesChanged: false, groups: deltas, ended, synced: true });
  await queue.enqueue('edge');
  return version;
}

/** A point that is up to date, at a device whose writes take so long from now on. */
async function aBusyPoint(placed: Placed, takes: () => number, options: Parameters<typeof aWorker>[0] = {}) {
  const device = new BusyDevice();
  const rig = aWorker({ device, readBackAfterMs: 60_000, ...options });
  await rig.publish(stateOf(placed), {}, { point });
  await vi.advanceTimersByTimeAsync(100);
  device.takes = takes;
  device.began.length = device.most = 0;
  return { ...rig, device };
}

const numbered = (count: number, from = 1): string[] => Array.from({ length: count }, (_, i) => `10.0.1.${from + i}`);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('changes of members that are published faster than the device answers', () => {
  it('are several calls in flight, begun evenly apart, each change once', async () => {
    const rig = await aBusyPoint(new Map(), () => 100);
    let placed: Placed = new Map();
    for (const who of numbered(200)) {
      const next = new Map([...placed, [who, 'one' as const]]);
      await publish(rig, placed, next);
      placed = next;
      await vi.advanceTimersByTimeAsync(5);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    const { device } = rig;
    const steady = device.began.slice(-12).map((at, index, all) => at - (all[index - 1] ?? at));
    expect([device.most, device.overlapping]).toEqual([4, false]);
    expect(Math.min(...steady.slice(1))).toBeGreaterThanOrEqual(20);
    expect(numbered(200).filter((who) => !permitted(device, who))).toEqual([]);
    const sent = device.requests().flatMap(({ body }) => addressesIn(body));
    expect(sent.length).toBe(new Set(sent).size);
  });

  it('are on record before they are sent, each with its own reason, and closed', async () => {
    const audit = new MemoryAuditStore(systemClock);
    const rig = await aBusyPoint(new Map([['10.0.0.9', 'two']]), () => 100, { audit });
    let placed: Placed = new Map([['10.0.0.9', 'two']]);
    for (const who of numbered(20)) {
      const next = new Map([...placed, [who, 'one' as const]]);
      await publish(rig, placed, next);
      placed = next;
      await vi.advanceTimersByTimeAsync(20);
    }
    await publish(rig, placed, new Map([...placed].filter(([who]) => who !== '10.0.0.9')));
    await vi.advanceTimersByTimeAsync(500);
    const lines: string[] = [];
    for await (const { text } of audit.lines('edge')) lines.push(text);
    const begun = lines.filter((line) => line.includes('"begun"') && line.includes('"op":"members"'));
    expect(new Set(begun.map((line) => (line.includes('pod-added') ? 'pod-added' : 'pod-ended')))).toEqual(
      new Set(['pod-added', 'pod-ended']),
    );
    expect(begun.filter((line) => line.includes('10.0.0.9')).every((line) => line.includes('pod-ended'))).toBe(true);
    expect(await audit.unsettled('edge')).toEqual([]);
  });

  it('leave the device to the full path, once all have ended, when rules change', async () => {
    const rig = await aBusyPoint(new Map(), () => 1_000);
    const members: Placed = new Map(numbered(3).map((who) => [who, 'one' as const]));
    await publish(rig, new Map(), members);
    await vi.advanceTimersByTimeAsync(100);
    await rig.publish({ ...stateOf(members), rules: [] }, {}, { point });
    const before = rig.device.requests().length;
    await vi.advanceTimersByTimeAsync(800);
    expect(rig.device.requests()).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(rig.told()).toContain('full programmed');
    expect(permitted(rig.device, '10.0.1.1')).toBe(false);
  });

  it('do not wait for one that does not answer, also when the device is due to be read', async () => {
    let takesMs = 100;
    let placed: Placed = new Map();
    const rig = await aBusyPoint(placed, () => takesMs, { readBackAfterMs: 5_000 });
    const move = async (next: Placed): Promise<void> => {
      await publish(rig, placed, next);
      placed = next;
      await vi.advanceTimersByTimeAsync(20);
    };
    for (const who of numbered(20)) await move(new Map([...placed, [who, 'one']]));
    await vi.advanceTimersByTimeAsync(200);
    takesMs = 30_000;
    rig.reports.length = 0;
    await move(new Map([...placed, ['10.0.2.1', 'one']]));
    takesMs = 100;
    await vi.advanceTimersByTimeAsync(6_000);
    await move(new Map([...placed].filter(([who]) => who !== '10.0.1.1')));
    await vi.advanceTimersByTimeAsync(300);
    expect([permitted(rig.device, '10.0.1.1'), permitted(rig.device, '10.0.2.1')]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([permitted(rig.device, '10.0.2.1'), rig.told()]).toEqual([
      true,
      expect.arrayContaining(['full programmed']),
    ]);
  });

  it('are held where too many are removals that nothing explains, also when they come one by one during a call', async () => {
    const people = numbered(40);
    const guarded = { ...point, spec: { ...point.spec, guard: { maxRemovals: 5, maxRemovalsPercent: 100 } } };
    const everybody: Placed = new Map(people.map((who) => [who, 'one']));
    const rig = await aBusyPoint(everybody, () => 1_000);
    const change = async (placed: Placed, added: readonly string[], removed: readonly string[]): Promise<void> => {
      const delta: GroupDelta = { id: groups.one, role: 'Accept', added, removed };
      const publication = { rulesChanged: false, groups: [delta], ended: [], synced: true };
      await rig.store.publish({ point: guarded, desired: () => stateOf(placed), ...publication });
      await rig.queue.enqueue('edge');
      await vi.advanceTimersByTimeAsync(20);
    };
    await change(new Map([...everybody, ['10.0.2.1', 'one']]), ['10.0.2.1'], []);
    for (const [at, who] of people.slice(0, 30).entries())
      await change(new Map([...[...everybody].slice(at + 1), ['10.0.2.1', 'one']]), [], [who]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(people.filter((who) => !permitted(rig.device, who))).toEqual([]);
    expect(rig.told()).toContain('full held');
  });

  it('end when the controller no longer sees the whole cluster: nothing that it misses leaves the device', async () => {
    const both: Placed = new Map(numbered(2).map((who) => [who, 'one']));
    const rig = await aBusyPoint(both, () => 1_000);
    const placed: Placed = new Map([...both, ['10.0.2.1', 'one']]);
    await publish(rig, both, placed);
    await vi.advanceTimersByTimeAsync(100);
    const missed: GroupDelta = { id: groups.one, role: 'Accept', added: [], removed: ['10.0.1.1'] };
    const news = { rulesChanged: false, groups: [missed], ended: [], synced: false };
    await rig.store.publish({ point, desired: () => stateOf(new Map([...placed].slice(1))), ...news });
    await rig.queue.enqueue('edge');
    await vi.advanceTimersByTimeAsync(20_000);
    expect([permitted(rig.device, '10.0.1.1'), permitted(rig.device, '10.0.2.1')]).toEqual([true, true]);
    expect(rig.told()).toContain('full held');
  });

  it('wait for a network that leaves, so that it leaves once what is in flight has ended', async () => {
    const network = '10.9.0.0/24';
    let placed: Placed = new Map([[network, 'one']]);
    const rig = await aBusyPoint(placed, () => 100);
    const move = async (next: Placed): Promise<void> => {
      await publish(rig, placed, next);
      placed = next;
      await vi.advanceTimersByTimeAsync(10);
    };
    for (const who of numbered(60)) await move(new Map([...placed, [who, 'one']]));
    expect([rig.device.most, permitted(rig.device, '10.9.0.5')]).toEqual([4, true]);
    await move(new Map([...placed].filter(([who]) => who !== network)));
    for (const who of numbered(30, 61)) await move(new Map([...placed, [who, 'one']]));
    expect(permitted(rig.device, '10.9.0.5')).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([...placed.keys()].filter((who) => !permitted(rig.device, who))).toEqual([]);
  });

  it('are several calls in flight also after the clock was set, however far and while they last', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const rig = await aBusyPoint(new Map(), () => 100, { clock });
    let placed: Placed = new Map();
    const mostOf = async (people: readonly string[]): Promise<number> => {
      rig.device.most = 0;
      for (const who of people) {
        const next = new Map([...placed, [who, 'one' as const]]);
        await publish(rig, placed, next);
        placed = next;
        await vi.advanceTimersByTimeAsync(10);
      }
      return rig.device.most;
    };
    const most = [await mostOf(numbered(50))];
    for (const [at, ms] of [-7_200_000, -40, 7_200_000].entries()) {
      aheadMs += ms;
      most.push(await mostOf(numbered(50, 51 + at * 50)));
    }
    expect(most).toEqual([4, 4, 4, 4]);
  });

  it('go one at a time again to a device that says it is asked too much', async () => {
    const rig = await aBusyPoint(new Map(), () => 50);
    let placed: Placed = new Map();
    const churn = async (people: readonly string[]): Promise<void> => {
      for (const who of people) {
        const next = new Map([...placed, [who, 'one' as const]]);
        await publish(rig, placed, next);
        placed = next;
        await vi.advanceTimersByTimeAsync(10);
      }
    };
    await churn(numbered(60));
    rig.device.fault({ kind: 'throttle', match: 'POST', times: 1 });
    await churn(numbered(20, 61));
    await vi.advanceTimersByTimeAsync(60_000);
    rig.device.most = 0;
    await churn(numbered(60, 101));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rig.device.most).toBe(1);
    expect([...placed.keys()].filter((who) => !permitted(rig.device, who))).toEqual([]);
  });
});

describe('another point that waits', () => {
  it('gets its turn after one call, however much there is to do at this one', async () => {
    const rig = await aBusyPoint(new Map(), () => 100);
    const points = ['a', 'b', 'c'].map((name) => ({ ...point, metadata: { ...point.metadata, name } }));
    for (const each of points) await rig.publish(stateOf(new Map()), {}, { point: each });
    await vi.advanceTimersByTimeAsync(1_000);
    const turns: string[] = [];
    rig.reports.length = 0;
    const version = new Map<string, number>();
    for (let i = 0; i < 100; i += 1) {
      for (const each of points) {
        const { name } = each.metadata;
        const groupsOf = [{ id: groups.one, role: 'Accept' as const, added: [`10.1.0.${i}`], removed: [] }];
        const desired = (): DesiredState => stateOf(new Map());
        const publication = { point: each, desired, rulesChanged: false, groups: groupsOf, ended: [], synced: true };
        version.set(name, await rig.store.publish(publication));
        await rig.queue.enqueue(name);
      }
      await vi.advanceTimersByTimeAsync(10);
    }
    turns.push(...rig.reports.map((report) => report.point));
    const longest = turns.join('').match(/a{4,}|b{4,}|c{4,}/g) ?? [];
    expect([new Set(turns).size, longest]).toEqual([3, []]);
  });
});

interface Step {
  readonly afterMs: number;
  readonly who: string;
  readonly where: Group | undefined;
  readonly fault: 'reset-after' | 'error-before' | 'error-after' | undefined;
}

const pool = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
const steps = fc.array(
  fc.record<Step>({
    afterMs: fc.integer({ min: 0, max: 120 }),
    who: fc.constantFrom(...pool),
    where: fc.constantFrom('one', 'two', undefined),
    fault: fc.option(fc.constantFrom('reset-after', 'error-before', 'error-after'), { nil: undefined, freq: 12 }),
  }),
  { minLength: 5, maxLength: 40 },
);
/** So far apart that calls overtake one another, and no further: a device that stumbles is asked one thing at a time. */
const latencies = fc.array(fc.integer({ min: 200, max: 300 }), { minLength: 5, maxLength: 30 });

describe('whatever is published while calls are in flight, and in whichever order the device meets them', () => {
  it.each([
    { readBackAfterMs: 2_000, readTakesMs: 0 },
    { readBackAfterMs: 900, readTakesMs: 300 },
  ])(
    'no address is in two calls, none is permitted more than was wanted of it, and what is said is so: %o',
    async (reading) => {
      const mostAtOnce: number[] = [];
      await fc.assert(
        fc.asyncProperty(steps, latencies, async (path, delays) => {
          let turn = 0;
          let placed: Placed = new Map();
          const rig = await aBusyPoint(placed, () => delays[(turn += 1) % delays.length] ?? 1, reading);
          const { device, store } = rig;
          device.readTakesMs = reading.readTakesMs;
          for (const who of numbered(10)) {
            const next = new Map([...placed, [who, 'one' as const]]);
            await publish(rig, placed, next);
            placed = next;
            await vi.advanceTimersByTimeAsync(100);
          }
          mostAtOnce.push(device.most);
          const placesOf = (who: string): Group[] =>
            (Object.keys(groups) as Group[]).filter((group) => permitted(device, who, targets[group]));
          /** Of each address, where it was wanted since it was last seen to be there. */
          const wanted = new Map(pool.map((who) => [who, new Set([placed.get(who)])]));
          const wrong: string[] = [];
          device.onRequest(() => {
            for (const who of pool) {
              const places = placesOf(who);
              if (places.length > 1) wrong.push(`${who} is in both`);
              if (places.some((place) => wanted.get(who)?.has(place) !== true))
                wrong.push(`${who} is in ${places.join()}`);
            }
          });
          /** The version in which each address was published last. */
          const published = new Map<string, number>();
          const acknowledge = store.acknowledge.bind(store);
          vi.spyOn(store, 'acknowledge').mockImplementation((name, version, dueAt) => {
            for (const [who, at] of published)
              if (at <= version && placesOf(who).join() !== [placed.get(who)].join())
                wrong.push(`${who} is not as in version ${version}`);
            return acknowledge(name, version, dueAt);
          });
          for (const { afterMs, who, where, fault } of path) {
            await vi.advanceTimersByTimeAsync(afterMs);
            if (fault !== undefined) device.fault({ kind: fault, status: 503, match: 'POST', times: 1 });
            const next = new Map(placed);
            if (where === undefined) next.delete(who);
            else next.set(who, where);
            wanted.get(who)?.add(where);
            published.delete(who);
            const version = await publish(rig, placed, next);
            placed = next;
            published.set(who, version);
          }
          device.clearFaults();
          await vi.advanceTimersByTimeAsync(120_000);
          for (const who of pool) wanted.set(who, new Set([placed.get(who)]));
          expect(wrong).toEqual([]);
          expect(device.overlapping).toBe(false);
          expect(pool.map((who) => placesOf(who))).toEqual(pool.map((who) => [placed.get(who)].filter(Boolean)));
        }),
        { numRuns: 50 },
      );
      expect(Math.min(...mostAtOnce)).toBeGreaterThan(1);
    },
  );
});
