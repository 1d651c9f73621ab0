import { afterEach, describe, expect, it } from 'vitest';
import { oneGroup } from '../../../test/kit/laws/states.ts';
import { awsNetworkFirewall } from '../adapter.ts';
import { startAwsNetworkFirewall, type AwsOptions, type AwsSimulator } from '../simulator/simulator.ts';
import { realWorker, type RealWorker } from '../testing/real-worker.ts';

let simulator: AwsSimulator | undefined;
let worker: RealWorker | undefined;
afterEach(async () => {
  worker?.close();
  await simulator?.close();
});

const addresses = (net: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `10.${net}.${at >> 8}.${at & 255}`);

/** A worker whose account holds these members, and every request from then on. */
async function settledAt(members: readonly string[], options: Omit<AwsOptions, 'port'> = {}) {
  const aws = await startAwsNetworkFirewall({ port: 0, ...options });
  const started = realWorker(awsNetworkFirewall, aws);
  [simulator, worker] = [aws, started];
  await started.publish(oneGroup(members));
  await started.settled();
  const before = aws.requests().length;
  const operations = (): readonly string[] =>
    aws
      .requests()
      .slice(before)
      .map(({ path }) => path.replace(/^.*\//, ''));
  return { aws, worker: started, operations };
}

/** How many entries each further call adds, and removes. */
function watchedSizes(aws: AwsSimulator): readonly (readonly [number, number])[] {
  const sizes: (readonly [number, number])[] = [];
  const entries = (): Set<string> => new Set([...aws.state.lists.values()].flatMap((list) => [...list.entries.keys()]));
  let before = entries();
  aws.onRequest(() => {
    const after = entries();
    const size = [[...after].filter((one) => !before.has(one)), [...before].filter((one) => !after.has(one))] as const;
    before = after;
    if (size[0].length + size[1].length > 0) sizes.push([size[0].length, size[1].length]);
  });
  return sizes;
}

const accepts = (aws: AwsSimulator, src: string): boolean =>
  aws.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' }).action === 'Accept';

describe('members that change one after the other', () => {
  it('are asked after once, when no later call proves that they are there', async () => {
    const [ending, starting] = [addresses(1, 250), addresses(2, 250)];
    const { aws, worker: run, operations } = await settledAt(ending);
    aws.fault({ kind: 'latency', latencyMs: 60, times: 10_000 });
    for (let at = 0; at < 250; at += 25) {
      const [added, removed] = [starting.slice(at, at + 25), ending.slice(at, at + 25)];
      await run.publish(oneGroup([...starting.slice(0, at + 25), ...ending.slice(at + 25)]), { added, removed });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await run.told();
    expect(operations().filter((name) => name !== 'ModifyManagedPrefixList')).toEqual(['DescribeManagedPrefixLists']);
    expect(operations().length).toBeLessThanOrEqual(8);
    const entries = [...aws.state.lists.values()].flatMap((list) => [...list.entries.keys()]);
    expect(entries.sort()).toEqual(starting.map((address) => `${address}/32`).sort());
  });

  it('fill every call, so that the last of them does not wait for one more', async () => {
    const [ending, starting] = [addresses(1, 250), addresses(2, 250)];
    const { aws, worker: run } = await settledAt(ending);
    aws.fault({ kind: 'latency', latencyMs: 400, times: 10_000 });
    const sizes = watchedSizes(aws);
    for (let at = 0; at < 250; at += 30) {
      const [added, removed] = [starting.slice(at, at + 30), ending.slice(at, at + 30)];
      await run.publish(oneGroup([...starting.slice(0, at + 30), ...ending.slice(at + 30)]), { added, removed });
    }
    await run.told();
    expect(sizes.slice(1, -1).every(([added, removed]) => added === 100 && removed === 100)).toBe(true);
    expect(sizes.reduce((sum, [, removed]) => sum + removed, 0)).toBe(250);
  });

  it('who is to be shut out is in the next call, however many wait to be let in', async () => {
    const [members, starting] = [addresses(1, 3), addresses(2, 350)];
    const { aws, worker: run } = await settledAt(members);
    aws.fault({ kind: 'latency', latencyMs: 400, times: 10_000 });
    const sizes = watchedSizes(aws);
    await run.publish(oneGroup([...members, ...starting]), { added: starting, removed: [] });
    const changed = [...members.slice(1), ...starting];
    await run.publish(oneGroup(changed), { added: [], removed: members.slice(0, 1) });
    await run.told();
    const call = sizes.findIndex(([, removed]) => removed === 1);
    expect([sizes.length, call <= 1]).toEqual([4, true]);
    expect([accepts(aws, '10.1.0.0'), accepts(aws, '10.1.0.1'), accepts(aws, '10.2.1.93')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('are not told to be there before AWS has carried it out', async () => {
    const members = addresses(1, 3);
    const { aws, worker: run } = await settledAt(members, { settleRequests: 2 });
    const early: string[] = [];
    const told = run.reports.length;
    aws.onRequest(() => {
      const isPending = [...aws.state.lists.values()].some(({ state }) => state.endsWith('-in-progress'));
      const reports = run.reports.slice(told).filter(({ path, version }) => path !== 'none' && version >= wanted);
      if (isPending && reports.some((report) => report.path !== 'none' && report.pending.length === 0))
        early.push('told');
    });
    const wanted = await run.publish(oneGroup(members.slice(1)), { added: [], removed: members.slice(0, 1) });
    await run.told();
    expect([early, accepts(aws, '10.1.0.0'), accepts(aws, '10.1.0.1')]).toEqual([[], false, true]);
  });

  it('are not told to be there while a part of their version waits for the next call', async () => {
    const [members, starting] = [addresses(1, 3), addresses(2, 350)];
    const { aws, worker: run } = await settledAt(members, { settleRequests: 2 });
    const told = run.reports.length;
    const early: number[] = [];
    const wanted = await run.publish(oneGroup([...members, ...starting]), { added: starting, removed: [] });
    aws.onRequest(() => {
      const there = [...aws.state.lists.values()].reduce((sum, { entries }) => sum + entries.size, 0);
      const reports = run.reports.slice(told).filter(({ path, version }) => path === 'delta' && version >= wanted);
      if (there < members.length + starting.length && reports.length > 0) early.push(there);
    });
    await run.told();
    expect(early).toEqual([]);
    expect(accepts(aws, '10.2.1.93')).toBe(true);
  });

  it.each([
    ['fails', { kind: 'error-before', status: 500, times: 1 }],
    ['is answered by a cut connection', { kind: 'reset-after', times: 1 }],
    ['is said to be done and is not', { kind: 'success-without-effect', times: 1 }],
  ] as const)('arrive all the same when a call %s', async (_, fault) => {
    const members = addresses(1, 6);
    const { aws, worker: run } = await settledAt(members);
    aws.fault({ ...fault, match: 'ModifyManagedPrefixList' });
    for (let gone = 1; gone <= 3; gone += 1)
      await run.publish(oneGroup(members.slice(gone)), { added: [], removed: members.slice(gone - 1, gone) });
    await run.told();
    await expect
      .poll(() => members.map((src) => accepts(aws, src)), { timeout: 80_000 })
      .toEqual([false, false, false, true, true, true]);
  });
});
