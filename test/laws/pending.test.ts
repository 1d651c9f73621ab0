import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import type { DeviceAnswer } from '../../adapters/memory/simulator.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import type { DesiredState, GroupDelta } from '../../src/core/model/desired.ts';
import { MemoryDesiredStore } from '../../src/store/memory-store.ts';
import { outcomeOf } from '../../src/worker/outcome.ts';
import { verified } from '../kit/audit-records.ts';
import { aPoint } from '../kit/builders.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { aWorker, permitted, SlowSimulator, stateWith, type WorkerRig } from '../kit/worker-rig.ts';

/* Workers at a device that carries out nothing before it was asked after it several times. */

const slow = { transactions: false, pollsPerWrite: 3 };
const point = aPoint({ config: slow });
const [old, young] = ['203.0.113.7', '198.51.100.7'];
const before = stateWith(['10.0.0.1', '10.0.0.2']);
const after = stateWith(['10.0.0.2', '10.0.0.3'], { to: ['198.51.100.0/24'], log: true });
const people = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The device as one worker reaches it, until that worker dies. */
class Reached extends SlowSimulator {
  asked = 0;
  readonly device: SlowSimulator;
  readonly diesAt: number;
  readonly arrives: boolean;

  /** @param arrives does the request at which the worker dies reach the device? */
  constructor(device: SlowSimulator, diesAt: number, arrives: boolean) {
    super();
    this.device = device;
    this.diesAt = diesAt;
    this.arrives = arrives;
  }

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    this.asked += 1;
    if (this.asked < this.diesAt) return this.device.request(request);
    if (this.asked === this.diesAt && this.arrives) await this.device.request(request);
    return new Promise(() => undefined);
  }
}

interface World {
  readonly device: SlowSimulator;
  readonly store: MemoryDesiredStore;
  readonly audit: MemoryAuditStore;
  readonly worker: (device?: SlowSimulator) => WorkerRig;
}

function aWorld(): World {
  const [device, store, audit] = [new SlowSimulator(), new MemoryDesiredStore(), new MemoryAuditStore(systemClock)];
  return { device, store, audit, worker: (reached = device) => aWorker({ store, audit, device: reached }) };
}

const publish = (rig: WorkerRig, desired: DesiredState, delta?: Partial<GroupDelta>, ended: readonly string[] = []) =>
  rig.publish(desired, delta, { point, ended });

const writes = (device: SlowSimulator): string[] =>
  device
    .requests()
    .filter(({ method, status }) => method !== 'GET' && status === 202)
    .map(({ method, path, body }) => `${method} ${path} ${body}`);

const settle = async (rig: WorkerRig): Promise<void> => {
  await rig.queue.enqueue('edge');
  await vi.advanceTimersByTimeAsync(120_000);
};

const permittedFlows = (device: SlowSimulator): string[] =>
  people.flatMap((src) => [old, young].flatMap((dst) => (permitted(device, src, dst) ? [`${src} ${dst}`] : [])));

