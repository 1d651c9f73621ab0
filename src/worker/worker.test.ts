import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { aBegun } from '../../test/kit/audit-records.ts';
import { aPoint } from '../../test/kit/builders.ts';
import { systemClock } from '../compose/clock.ts';
import { aWorker, permitted, stateWith as state } from '../../test/kit/worker-rig.ts';
import { MemoryReadingStore } from '../store/reading-store.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { MemoryDesiredStore } from '../store/memory-store.ts';
import type { Work } from '../store/desired-store.ts';

const many = Array.from({ length: 40 }, (_, index) => `10.0.0.${index + 1}`);

const writes = (device: MemorySimulator): string[] =>
  device
    .requests()
    .filter(({ wrote }) => wrote)
    .map(({ method, path }) => `${method} ${path}`);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function recorded(audit: MemoryAuditStore): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { text } of audit.lines('edge')) lines.push(text);
  return lines;
}

/** A store beside which the controller may have ended. */
class SilentStore extends MemoryDesiredStore {
  heardAt: number | undefined;

  override async take(point: string): Promise<Work | undefined> {
    const work = await super.take(point);
    return work && { ...work, controllerSilentMs: this.heardAt === undefined ? 0 : Date.now() - this.heardAt };
  }
}

describe('A point whose grants expire without a controller', () => {
  const expiring = aPoint({
    onControllerLoss: 'Expire',
    expireAfterSeconds: 600,
    guard: { maxRemovals: 1, maxRemovalsPercent: 1 },
  });
  const minutes = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 60_000);

  it('permits nobody anything after that time, held by no guard, and lets them in again when one is back', async () => {
    const store = new SilentStore();
    const { device, publish, reports, queue } = aWorker({ store });
    await publish(state(many), {}, { point: expiring });
    store.heardAt = Date.now();
    await minutes(9);
    expect(permitted(device, '10.0.0.40')).toBe(true);
    await minutes(12);
    expect(many.filter((address) => permitted(device, address))).toEqual([]);
    expect(reports.at(-1)).toMatchObject({
      path: 'full',
      result: { state: 'held', violations: [{ guard: 'controller-lost' }] },
    });
    store.heardAt = undefined;
    await queue.enqueue('edge', { urgent: true });
    await minutes(0.1);
    expect(many.filter((address) => !permitted(device, address))).toEqual([]);
    expect(reports.at(-1)).toMatchObject({ path: 'full', result: { state: 'programmed', violations: [] } });
  });

  it('shuts nobody out where a controller is heard of as soon as the store is back', async () => {
    const store = new SilentStore();
    const { device, publish, queue } = aWorker({ store });
    await publish(state(many), {}, { point: expiring });
    const before = device.requests().length;
    store.heardAt = Date.now() - 3_600_000;
    await queue.enqueue('edge');
    await minutes(0.02);
    store.heardAt = undefined;
    await minutes(5);
    expect(device.requests().length).toBe(before);
  });

  it('sends nothing to the device while a controller is heard of', async () => {
    const { device, publish } = aWorker({ store: new SilentStore() });
    await publish(state(many), {}, { point: expiring });
    const before = device.requests().length;
    await minutes(120);
    expect(device.requests().length).toBe(before);
  });

  it('keeps everything unless it says so, for however long', async () => {
    const store = new SilentStore();
    const { device, publish, queue } = aWorker({ store });
    await publish(state(many));
    store.heardAt = Date.now();
    await minutes(10_000);
    await queue.enqueue('edge');
    await minutes(1);
    expect(many.filter((address) => !permitted(device, address))).toEqual([]);
  });
});

