import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import type { DeviceAnswer } from '../../adapters/memory/simulator.ts';
import { aDesiredState, aGroup, aPoint, aRule } from '../../test/kit/builders.ts';
import { systemClock } from '../compose/clock.ts';
import { aWorker, groupId, permitted, SlowSimulator } from '../../test/kit/worker-rig.ts';
import type { DesiredState } from '../core/model/desired.ts';

/* A plan of one tenant that takes minutes, and a pod of another that ends in the meantime. */

const callMs = 1_000;
const point = aPoint({ config: { transactions: false } });
const victims = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Every rule takes as long as a transaction of hundreds. */
class SlowWithRules extends SlowSimulator {
  ruleMs = 0;

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (request.method !== 'GET' && request.path.startsWith('/rule')) await systemClock.sleep(this.ruleMs);
    return super.request(request);
  }
}

/** Accepts some writes, and carries them out after so many requests more. */
class SlowToCarryOut extends SlowSimulator {
  accepts: RegExp | undefined;

  override request(request: DeviceRequest): Promise<DeviceAnswer> {
    const isAccepted = request.method !== 'GET' && this.accepts?.test(request.path) === true;
    return super.request(isAccepted ? { ...request, operation: 12 } : request);
  }
}

/** The rule of the victims first, and so many rules of somebody else, each with a group of its own. */
function stateWith(members: readonly string[], others: number, log = false): DesiredState {
  const ids = Array.from({ length: others }, (_, index) => `b${String(index).padStart(11, '0')}`);
  return aDesiredState({
    groups: [aGroup({ id: groupId, members: [...members] }), ...ids.map((id) => aGroup({ id, members: ['10.9.0.9'] }))],
    rules: [
      aRule({ sources: [groupId], log }),
      ...ids.map((id) => aRule({ id: `2${id.slice(1)}`, sources: [id], to: ['198.51.100.0/24'] })),
    ],
  });
}

async function aLongPlan(others = 100, device = new SlowSimulator()) {
  const rig = aWorker({ device });
  await rig.publish(stateWith(victims, 0), {}, { point });
  await vi.advanceTimersByTimeAsync(10);
  const before = writesTo(rig.device);
  rig.device.latencyMs = callMs;
  await rig.publish(stateWith(victims, others), {}, { point });
  await vi.advanceTimersByTimeAsync(20 * callMs);
  rig.reports.length = 0;
  return { ...rig, before };
}

function writesTo(device: SlowSimulator): number {
  return device.requests().filter(({ wrote }) => wrote).length;
}

