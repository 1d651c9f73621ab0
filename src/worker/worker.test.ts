import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { aDesiredState, aGroup, aPoint, aRule } from '../../test/kit/builders.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState, GroupDelta } from '../core/model/desired.ts';
import { MemoryQueue } from '../queue/memory-queue.ts';
import { MemoryDesiredStore } from '../store/memory-store.ts';
import { Sessions } from './sessions.ts';
import { Worker, type SyncReport } from './worker.ts';

const group = '00000000000a';
const many = Array.from({ length: 40 }, (_, index) => `10.0.0.${index + 1}`);

function state(members: readonly string[]): DesiredState {
  return aDesiredState({
    groups: [aGroup({ id: group, members: [...members] })],
    rules: [aRule({ sources: [group] })],
  });
}

function aWorker(recorded: Promise<void> = Promise.resolve()) {
  const device = new MemorySimulator();
  const adapter = createMemoryAdapter(() => device);
  const reports: SyncReport[] = [];
  const { signal } = new AbortController();
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  const queue = new MemoryQueue((point, error) => expect.fail(`${point}: ${String(error)}`));
  const store = new MemoryDesiredStore();
  const owner = { cluster: 'blue' };
  const adapters = (kind: string) => Promise.resolve(kind === 'memory' ? adapter : undefined);
  const secrets = () => Promise.resolve(undefined);
  const sessions = new Sessions({ adapters, secrets, owner, clock, signal });
  const report = (item: SyncReport): Promise<void> => {
    reports.push(item);
    return recorded;
  };
  new Worker({ store, queue, sessions, clock, signal, report, random: () => 0, readBackAfterMs: 5_000 }).start(2);
  const publish = async (
    desired: DesiredState,
    delta: Partial<GroupDelta> = {},
    rest: { point?: EnforcementPoint; ended?: string[] } = {},
  ) => {
    const { point = aPoint(), ended = [] } = rest;
    const groups = [{ id: group, role: 'Accept' as const, added: [], removed: [], ...delta }];
    const rulesChanged = Object.keys(delta).length === 0;
    await store.publish({ point, desired: () => desired, rulesChanged, groups, ended, synced: true });
    await queue.enqueue(point.metadata.name);
    await vi.advanceTimersByTimeAsync(1);
  };
  const told = () => reports.map((item) => (item.path === 'full' ? `full ${item.result.state}` : item.path));
  return { device, publish, reports, told, queue, store };
}

const permitted = (device: MemorySimulator, src: string): string =>
  device.verdict({ src, dst: '203.0.113.7', port: 443, protocol: 'TCP' }).action;
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
    expect(permitted(device, '10.0.0.2')).toBe('Accept');
  });

  it('takes nothing for done before it is known what became of it', async () => {
    let record = (): void => undefined;
    const { publish, told, store } = aWorker(new Promise((resolve) => (record = resolve)));
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
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told()).toEqual(['full programmed', 'delta', 'full programmed']);
  });

  it('takes a closer look at a large removal that nothing explains, and holds it', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(many));
    await publish(state([]), { removed: many });
    expect(told()).toEqual(['full programmed', 'full held']);
    expect(permitted(device, '10.0.0.40')).toBe('Accept');
  });

  it('carries out a large removal at once when the pods were seen to end', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(many));
    await publish(state([]), { removed: many }, { ended: many });
    expect(told()).toEqual(['full programmed', 'delta']);
    expect(permitted(device, '10.0.0.40')).toBe('Deny');
  });

  it('tries again after a failure, from a fresh reading', async () => {
    const { device, publish, told } = aWorker();
    device.fault({ kind: 'error-before', status: 503, times: 2 });
    await publish(state(['10.0.0.1']));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told()).toEqual(['full failed', 'full failed', 'full programmed']);
    expect(permitted(device, '10.0.0.1')).toBe('Accept');
  });

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
    await vi.advanceTimersByTimeAsync(1);
    expect(reports.flatMap((item) => (item.path === 'full' ? [item.drift] : []))).toEqual([
      [],
      [expect.objectContaining({ what: 'members', field: 'members', desired: [], found: ['192.0.2.66'] })],
    ]);
    expect(permitted(device, '192.0.2.66')).toBe('Deny');
  });

  it('touches nothing in mode Observe', async () => {
    const { device, publish, told } = aWorker();
    await publish(state(['10.0.0.1']), {}, { point: aPoint({ mode: 'Observe' }) });
    expect(told()).toEqual(['full planned']);
    expect(writes(device)).toEqual([]);
  });

  it('keeps one broken point from delaying another', async () => {
    const { publish, reports, device } = aWorker();
    await publish(state([]), {}, { point: aPoint({ adapter: 'abacus' }, { name: 'odd' }) });
    await publish(state(['10.0.0.1']));
    expect(reports.map(({ point, path }) => `${point} ${path}`)).toEqual(['odd none', 'edge full']);
    expect(reports[0]).toMatchObject({ error: { errorClass: 'unsupported' } });
    expect(permitted(device, '10.0.0.1')).toBe('Accept');
  });
});