describe('an operation that a device is at work on', () => {
  it.each([
    ['is sent', false],
    ['has arrived', true],
  ])(
    'survives whichever request its worker dies at, once it %s: never wider, settled, nothing sent twice, on record',
    async (_, arrives) => {
      let requests = 1;
      for (let diesAt = 1; diesAt <= requests; diesAt += 1) {
        const { device, audit, worker } = aWorld();
        const first = worker();
        await publish(first, before);
        await settle(first);
        expect(first.told().at(-1)).toBe('full programmed');
        await first.queue.close();
        const known = writes(device).length;
        const allowed = new Set([
          '10.0.0.1 203.0.113.7',
          '10.0.0.2 203.0.113.7',
          '10.0.0.2 198.51.100.7',
          '10.0.0.3 198.51.100.7',
        ]);
        const wider: string[] = [];
        device.onRequest(() => wider.push(...permittedFlows(device).filter((flow) => !allowed.has(flow))));
        const reached = new Reached(device, diesAt, arrives);
        const second = worker(reached);
        await publish(second, after);
        await settle(second);
        // It went through without dying: this is how many requests there are.
        if (reached.asked < diesAt) break;
        requests = Math.max(requests, diesAt + 1);
        const third = worker();
        await settle(third);
        expect(third.told().at(-1), `died at request ${diesAt}`).toBe('full programmed');
        expect(permittedFlows(device)).toEqual(['10.0.0.2 198.51.100.7', '10.0.0.3 198.51.100.7']);
        expect(wider).toEqual([]);
        const sent = writes(device).slice(known);
        if (!arrives) expect(sent, `died at request ${diesAt}`).toHaveLength(new Set(sent).size);
        expect(await audit.unsettled('edge')).toEqual([]);
        expect((await verified(audit, 'edge')).findings).toEqual([]);
        await third.queue.close();
      }
      expect(requests).toBeGreaterThan(10);
    },
  );

  it('is told as Unknown with the time since when and what the device says, in the same words at each poll', async () => {
    const { worker } = aWorld();
    const rig = worker();
    await publish(rig, before);
    await vi.advanceTimersByTimeAsync(2_500);
    const outcomes = rig.reports.map((report) => outcomeOf(report, undefined, new Date().toISOString()));
    expect(outcomes.length).toBeGreaterThan(2);
    expect(
      new Set(outcomes.slice(0, 3).map(({ state, reason, message }) => `${state} ${reason} ${message}`)).size,
    ).toBe(1);
    expect(outcomes[0]).toMatchObject({ state: 'in-progress', reason: 'InProgress' });
    expect(outcomes[0]?.message).toMatch(/since \d{4}-.*Z\. It says: accepted\./);
  });

  it('keeps nobody waiting: its point is handled only when it is asked after', async () => {
    const { worker, device } = aWorld();
    const rig = worker();
    await publish(rig, before);
    const asked = device.requests().length;
    await vi.advanceTimersByTimeAsync(900);
    expect(device.requests()).toHaveLength(asked);
    expect(await rig.queue.depth()).toMatchObject({ waiting: 0, running: 0, delayed: 1 });
  });

  it('lets members leave and join other groups meanwhile, and holds back what has to wait for it', async () => {
    const { worker, device } = aWorld();
    const rig = worker();
    const two = twoGroups(['10.0.0.1'], ['10.0.0.2']);
    await publish(rig, two);
    await settle(rig);
    const begin = writes(device).length;
    const sent = (): string[] => writes(device).slice(begin);
    await publish(rig, twoGroups(['10.0.0.1', '10.0.0.3'], ['10.0.0.2']), { id: first, added: ['10.0.0.3'] });
    expect(sent()).toHaveLength(1);
    await publish(rig, twoGroups(['10.0.0.1', '10.0.0.3'], ['10.0.0.2', '10.0.0.4']), {
      id: second,
      added: ['10.0.0.4'],
    });
    expect(sent()).toHaveLength(2);
    // The group is being worked on: it waits, and so does everything that would let somebody in after it.
    await publish(rig, twoGroups(['10.0.0.3'], ['10.0.0.2', '10.0.0.4']), { id: first, removed: ['10.0.0.1'] }, [
      '10.0.0.1',
    ]);
    expect(sent()).toHaveLength(2);
    await settle(rig);
    expect(rig.told().at(-1)).toBe('full programmed');
    expect(permittedFlows(device)).toEqual(['10.0.0.2 198.51.100.7', '10.0.0.3 203.0.113.7', '10.0.0.4 198.51.100.7']);
    expect(new Set(sent()).size).toBe(sent().length);
  });

  it('is asked after again when that fails, and not sent again', async () => {
    const { worker, device } = aWorld();
    const rig = worker();
    await publish(rig, before);
    expect(writes(device)).toHaveLength(1);
    device.fault({ kind: 'error-before', status: 503, match: '/operation/', times: 2 });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(rig.reports.at(-1)).toMatchObject({ path: 'none', error: { errorClass: 'busy' } });
    await settle(rig);
    expect(rig.told().at(-1)).toBe('full programmed');
    expect(writes(device)).toHaveLength(new Set(writes(device)).size);
  });

  it('that the device refuses in the end is quarantined, told, and the rest goes on', async () => {
    const { worker, device } = aWorld();
    const rig = worker();
    await publish(rig, twoGroups(['10.0.0.1'], ['10.0.0.2']));
    await settle(rig);
    const [group] = device.tables.group;
    device.lock(`/group/${group?.name ?? ''}`);
    await publish(rig, twoGroups(['10.0.0.3'], ['10.0.0.4']));
    await vi.advanceTimersByTimeAsync(40_000);
    const partial = rig.reports.find((report) => report.path === 'full' && report.result.state === 'partial');
    expect(partial).toMatchObject({ result: { quarantined: [{ key: { name: group?.name } }] } });
    expect(permittedFlows(device)).toEqual(['10.0.0.1 203.0.113.7', '10.0.0.4 198.51.100.7']);
  });

  it('that never ends is given up after a quarter of an hour, told, and the device is read', async () => {
    const { worker, device } = aWorld();
    const rig = worker();
    await rig.publish(before, {}, { point: aPoint({ config: { ...slow, pollsPerWrite: 1_000_000 } }) });
    await vi.advanceTimersByTimeAsync(14 * 60_000);
    expect(rig.reports.every(({ path }) => path !== 'none')).toBe(true);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    const told = rig.reports.find(({ path }) => path === 'none');
    expect(told).toMatchObject({ error: { errorClass: 'busy' } });
    expect(String(told?.path === 'none' && told.error.message)).toMatch(
      /has been at work on group .* since .*Look at the operation/,
    );
    expect(device.requests().at(-1)?.path).not.toContain('/operation/1');
  });
});

const [first, second] = ['a00000000001', 'a00000000002'];

function twoGroups(one: readonly string[], other: readonly string[]): DesiredState {
  const [base] = [stateWith([])];
  const [group] = base.groups;
  const [rule] = base.rules;
  if (group === undefined || rule === undefined) throw new Error('a state has a group and a rule');
  return {
    ...base,
    groups: [
      { ...group, id: first, members: [...one] },
      { ...group, id: second, members: [...other] },
    ],
    rules: [
      {
        ...rule,
        id: '100000000001',
        sources: [first],
        destination: { any: false, names: [], networks: ['203.0.113.0/24'] },
      },
      {
        ...rule,
        id: '100000000002',
        sources: [second],
        destination: { any: false, names: [], networks: ['198.51.100.0/24'] },
      },
    ],
  };
}
