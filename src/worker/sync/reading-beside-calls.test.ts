import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceRequest } from '../../../adapters/memory/device.ts';
import type { DeviceAnswer } from '../../../adapters/memory/simulator.ts';
import { aGroup, aPoint, aRule } from '../../../test/kit/builders.ts';
import { aWorker, groupId, permitted, SlowSimulator, stateWith } from '../../../test/kit/worker-rig.ts';
import { systemClock } from '../../compose/clock.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import { MemoryQueue } from '../../queue/memory-queue.ts';
import type { WorkLease } from '../../queue/work-queue.ts';
import type { Publication } from '../../store/desired-store.ts';

const callMs = 100;
const readBackAfterMs = 3_000;
/** What is carried out that was given up is carried out so much later. */
const lateMs = 3_000;
const point = aPoint({ config: { transactions: false }, guard: { maxRemovals: 5, maxRemovalsPercent: 100 } });
const many = Array.from({ length: 40 }, (_, index) => `10.0.1.${index + 1}`);
const moreMembers = Array.from({ length: 40 }, (_, index) => `10.0.2.${index + 1}`);

/** Calls about some addresses take longer than others. */
class UnevenDevice extends SlowSimulator {
  readTakesMs = 0;
  readonly takesMs = new Map<string, number>();
  writing = 0;
  #reading = 0;
  /** Writes at once, at most, while it is read. */
  mostBesideReading = 0;
  /** The next call about this address is carried out after it was given up. */
  late: string | undefined;

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (request.method === 'GET') {
      this.#reading += 1;
      await systemClock.sleep(this.readTakesMs);
      this.#reading -= 1;
      return super.request(request);
    }
    const body = JSON.stringify(request.body);
    this.writing += 1;
    if (this.#reading > 0) this.mostBesideReading = Math.max(this.mostBesideReading, this.writing);
    await systemClock.sleep([...this.takesMs].find(([who]) => body.includes(`"${who}"`))?.[1] ?? callMs);
    this.writing -= 1;
    if (this.late === undefined || !body.includes(`"${this.late}"`)) return super.request(request);
    this.late = undefined;
    void systemClock.sleep(lateMs).then(() => super.request(request));
    return 'cut';
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A device that is known to take several calls at once, and that is due to be read three seconds after `began`. */
async function aKnownDevice(stateOf: (members: readonly string[]) => DesiredState = stateWith) {
  const device = new UnevenDevice();
  const rig = aWorker({ device, readBackAfterMs });
  let members = many;
  await rig.publish(stateOf(many), {}, { point });
  await vi.advanceTimersByTimeAsync(1_000);
  const began = systemClock.now();
  const publish = async (desired: DesiredState, what: Partial<Publication>): Promise<number> => {
    const unchanged = { rulesChanged: false, groups: [], ended: [], synced: true };
    const version = await rig.store.publish({ point, desired: () => desired, ...unchanged, ...what });
    await rig.queue.enqueue('edge');
    return version;
  };
  const change = async (next: readonly string[], ended: readonly string[] = []): Promise<number> => {
    const added = next.filter((who) => !members.includes(who));
    const removed = members.filter((who) => !next.includes(who));
    members = [...next];
    const groups = [{ id: groupId, role: 'Accept' as const, added, removed }];
    return publish(stateOf(next), { groups, ended });
  };
  /** Somebody has them logged. */
  const changeRules = (): Promise<number> => publish(stateWith(members, { log: true }), { rulesChanged: true });
  const until = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(began + ms - systemClock.now());
  for (const [at, who] of moreMembers.entries()) {
    await change([...members, who]);
    await until(50 * (at + 1));
  }
  rig.reports.length = 0;
  device.readTakesMs = 500;
  return { ...rig, device, publish, change, changeRules, until, members: () => members };
}

describe('a read-back beside calls in flight', () => {
  it('takes nothing for a difference that was in flight, and proves what came before', async () => {
    const { change, until, members, reports, device } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 1_500);
    await until(2_950);
    const before = await change([...members(), '10.0.3.1']);
    await until(3_020);
    const [gone = ''] = members();
    await change([...members().slice(1), '10.0.3.2'], [gone]);
    const reads = device.requests().length;
    await until(5_000);
    const full = reports.flatMap((report) => (report.path === 'full' ? [report] : []));
    expect(full.map(({ result }) => [result.state, result.plan.changes])).toEqual([['programmed', []]]);
    expect(full[0]?.readBack).toBeLessThan(before);
    const since = device.requests().slice(reads);
    expect(since.filter(({ method }) => method === 'GET')).toHaveLength(2);
    expect([gone, '10.0.3.1', '10.0.3.2'].map((who) => permitted(device, who))).toEqual([false, true, true]);
  });

  it('does not count as done what waits for a call about the same address', async () => {
    const { change, until, members, reports, device } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 8_000);
    await change([...members(), '10.0.3.1']);
    await until(2_500);
    const version = await change(members().slice(0, -1), ['10.0.3.1']);
    await until(7_000);
    device.takesMs.clear();
    while (!reports.some(({ path }) => path === 'full')) await vi.advanceTimersByTimeAsync(1);
    expect([permitted(device, '10.0.3.1'), reports.every((report) => report.version < version)]).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(2 * callMs);
    expect(permitted(device, '10.0.3.1')).toBe(false);
  });

  it('does not count as done a version that no call was free to look at', async () => {
    const device = new UnevenDevice();
    const { publish, reports, told } = aWorker({ device, readBackAfterMs });
    await publish(stateWith(many), {}, { point });
    await vi.advanceTimersByTimeAsync(1_000);
    device.takesMs.set('10.0.3.1', 8_000);
    await publish(stateWith([...many, '10.0.3.1']), { added: ['10.0.3.1'] }, { point });
    reports.length = 0;
    const version = await publish(stateWith(many), { removed: ['10.0.3.1'] }, { point, ended: ['10.0.3.1'] });
    device.takesMs.clear();
    while (!told().includes('full programmed')) await vi.advanceTimersByTimeAsync(1);
    expect([permitted(device, '10.0.3.1'), reports.every((report) => report.version < version)]).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(2 * callMs);
    expect(permitted(device, '10.0.3.1')).toBe(false);
  });

  it('proves what was there before the turn, though the first call of that is in flight', async () => {
    const { change, until, members, reports, device } = await aKnownDevice();
    await until(2_900);
    const before = reports.at(-1)?.version;
    device.takesMs.set('10.0.3.1', 1_500);
    await change([...members(), '10.0.3.1']);
    await until(6_000);
    expect(reports.find(({ path }) => path === 'full')).toMatchObject({ readBack: before });
  });

  it('tells drift, lets nobody in from then on, and shuts out who goes while a slow call is waited for', async () => {
    const { change, until, members, reports, device } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 8_000);
    await change([...members(), '10.0.3.1']);
    await until(2_900);
    const { group: groups, rule } = device.tables;
    device.tables = { rule, group: groups.map((one) => ({ ...one, members: [...one.members, '192.0.2.66'] })) };
    await until(4_500);
    const [gone = ''] = members();
    await change([...members().slice(1), '10.0.3.2'], [gone]);
    await until(7_000);
    expect([gone, '10.0.3.2'].map((who) => permitted(device, who))).toEqual([false, false]);
    await until(30_000);
    expect(['192.0.2.66', '10.0.3.1', '10.0.3.2'].map((who) => permitted(device, who))).toEqual([false, true, true]);
    const drift = reports.flatMap((report) => (report.path === 'full' ? report.drift : []));
    expect(drift).toMatchObject([{ field: 'members', desired: [], found: ['192.0.2.66'] }]);
  });

