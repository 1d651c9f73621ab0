import { beforeEach, describe, expect, it } from 'vitest';
import { textsOf, writesOn } from '../../test/kit/audit-records.ts';
import type { NativeRequest } from '../adapter/adapter.ts';
import type { Change } from '../core/model/plan.ts';
import { systemClock } from '../compose/clock.ts';
import { MemoryAuditStore } from './memory-audit-store.ts';
import { Calls } from './calls.ts';
import { PointRecord, type Call } from './point-record.ts';

const change: Change = {
  op: 'delete',
  phase: 'shrink',
  key: { kind: 'group', name: 'g1' },
  before: { kind: 'group', name: 'g1', spec: {}, refs: [], effect: 'None' },
};
const context = (path: 'full' | 'delta', version: number) => ({
  adapter: 'memory',
  version,
  path,
  ended: new Set<string>(),
  purposeOf: () => undefined,
  isOver: () => false,
});

describe('the records of two points of one process', () => {
  let store: MemoryAuditStore;
  let edge: PointRecord;
  let core: PointRecord;
  beforeEach(() => {
    store = new MemoryAuditStore(systemClock);
    const calls = new Calls<Call>();
    const recordOf = (point: string): PointRecord =>
      new PointRecord(store, point, calls, (error) => expect.fail(error.message));
    [edge, core] = [recordOf('edge'), recordOf('core')];
    edge.context = context('full', 1);
    core.context = context('full', 2);
  });

  /** Writes, and calls the device with each of these templates at every point that is asked here. */
  const write = async (record: PointRecord, ...requests: readonly string[]): Promise<void> => {
    const begun = await record.begin([change]);
    await record.sent(begun, async () => {
      for (const request of requests) {
        const native: NativeRequest = { request, status: 200 };
        await Promise.resolve();
        record.note(native);
      }
      return [{ key: change.key, result: 'done' }];
    });
  };
  const writesOf = async (point: string) => writesOn(await textsOf(store, point));

  it('know the requests of each call, however many are under way', async () => {
    await Promise.all([write(edge, 'PUT /a', 'PUT /b'), write(core, 'PUT /c'), write(edge, 'PUT /d')]);
    const requestsOf = async (point: string) =>
      (await writesOf(point)).map(({ requests }) => requests?.map(({ request }) => request));
    expect(await requestsOf('edge')).toEqual([['PUT /a', 'PUT /b'], ['PUT /d']]);
    expect(await requestsOf('core')).toEqual([['PUT /c']]);
  });

  it('keep the reason of one out of what it sets going at the other', async () => {
    await edge.because(context('delta', 7), async () => {
      await write(edge);
      await write(core);
    });
    await write(edge);
    const versionsOf = async (point: string) => (await writesOf(point)).map(({ version }) => version);
    expect(await versionsOf('edge')).toEqual([7, 1]);
    expect(await versionsOf('core')).toEqual([2]);
  });

  it('counts a request that nobody waits for to no call', async () => {
    edge.note({ request: 'GET /a', status: 200 });
    await write(edge, 'PUT /b');
    expect((await writesOf('edge')).map(({ requests }) => requests)).toEqual([
      [{ request: 'PUT /b', status: 200, count: 1 }],
    ]);
  });
});