describe('Worker', () => {
  it('reads, writes and reads back the first time, and then sends a change of members as one call without reading', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(['10.0.0.1']));
    const before = device.requests().length;
    await publish(state(['10.0.0.1', '10.0.0.2']), { added: ['10.0.0.2'] });
    expect(told()).toEqual(['full programmed', 'delta']);
    expect(
      device
        .requests()
        .slice(before)
        .map(({ method }) => method),
    ).toEqual(['POST']);
    expect(permitted(device, '10.0.0.2')).toBe(true);
  });

  it('takes nothing for done before it is known what became of it', async () => {
    let record = (): void => undefined;
    const recorded = new Promise<void>((resolve) => (record = resolve));
    const { publish, told, store } = aWorker({ report: () => recorded });
    const waiting = async (): Promise<boolean> => (await store.take('edge'))?.deltas === undefined;
    await publish(state(['10.0.0.1']));
    expect([told(), await waiting()]).toEqual([['full programmed'], true]);
    record();
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting()).toBe(false);
  });

  it('reads back some time after deltas', async () => {
    const { publish, told } = aWorker();
    await publish(state(['10.0.0.1']));
    await publish(state([]), { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(5_010);
    expect(told()).toEqual(['full programmed', 'delta', 'full programmed']);
  });

  it('reads back some time after deltas, also where the clock was set back meanwhile', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const { publish, told } = aWorker({ clock });
    await publish(state(['10.0.0.1']));
    await publish(state(['10.0.0.1', '10.0.0.2']), { added: ['10.0.0.2'] });
    aheadMs = -7_200_000;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(told()).toEqual(['full programmed', 'delta', 'full programmed']);
  });

  it('says, where there is nothing to send, whether what was sent last has been read back', async () => {
    const { device, publish, queue, reports } = aWorker();
    const asked = async (): Promise<unknown> => {
      const before = device.requests().length;
      await queue.enqueue('edge');
      await vi.advanceTimersByTimeAsync(1);
      expect(device.requests().length).toBe(before);
      const last = reports.at(-1);
      return last?.path === 'delta' && last.readBack === last.version;
    };
    await publish(state(['10.0.0.1']));
    expect(await asked()).toBe(true);
    await publish(state([]), { removed: ['10.0.0.1'] }, { ended: ['10.0.0.1'] });
    expect(await asked()).toBe(false);
    await vi.advanceTimersByTimeAsync(5_010);
    expect(await asked()).toBe(true);
  });

  it('takes a closer look at a large removal that nothing explains, and holds it', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(many));
    await publish(state([]), { removed: many });
    expect(told()).toEqual(['full programmed', 'full held']);
    expect(permitted(device, '10.0.0.40')).toBe(true);
  });

  it('carries out a large removal at once when the pods were seen to end', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(many));
    await publish(state([]), { removed: many }, { ended: many });
    expect(told()).toEqual(['full programmed', 'delta']);
    expect(permitted(device, '10.0.0.40')).toBe(false);
  });

  it('tries again after a failure, from a fresh reading', async () => {
    const { device, publish, told } = aWorker();
    device.fault({ kind: 'error-before', status: 503, times: 2 });
    await publish(state(['10.0.0.1']));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told()).toEqual(['full failed', 'full failed', 'full programmed']);
    expect(permitted(device, '10.0.0.1')).toBe(true);
  });

  it('waits longer after each failure, and does not begin to knock from the start where another worker left off', async () => {
    const first = aWorker();
    first.device.fault({ kind: 'error-before', status: 503, times: 100 });
    await first.publish(state(['10.0.0.1']));
    await vi.advanceTimersByTimeAsync(12_000);
    // After 0, 1, 2, 4 and 8 s: as long as it has failed, and half of what the table says at first, for the rig knows no chance.
    expect(first.told()).toHaveLength(5);
    await first.queue.close();
    const second = aWorker({ store: first.store });
    second.device.fault({ kind: 'error-before', status: 503, times: 100 });
    await second.queue.enqueue('edge');
    await vi.advanceTimersByTimeAsync(11_000);
    expect(second.told()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(second.told()).toHaveLength(2);
  });

  it.each([
    ['refused', { token: 'old' }],
    ['not there', undefined],
  ])(
    'notices soon that a Secret that was %s is another one, and does not try the same one again meanwhile',
    async (_, first) => {
      let secret: Readonly<Record<string, string>> | undefined = first;
      const { device, publish, told } = aWorker({ secrets: () => Promise.resolve(secret) });
      device.fault({ kind: 'error-before', status: 401, times: 1 });
      await publish(state(['10.0.0.1']), {}, { point: aPoint({ secretRef: { name: 'edge' } }) });
      await vi.advanceTimersByTimeAsync(60_000);
      expect(told()).toHaveLength(1);
      device.clearFaults();
      secret = { token: 'new' };
      await vi.advanceTimersByTimeAsync(10_010);
      expect(told().slice(1)).toEqual(['full programmed']);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(told()).toHaveLength(2);
    },
  );

  it('does not believe a device that says yes and does nothing', async () => {
    const { device, publish, reports, told } = aWorker();
    device.fault({ kind: 'success-without-effect', match: 'POST' });
    await publish(state(['10.0.0.1']));
    expect(told()).toEqual(['full failed']);
    expect(reports[0]).toMatchObject({ result: { error: { errorClass: 'conflict' } } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told().at(-1)).toBe('full programmed');
  });

  it('tells what was changed on the device behind its back, and puts it right', async () => {
    const { device, publish, reports, queue, store } = aWorker();
    await publish(state(['10.0.0.1']));
    const { group: groups, rule } = device.tables;
    device.tables = { group: groups.map((entry) => ({ ...entry, members: ['10.0.0.1', '192.0.2.66'] })), rule };
    await store.distrust('edge');
    await queue.enqueue('edge');
    await vi.advanceTimersByTimeAsync(10);
    expect(reports.flatMap((item) => (item.path === 'full' ? [item.drift] : []))).toEqual([
      [],
      [expect.objectContaining({ what: 'members', field: 'members', desired: [], found: ['192.0.2.66'] })],
    ]);
    expect(permitted(device, '192.0.2.66')).toBe(false);
  });

  it('touches nothing in mode Observe', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(['10.0.0.1']), {}, { point: aPoint({ mode: 'Observe' }) });
    expect(told()).toEqual(['full planned']);
    expect(writes(device)).toEqual([]);
  });

  it('lets a rule wait for its change window, but no pod that joins or leaves', async () => {
    vi.setSystemTime(new Date('2026-03-04T21:00:00Z'));
    const point = aPoint({ changeWindows: [{ days: ['Wed'], from: '22:00', to: '23:00', timeZone: 'UTC' }] });
    const { device, publish, reports, told, queue } = aWorker();
    await publish(state(['10.0.0.1']), {}, { point });
    expect(told()).toEqual(['full held']);
    expect(reports[0]).toMatchObject({ result: { violations: [{ guard: 'change-window' }] } });
    expect(permitted(device, '10.0.0.1')).toBe(false);
    vi.setSystemTime(new Date('2026-03-04T22:00:00Z'));
    await queue.enqueue('edge');
    await vi.advanceTimersByTimeAsync(10);
    expect(permitted(device, '10.0.0.1')).toBe(true);
    vi.setSystemTime(new Date('2026-03-04T23:00:00Z'));
    await publish(state(['10.0.0.2']), { added: ['10.0.0.2'], removed: ['10.0.0.1'] }, { point, ended: ['10.0.0.1'] });
    expect(['10.0.0.1', '10.0.0.2'].map((address) => permitted(device, address))).toEqual([false, true]);
    const all = { destination: { any: true, names: [], networks: [] } };
    await publish(state(['10.0.0.2'], { id: 'ffffffffffff', ...all }), {}, { point });
    expect(told().at(-1)).toBe('full held');
    expect(permitted(device, '10.0.0.2', '198.51.100.1')).toBe(false);
  });

  it('takes back at once what a rule that waits no longer leads to, lets pods join it, and names what waits', async () => {
    vi.setSystemTime(new Date('2026-03-04T22:00:00Z'));
    const point = aPoint({ changeWindows: [{ days: ['Wed'], from: '22:00', to: '23:00', timeZone: 'UTC' }] });
    const readings = new MemoryReadingStore();
    const audit = new MemoryAuditStore(systemClock);
    const { device, publish, reports, told } = aWorker({ readings, audit });
    const to = (...networks: string[]) => ({ destination: { any: false, names: [], networks } });
    const [kept, gone, granted] = ['203.0.113.7', '198.51.100.7', '192.0.2.7'] as const;
    const reached = (src: string): readonly boolean[] =>
      [kept, gone, granted].map((dst) => permitted(device, src, dst));
    await publish(state(['10.0.0.1'], to('203.0.113.0/24', '198.51.100.0/24')), {}, { point });
    expect(reached('10.0.0.1')).toEqual([true, true, false]);
    vi.setSystemTime(new Date('2026-03-04T23:00:00Z'));
    await publish(state(['10.0.0.1'], to('203.0.113.0/24', '192.0.2.0/24')), {}, { point });
    expect(reached('10.0.0.1')).toEqual([true, false, false]);
    await publish(state(['10.0.0.1', '10.0.0.2'], to('203.0.113.0/24', '192.0.2.0/24')), {}, { point });
    expect(reached('10.0.0.2')).toEqual([true, false, false]);
    expect(told()).toEqual(['full programmed', 'full held', 'full held']);
    const what = 'EgressPolicy/shop/checkout spec.to[0]: 192.0.2.0/24 TCP 443';
    expect(reports.at(-1)).toMatchObject({
      result: { violations: [{ message: `1 change waits for a change window (Wed 22:00-23:00 UTC): ${what}.` }] },
    });
    // Nor does it come back before the window opens, when the first form is wanted again.
    await publish(state(['10.0.0.1'], to('203.0.113.0/24', '198.51.100.0/24')), {}, { point });
    expect(reached('10.0.0.1')).toEqual([true, false, false]);
    const lines = await recorded(audit);
    const written = lines.filter((line) => line.includes('"op":"update"'));
    expect(written).toEqual([expect.stringContaining('"networks":["203.0.113.0/24"]')]);
    vi.setSystemTime(new Date('2026-03-11T22:00:00Z'));
    await publish(state(['10.0.0.1'], to('203.0.113.0/24', '192.0.2.0/24')), {}, { point });
    expect(reached('10.0.0.1')).toEqual([true, false, true]);
    expect(told().at(-1)).toBe('full programmed');
  });

  it.each([
    ['the point was only observed', 'Observe', true],
    ['the cluster was not seen whole', 'Enforce', false],
  ] as const)(
    'takes back outside of a window also what it only looked at before, while %s',
    async (_, mode, synced) => {
      const changeWindows = [{ days: ['Wed' as const], from: '22:00', to: '23:00', timeZone: 'UTC' }];
      const point = aPoint({ changeWindows });
      const { device, publish, told } = aWorker();
      const to = (...networks: string[]) => ({ destination: { any: false, names: [], networks } });
      const wanted = state(['10.0.0.1'], to('203.0.113.0/24', '192.0.2.0/24'));
      vi.setSystemTime(new Date('2026-03-04T22:00:00Z'));
      await publish(state(['10.0.0.1'], to('203.0.113.0/24', '198.51.100.0/24')), {}, { point });
      vi.setSystemTime(new Date('2026-03-04T23:00:00Z'));
      await publish(wanted, {}, { point: aPoint({ changeWindows, mode }), synced });
      expect(permitted(device, '10.0.0.1', '198.51.100.7')).toBe(true);
      await publish(wanted, {}, { point });
      const reached = ['203.0.113.7', '198.51.100.7', '192.0.2.7'].map((dst) => permitted(device, '10.0.0.1', dst));
      expect(reached).toEqual([true, false, false]);
      expect(told()).toEqual(['full programmed', 'full held', 'full held']);
    },
  );

  it('keeps nothing of what was in force while a point has no windows', async () => {
    const point = aPoint({ changeWindows: [{ days: ['Wed'], from: '22:00', to: '23:00', timeZone: 'UTC' }] });
    const readings = new MemoryReadingStore();
    const { publish } = aWorker({ readings });
    vi.setSystemTime(new Date('2026-03-04T22:00:00Z'));
    await publish(state(['10.0.0.1']), {}, { point });
    expect(await readings.inForce('edge')).toMatchObject({ rules: [{ action: 'Accept' }] });
    await publish(state([]));
    expect(await readings.inForce('edge')).toBeUndefined();
  });

  it('forgets what was in force and read of a point that is withdrawn, also during a sync, and of no other', async () => {
    const point = aPoint({ changeWindows: [{ days: ['Wed'], from: '22:00', to: '23:00', timeZone: 'UTC' }] });
    const readings = new MemoryReadingStore();
    const { publish, store, queue } = aWorker({ readings });
    const kept = async () =>
      [await readings.inForce('edge'), await readings.last('edge')].map((one) => one !== undefined);
    vi.setSystemTime(new Date('2026-03-04T22:00:00Z'));
    await publish(state(['10.0.0.1']), {}, { point });
    await readings.keep({ point: 'edge', version: 1, resources: [], losses: [] });
    const take = vi.spyOn(store, 'take').mockResolvedValue(undefined);
    await queue.enqueue('edge');
    await vi.advanceTimersByTimeAsync(10);
    expect(take).toHaveBeenCalled();
    expect(await kept()).toEqual([true, true]);
    take.mockRestore();
    const keepInForce = readings.keepInForce.bind(readings);
    const keeping = vi.spyOn(readings, 'keepInForce').mockImplementation(async (...what) => {
      await store.withdraw('edge');
      await queue.enqueue('edge');
      return keepInForce(...what);
    });
    await publish(state(['10.0.0.2']), {}, { point });
    expect(keeping).toHaveBeenCalled();
    expect(await kept()).toEqual([false, false]);
  });

  it('reads a device on which something is held before it sends anything more', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(['10.0.0.1']));
    const { group: groups, rule } = device.tables;
    device.tables = { group: groups.map((entry) => ({ ...entry, members: many })), rule };
    await publish(state(['10.0.0.1', '10.0.1.1']), { added: ['10.0.1.1'] });
    await vi.advanceTimersByTimeAsync(5_010);
    expect(told()).toEqual(['full programmed', 'delta', 'full held']);
    await publish(state(['10.0.0.1', '10.0.1.1', '10.0.1.2']), { added: ['10.0.1.2'] });
    expect(told().slice(3)).toEqual(['full held']);
  });

  it('reads the device where nobody knows what became of a write on record', async () => {
    const audit = new MemoryAuditStore(systemClock);
    const first = aWorker({ audit });
    await first.publish(state(['10.0.0.1']));
    await first.queue.close();
    await audit.append('edge', [aBegun()]);
    const { device, store } = first;
    const second = aWorker({ audit, device, store });
    await second.publish(state(['10.0.0.1', '10.0.0.2']), { added: ['10.0.0.2'] });
    expect(second.told()[0]).toBe('full programmed');
    expect(await audit.unsettled('edge')).toEqual([]);
  });

  it('reads the Secret of a point before it reads the device, and not for each change of members', async () => {
    let reads = 0;
    const secrets = () => Promise.resolve({ token: `${(reads += 1) > 0}` });
    const { publish, told } = aWorker({ secrets });
    const point = aPoint({ secretRef: { name: 'login' } });
    await publish(state(['10.0.0.1']), {}, { point });
    for (const i of [2, 3, 4]) await publish(state([]), { added: [`10.0.0.${i}`] }, { point });
    expect([told(), reads]).toEqual([['full programmed', 'delta', 'delta', 'delta'], 1]);
    await publish(state(['10.0.0.1'], { log: true }), {}, { point });
    expect([told().at(-1), reads]).toEqual(['full programmed', 2]);
  });

  it('keeps one broken point from delaying another', async () => {
    const { publish, reports, device } = aWorker();
    await publish(state([]), {}, { point: aPoint({ adapter: 'abacus' }, { name: 'odd' }) });
    await publish(state(['10.0.0.1']));
    expect(reports.map(({ point, path }) => `${point} ${path}`)).toEqual(['odd none', 'edge full']);
    expect(reports[0]).toMatchObject({ error: { errorClass: 'unsupported' } });
    expect(permitted(device, '10.0.0.1')).toBe(true);
  });
});