  it('puts nobody back who went while a slow call was waited for', async () => {
    const { change, until, members, told, device } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 8_000);
    await change([...members(), '10.0.3.1']);
    const [gone = ''] = members();
    await until(2_900);
    const { group: groups, rule } = device.tables;
    const without = groups.map((one) => ({ ...one, members: one.members.filter((who) => who !== gone) }));
    device.tables = { rule, group: without };
    await until(4_500);
    await change(members().slice(1), [gone]);
    while (!told().includes('full programmed')) await vi.advanceTimersByTimeAsync(1);
    expect([gone, '10.0.3.1'].map((who) => permitted(device, who))).toEqual([false, true]);
  });

  it('takes nothing for drift that waits for a call about the same address', async () => {
    const other = '00000000000b';
    const withOther = (members: readonly string[], others: readonly string[] = []): DesiredState => {
      const state = stateWith(members);
      const rule = aRule({ id: '000000000002', sources: [other], to: ['198.51.100.0/24'] });
      const group = aGroup({ id: other, members: ['10.0.4.1', ...others] });
      return { ...state, groups: [...state.groups, group], rules: [...state.rules, rule] };
    };
    const { change, until, members, reports, device, publish } = await aKnownDevice(withOther);
    await until(2_500);
    device.takesMs.set('10.0.3.1', 2_000);
    await change([...members(), '10.0.3.1']);
    await until(2_700);
    const groups = [{ id: other, role: 'Accept' as const, added: ['10.0.3.1'], removed: [] }];
    await publish(withOther(members(), ['10.0.3.1']), { groups });
    await until(20_000);
    expect(permitted(device, '10.0.3.1', '198.51.100.7')).toBe(true);
    expect(reports.flatMap((report) => (report.path === 'full' ? report.drift : []))).toEqual([]);
  });

  it('counts removals that nothing explains together with those before it', async () => {
    const { change, until, members, device } = await aKnownDevice();
    await until(2_950);
    await change(members().slice(3));
    await until(3_100);
    await change(members().slice(3));
    await until(3_500);
    expect(many.slice(0, 6).filter((who) => permitted(device, who))).toEqual(many.slice(3, 6));
  });

  it('counts and sends only once what was sent before somebody changed the rules, beside what waits for a call', async () => {
    const { change, until, members, device, changeRules } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 400);
    await until(2_950);
    await change([...members(), '10.0.3.1']);
    await until(2_970);
    await change(members().slice(0, -1), ['10.0.3.1']);
    await until(3_050);
    await change(members().slice(3));
    await until(3_250);
    await changeRules();
    await until(3_500);
    await change(members().slice(1));
    await until(3_900);
    expect(many.slice(0, 5).filter((who) => permitted(device, who))).toEqual(many.slice(4, 5));
    expect(device.requests().filter(({ body }) => /"remove".*"10\.0\.1\.1"/.test(body))).toHaveLength(1);
  });

  it('counts once what leaves together with a change of rules', async () => {
    const { until, members, device, publish } = await aKnownDevice();
    await until(3_100);
    const left = members().slice(3);
    const without = (removed: readonly string[]) => [{ id: groupId, role: 'Accept' as const, added: [], removed }];
    await publish(stateWith(left, { log: true }), { rulesChanged: true, groups: without(many.slice(0, 3)) });
    await until(3_300);
    await publish(stateWith(left.slice(1), { log: true }), { groups: without(many.slice(3, 4)) });
    await until(3_800);
    expect(many.slice(0, 5).filter((who) => permitted(device, who))).toEqual(many.slice(4, 5));
  });

  it('leaves one of the calls to the reading', async () => {
    const { change, until, members, device } = await aKnownDevice();
    for (let i = 1; i <= 40; i += 1) {
      device.takesMs.set(`10.0.3.${i}`, 140);
      await until(2_950 + 15 * i);
      await change([...members(), `10.0.3.${i}`]);
    }
    expect(device.mostBesideReading).toBe(3);
  });

  it('goes on beside calls also where another point waits: the place is taken by the reading in any case', async () => {
    const process = Object.getOwnPropertyDescriptor(MemoryQueue.prototype, 'process')?.value as MemoryQueue['process'];
    let others = false;
    vi.spyOn(MemoryQueue.prototype, 'process').mockImplementation(function (this: MemoryQueue, handler, count) {
      const told = (lease: WorkLease): WorkLease => ({
        token: lease.token,
        continues: lease.continues,
        signal: lease.signal,
        confirm: () => lease.confirm(),
        requested: () => lease.requested(),
        stillHeld: () => undefined,
        othersWait: () => Promise.resolve(others),
      });
      process.call(this, (name, lease) => handler(name, told(lease)), count);
    });
    const { change, until, members, device } = await aKnownDevice();
    await until(2_980);
    await change([...members(), '10.0.3.1']);
    await until(3_050);
    others = true;
    const [gone = ''] = members();
    await change(members().slice(1), [gone]);
    await until(3_400);
    expect([gone, '10.0.3.1'].map((who) => permitted(device, who))).toEqual([false, true]);
  });

  it('does not begin beside calls of which one has failed: they are waited for, and then the device is read', async () => {
    const { change, until, members, told, device } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 1_500);
    await until(2_500);
    await change([...members(), '10.0.3.1']);
    await until(2_700);
    device.fault({ kind: 'error-before', status: 503, match: 'POST', times: 1 });
    await change([...members(), '10.0.3.2']);
    await until(8_000);
    expect(told().filter((what) => what.startsWith('full'))).toEqual(['full programmed']);
    expect(['10.0.3.1', '10.0.3.2'].map((who) => permitted(device, who))).toEqual([true, true]);
  });

  it('shuts out who goes also once somebody has changed the rules, and lets nobody in before those are right', async () => {
    const { change, until, members, device, changeRules } = await aKnownDevice();
    await until(3_100);
    await changeRules();
    await until(3_200);
    const [gone = ''] = members();
    await change([...members().slice(1), '10.0.3.1'], [gone]);
    await until(3_500);
    expect([gone, '10.0.3.1'].map((who) => permitted(device, who))).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([gone, '10.0.3.1'].map((who) => permitted(device, who))).toEqual([false, true]);
  });

  it('concludes nothing about who was sent before somebody changed the rules', async () => {
    const { change, until, members, device, changeRules } = await aKnownDevice();
    await until(3_050);
    await change([...members(), '10.0.3.1']);
    await until(3_200);
    await changeRules();
    await until(20_000);
    expect(device.requests().filter(({ body }) => body.includes('"10.0.3.1"'))).toHaveLength(1);
  });

  it('keeps nobody waiting for a call that goes on once it has ended', async () => {
    const { change, until, members, device } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 2_000);
    await until(3_100);
    await change([...members(), '10.0.3.1']);
    await until(4_200);
    const [gone = ''] = members();
    await change([...members().slice(1), '10.0.3.2'], [gone]);
    await until(4_500);
    expect(['10.0.3.1', '10.0.3.2', gone].map((who) => permitted(device, who))).toEqual([false, true, false]);
  });

  it('is followed by another where something was sent beside it', async () => {
    const { change, until, members, reports } = await aKnownDevice();
    await until(3_100);
    const version = await change([...members(), '10.0.3.1']);
    await until(15_000);
    const full = reports.flatMap((report) => (report.path === 'full' ? [report.readBack ?? report.version] : []));
    expect(full).toEqual([version - 1, version]);
  });

  it('fails with a call that fails, and only once the reading has ended as well', async () => {
    const { change, until, members, told, device } = await aKnownDevice();
    await until(3_100);
    device.fault({ kind: 'error-before', status: 503, match: 'POST', times: 1 });
    await change([...members(), '10.0.3.1']);
    const reads = (): number => device.requests().filter(({ method }) => method === 'GET').length;
    const before = reads();
    while (!told().includes('full failed')) await vi.advanceTimersByTimeAsync(1);
    expect(reads() - before).toBe(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([told().at(-1), permitted(device, '10.0.3.1')]).toEqual(['full programmed', true]);
  });

  it('waits for them where everything is read back at once', async () => {
    const device = new UnevenDevice();
    const { publish } = aWorker({ device, readBackAfterMs: 0 });
    await publish(stateWith(many), {}, { point });
    await vi.advanceTimersByTimeAsync(1_000);
    const before = device.requests().length;
    await publish(stateWith([...many, '10.0.3.1']), { added: ['10.0.3.1'] }, { point });
    await vi.advanceTimersByTimeAsync(10_000);
    const since = device.requests().slice(before);
    expect(since.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
  });

  it('that does not come about ends no turn before its calls have ended', async () => {
    const { change, until, members, store, reports, device } = await aKnownDevice();
    device.takesMs.set('10.0.3.1', 2_000);
    const take = store.take.bind(store);
    vi.spyOn(store, 'take').mockImplementation(async (name) => {
      const work = await take(name);
      return work && { ...work, snapshot: () => Promise.reject(new Error('the store is away')) };
    });
    await until(2_950);
    await change([...members(), '10.0.3.1']);
    while (!reports.some(({ path }) => path === 'none')) await vi.advanceTimersByTimeAsync(1);
    expect([device.writing, permitted(device, '10.0.3.1')]).toEqual([0, true]);
  });
});

describe('a call that is carried out only after it was given up', () => {
  it('is seen by a second look at the device, which takes it back', async () => {
    const { change, until, members, device, told } = await aKnownDevice();
    await until(2_950);
    const known = members();
    device.takesMs.set('10.0.3.1', 1_000);
    device.late = '10.0.3.1';
    await change([...known, '10.0.3.1']);
    await until(3_500);
    await change(known, ['10.0.3.1']);
    while (!permitted(device, '10.0.3.1')) await vi.advanceTimersByTimeAsync(1);
    expect(told().at(-1)).toBe('full programmed');
    await until(30_000);
    expect(permitted(device, '10.0.3.1')).toBe(false);
  });
});
