import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from '../kit/redis-server.ts';
import { policyManifest } from './manifests.ts';
import type { LogLine, Postern } from './postern.ts';
import { describeLive, leftAlone, Live } from './rig.ts';

const latencyMs = 40;

describeLive('A fault at any moment', () => {
  let live: Live;
  let worker: Postern;
  let second: Postern;
  let round = 0;

  beforeAll(async () => {
    live = await Live.start({ carrier: 'objects' });
    await live.world.addPod('web-1', { app: 'web', ip: '10.7.0.1' });
    await live.world.addPod('job-1', { app: 'job', ip: '10.7.0.2' });
    live.controller();
    worker = live.worker();
    await live.converged();
  });
  beforeEach(() => {
    live.firewall.fault({ kind: 'latency', latencyMs, times: 1_000_000 });
  });
  afterEach(() => {
    live.firewall.clearFaults();
    live.expectForeignUntouched();
  });
  afterAll(() => live.stop());

  const rules = (of: number): Promise<unknown> =>
    live.world.apply(policyManifest('jobs', { to: [{ externalService: of % 2 === 0 ? 'ledger' : 'github' }] }));
  /** A change of rules and groups that takes many requests. */
  const change = async (): Promise<void> => {
    round += 1;
    await rules(round);
    await live.world.addPod(`job-${round + 1}`, { app: 'job', ip: `10.7.0.${round + 2}` });
  };
  const written = (): number => live.firewall.requests().filter(({ wrote }) => wrote).length;
  /** Does something when a change is half way done, that is, has made so many writes. */
  const inTheMiddle = async (count: number, does: () => unknown): Promise<void> => {
    const before = written();
    const isHalfway = until(`${count} writes are made`, () => written() >= before + count);
    await Promise.all([change(), isHalfway.then(does)]);
  };

  /** Each failure in a row is waited for longer: the next fault is to meet a device that has worked since. */
  const worksAgain = async (): Promise<void> => {
    live.firewall.clearFaults();
    const programmed = (): number =>
      [worker, second]
        .flatMap(({ lines }) => lines)
        .filter(({ point, state }) => point === 'edge' && state === 'programmed').length;
    const before = programmed();
    await live.step(() => rules(round + 1));
    await live.step(() => rules(round));
    await until('a worker says that the device is as desired', () => programmed() > before);
  };

  it('puts the worker to sleep in the middle of a change: another ends it, and awake again it overwrites nothing', async () => {
    await live.step(async () => {
      await inTheMiddle(3, () => worker.signal('SIGSTOP'));
      second = live.worker();
    }, 50_000);
    await second.says(({ point, state }) => point === 'edge' && state === 'programmed');
    await leftAlone(live.firewall);
    const before = [live.firewall.dump(), written()];
    const asleep = worker.lines.length;
    worker.signal('SIGCONT');
    const isNew = (line: LogLine): boolean => worker.lines.indexOf(line) >= asleep;
    await worker.says((line) => isNew(line) && line['point'] === 'edge' && line['state'] !== 'programmed');
    await wait(2_000);
    expect([live.firewall.dump(), written()]).toEqual(before);
  });

  it('empties Redis in the middle of a change', async () => {
    await live.step(() => inTheMiddle(2, () => live.redis.admin().flushall()));
    await live.accountedFor(() => live.step(() => live.world.addPod('web-2', { app: 'web', ip: '10.7.0.20' })));
  });

  it('kills Redis, which comes back empty after the cluster has changed', async () => {
    await live.step(async () => {
      await inTheMiddle(2, () => live.redis.kill());
      await live.meanwhile();
      await live.world.deletePod('web-2');
      await live.world.addPod('web-3', { app: 'web', ip: '10.7.0.21' });
      await live.redis.start();
    });
  });

  it.each([
    ['fails', { kind: 'error-before', status: 503, times: 3 }],
    ['fails after it has done what it was told', { kind: 'error-after', status: 500, times: 3 }],
    ['resets connections after it has done what it was told', { kind: 'reset-after', times: 3 }],
    ['resets connections', { kind: 'reset-before', times: 3 }],
    ['is overloaded', { kind: 'throttle', times: 2 }],
    ['stalls', { kind: 'latency', latencyMs: 3_000, times: 2 }],
    ['says that it did and did not', { kind: 'success-without-effect', times: 2 }],
    ['answers with a page', { kind: 'html', times: 2 }],
  ] as const)('is that the device %s', async (_, fault) => {
    live.firewall.fault({ ...fault, match: '^(POST|PUT|DELETE) ', after: 2 });
    await live.accountedFor(() => live.step(change));
    await worksAgain();
  });

  it('is that there are two workers: a firewall never has two writers', async () => {
    const since = live.firewall.requests().length;
    const turns = [worker, second].map(
      ({ lines }) =>
        () =>
          lines.filter(({ point }) => point === 'edge').length,
    );
    const before = turns.map((count) => count());
    const shared = (): boolean => turns.every((count, index) => count() > (before[index] ?? 0));
    // The same address again and again: what one has learnt of the firewall, the other has changed.
    for (let turn = 0; turn < 5 || (turn < 30 && !shared()); turn++) {
      await live.step(() => live.world.addPod('turn', { app: 'job', ip: '10.7.0.22' }));
      await wait(200);
      await live.step(() => live.world.deletePod('turn'));
      await wait(200);
    }
    expect(shared()).toBe(true);
    const times = live.firewall.requests().map(({ at }) => Date.parse(at));
    const gaps = times.slice(since + 1).map((time, index) => time - (times[since + index] ?? 0));
    // A request takes that long at least, so that one which ends sooner after another was begun before that ended.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(latencyMs - 2);
    const ends = await Promise.all([worker.stop(), second.stop()]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  }, 180_000);
});