describe('a plan that takes minutes', () => {
  it('lets the address of a pod that ended leave after two calls, and does not put it back', async () => {
    const { device, publish, reports } = await aLongPlan();
    const rest = victims.slice(1);
    await publish(stateWith(rest, 100), { removed: ['10.0.0.1'] }, { point, ended: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(2 * callMs + 100);
    expect(permitted(device, '10.0.0.1')).toBe(false);
    expect(reports).toEqual([]);
    let back = false;
    device.onRequest(() => (back ||= permitted(device, '10.0.0.1')));
    await vi.advanceTimersByTimeAsync(600 * callMs);
    expect({ back, last: reports.at(-1) }).toMatchObject({
      back: false,
      last: { path: 'full', result: { state: 'programmed' } },
    });
    expect(rest.map((address) => permitted(device, address))).toEqual([true, true]);
    expect(device.tables.rule).toHaveLength(101);
  });

  it('is given up for a policy that is withdrawn, which goes first, and then goes on where it was', async () => {
    const { device, publish, reports, before } = await aLongPlan();
    const { groups, rules, ...rest } = stateWith(victims, 100);
    await publish({ ...rest, groups: groups.slice(1), rules: rules.slice(1) }, {}, { point });
    // The call under way, two to read the device, and one that takes the rule away.
    await vi.advanceTimersByTimeAsync(5 * callMs);
    expect(victims.map((address) => permitted(device, address))).toEqual([false, false, false]);
    expect(device.tables.rule.length).toBeLessThan(50);
    await vi.advanceTimersByTimeAsync(600 * callMs);
    expect(device.tables.rule).toHaveLength(100);
    const states = reports.map((report) => (report.path === 'full' ? report.result.state : report.path));
    expect([states.includes('failed'), states[0]]).toEqual([false, 'programmed']);
    const made = device.requests().filter(({ method, wrote }) => method === 'POST' && wrote);
    expect(made).toHaveLength(2 * 101);
    // What the plan did before it was given up is reported with what the next one did.
    const told = reports.flatMap((report) => ('result' in report ? report.result.outcomes : []));
    expect(told).toHaveLength(writesTo(device) - before);
  });

  it('is given up only once the device has ended what it was at work on beside it', async () => {
    const device = new SlowToCarryOut();
    const { publish, reports } = await aLongPlan(30, device);
    device.accepts = /\/members$/;
    const rest = victims.slice(1);
    await publish(stateWith(rest, 30), { removed: ['10.0.0.1'] }, { point, ended: ['10.0.0.1'] });
    await publish(stateWith(rest, 30, true), {}, { point });
    await vi.advanceTimersByTimeAsync(300 * callMs);
    const asked = device.requests().map(({ path }) => path);
    expect(asked).toContain('/operation/1');
    const states = reports.map((report) => (report.path === 'full' ? report.result.state : report.path));
    expect([...new Set(states)]).toEqual(['in-progress', 'delta', 'programmed']);
  });

  it('is given up for a point that names another device by then, which is written to by who has connected to that', async () => {
    const { device, publish, reports } = await aLongPlan(30);
    const spec = aPoint({ config: { transactions: true } });
    await publish(stateWith(victims, 30, true), {}, { point: spec });
    await vi.advanceTimersByTimeAsync(300 * callMs);
    const written = device.requests().filter(({ wrote }) => wrote);
    expect(written.at(-1)).toMatchObject({ path: '/transaction' });
    expect(reports.at(-1)).toMatchObject({ path: 'full', result: { state: 'programmed' } });
    expect(device.tables.rule).toHaveLength(31);
  });

  it('gets on also where rules change all the time', async () => {
    const { device, publish } = await aLongPlan(30);
    for (let round = 0; round < 60; round += 1) {
      await publish(stateWith(victims, 30, round % 2 === 0), {}, { point });
      await vi.advanceTimersByTimeAsync(2 * callMs);
    }
    expect(device.tables.rule.length).toBeGreaterThan(20);
  });

  it('keeps no other point waiting where rules change all the time', async () => {
    const { device, publish, reports } = aWorker({ concurrency: 1 });
    device.latencyMs = 100;
    await publish(stateWith(victims, 60), {}, { point });
    await publish(stateWith([], 0), {}, { point: aPoint({ mode: 'Observe' }, { name: 'quiet', uid: 'quiet' }) });
    for (let round = 0; round < 15; round += 1) {
      await publish(stateWith(victims, 60, round % 2 === 0), {}, { point });
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(reports.map((report) => report.point)).toEqual(['quiet']);
  });

  it('lets it leave also beside a call that takes minutes itself, and nobody in', async () => {
    const device = new SlowWithRules();
    const { publish, reports } = aWorker({ device });
    await publish(stateWith(victims, 0), {}, { point });
    await vi.advanceTimersByTimeAsync(10);
    [device.latencyMs, device.ruleMs] = [callMs, 300 * callMs];
    await publish(stateWith(victims, 1), {}, { point });
    // The group has been made by then, and the rule is on its way.
    await vi.advanceTimersByTimeAsync(20 * callMs);
    const now = [...victims.slice(1), '10.0.0.4'];
    const moved = { added: ['10.0.0.4'], removed: ['10.0.0.1'] };
    await publish(stateWith(now, 1), moved, { point, ended: ['10.0.0.1'] });
    await vi.advanceTimersByTimeAsync(callMs + 200);
    expect(device.tables.rule).toHaveLength(1);
    expect(['10.0.0.1', '10.0.0.4'].map((address) => permitted(device, address))).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(600 * callMs);
    expect(['10.0.0.1', '10.0.0.4'].map((address) => permitted(device, address))).toEqual([false, true]);
    expect(reports.at(-1)).toMatchObject({ path: 'full', result: { state: 'programmed' } });
    expect(device.tables.rule).toHaveLength(2);
  });

  it('does not fill a group, which it has still to make, with an address that has left', async () => {
    const { device, publish } = await aLongPlan();
    const id = 'b00000000099';
    const gone = stateWith(victims, 100);
    const groups = gone.groups.map((group) => (group.id === id ? { ...group, members: [] } : group));
    await publish({ ...gone, groups }, { id, removed: ['10.9.0.9'] }, { point, ended: ['10.9.0.9'] });
    const seen: boolean[] = [];
    device.onRequest(() =>
      seen.push(device.tables.group.some(({ name, members }) => name.includes(id) && members.includes('10.9.0.9'))),
    );
    await vi.advanceTimersByTimeAsync(600 * callMs);
    expect(seen).not.toContain(true);
    expect(device.tables.group.some(({ name }) => name.includes(id))).toBe(true);
  });

  it('lets nobody in meanwhile: that waits for its turn', async () => {
    const { device, publish } = await aLongPlan();
    const more = [...victims, '10.0.0.4'];
    await publish(stateWith(more, 100), { added: ['10.0.0.4'] }, { point });
    await vi.advanceTimersByTimeAsync(10 * callMs);
    expect(permitted(device, '10.0.0.4')).toBe(false);
    await vi.advanceTimersByTimeAsync(600 * callMs);
    expect(permitted(device, '10.0.0.4')).toBe(true);
  });
});
