import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { WorkLease, WorkQueue } from '../../src/queue/work-queue.ts';
import { until } from './redis-server.ts';

export interface QueueRig {
  readonly queue: WorkQueue;
  /** What was reported, `subject: message`. */
  readonly errors: readonly string[];
  end(): Promise<void>;
}

/** What every work queue does; memory and Redis are held to the same. */
export function describeWorkQueue(make: () => Promise<QueueRig>): void {
  let rig: QueueRig;
  let handled: string[];
  const open: (() => void)[] = [];

  /** A handler that writes down each point and waits until the test lets it go on. */
  const gated = (point: string): Promise<void> => {
    handled.push(point);
    return new Promise((resolve) => open.push(resolve));
  };
  const noted = (point: string): Promise<void> => {
    handled.push(point);
    return Promise.resolve();
  };
  const letGo = (): void => open.splice(0).forEach((resolve) => resolve());

  beforeEach(async () => {
    handled = [];
    rig = await make();
  });
  afterEach(async () => {
    letGo();
    await rig.end();
  });

  it('hands out each point once, however often it was enqueued while waiting', async () => {
    for (const point of ['a', 'b', 'a', 'a', 'b']) await rig.queue.enqueue(point);
    rig.queue.process(noted, 2);
    await rig.queue.idle();
    expect(handled.sort()).toEqual(['a', 'b']);
  });

  it('runs a point once more, and no more than that, when it was enqueued while its handler ran', async () => {
    rig.queue.process(gated, 4);
    await rig.queue.enqueue('a');
    await until('the first run', () => handled.length === 1);
    for (let index = 0; index < 20; index += 1) await rig.queue.enqueue('a');
    expect(handled).toEqual(['a']);
    letGo();
    await until('the second run', () => handled.length === 2);
    letGo();
    await rig.queue.idle();
    expect(handled).toEqual(['a', 'a']);
  });

  it('says how much there is to do, and since when', async () => {
    await rig.queue.enqueue('a');
    await rig.queue.enqueue('b', { urgent: true });
    await rig.queue.enqueue('c', { delayMs: 30_000 });
    await wait(30);
    const { oldestMs, nextMs = 0, ...counts } = await rig.queue.depth();
    expect(counts).toEqual({ waiting: 2, running: 0, delayed: 1 });
    expect(oldestMs).toBeGreaterThanOrEqual(20);
    expect([oldestMs < 20_000, nextMs > 10_000, nextMs <= 30_000]).toEqual([true, true, true]);
    rig.queue.process(gated, 1);
    await until('the first run', () => handled.length === 1);
    expect(await rig.queue.depth()).toMatchObject({ waiting: 1, running: 1, delayed: 1 });
  });

  it('has nothing to do when all is done', async () => {
    rig.queue.process(noted, 1);
    await rig.queue.enqueue('a');
    await rig.queue.idle();
    expect(await rig.queue.depth()).toEqual({ waiting: 0, running: 0, delayed: 0, oldestMs: 0 });
  });

  it('runs different points side by side', async () => {
    rig.queue.process(gated, 3);
    for (const point of ['a', 'b', 'c']) await rig.queue.enqueue(point);
    await until('all run', () => handled.length === 3);
    expect(await rig.queue.depth()).toMatchObject({ running: 3 });
  });

  it('never runs two handlers of one point side by side', async () => {
    let running: string[] = [];
    const handler = async (point: string): Promise<void> => {
      expect(running).not.toContain(point);
      running = [...running, point];
      await wait(2);
      running = running.filter((other) => other !== point);
    };
    rig.queue.process(handler, 3);
    for (let round = 0; round < 20; round += 1) {
      for (const point of ['a', 'b', 'c']) await rig.queue.enqueue(point, { urgent: round % 3 === 0 });
      await wait(1);
    }
    await rig.queue.idle();
    expect(rig.errors).toEqual([]);
  });

  it('takes urgent points before all others, those included that were already waiting', async () => {
    rig.queue.process(gated, 1);
    await rig.queue.enqueue('first');
    await until('the first run', () => handled.length === 1);
    await rig.queue.enqueue('a');
    await rig.queue.enqueue('b');
    await rig.queue.enqueue('c', { urgent: true });
    await rig.queue.enqueue('b', { urgent: true });
    await rig.queue.enqueue('b');
    for (let count = 2; count <= 4; count += 1) {
      letGo();
      await until(`run ${count}`, () => handled.length === count);
    }
    expect(handled).toEqual(['first', 'c', 'b', 'a']);
  });

  it('starts a delayed point when its time has come and not before', async () => {
    rig.queue.process(noted, 1);
    const asked = performance.now();
    await rig.queue.enqueue('a', { delayMs: 300 });
    await until('the run', () => handled.length === 1);
    expect(performance.now() - asked).toBeGreaterThanOrEqual(290);
    await rig.queue.idle();
    expect(handled).toEqual(['a']);
  });

  it.each([
    ['the earlier request came second', [60_000, 100], 'before'],
    ['the earlier request came first', [100, 60_000], 'after'],
    ['a request without delay follows', [60_000, 0], 'before'],
  ])('lets the earlier of two requests count: %s', async (_, delays, begins) => {
    if (begins === 'before') rig.queue.process(noted, 1);
    for (const delayMs of delays) await rig.queue.enqueue('a', { delayMs });
    if (begins === 'after') rig.queue.process(noted, 1);
    await until('the run', () => handled.length === 1, 3_000);
    await rig.queue.idle();
    expect(handled).toEqual(['a']);
  });

  it.each([
    ['before', [{ delayMs: 60_000 }, { urgent: true }]],
    ['after', [{ urgent: true }, { delayMs: 60_000 }]],
  ])(
    'does not let a delayed request hold up an urgent one that came %s it while the handler ran',
    async (_, requests) => {
      rig.queue.process(gated, 1);
      await rig.queue.enqueue('a');
      await until('the first run', () => handled.length === 1);
      for (const request of requests) await rig.queue.enqueue('a', request);
      letGo();
      await until('the second run', () => handled.length === 2, 3_000);
      letGo();
      await rig.queue.idle();
    },
  );

  it('reports what a handler throws, goes on with other points, and hands the point out again', async () => {
    let failures = 1;
    await rig.queue.enqueue('a');
    await rig.queue.enqueue('b');
    rig.queue.process((point) => {
      handled.push(point);
      if (point !== 'a' || failures === 0) return Promise.resolve();
      failures -= 1;
      return Promise.reject(new Error('no way'));
    }, 1);
    await until('the second run', () => handled.length === 3, 5_000);
    expect(handled).toEqual(['a', 'b', 'a']);
    expect(rig.errors).toEqual(['a: no way']);
    await rig.queue.idle();
  });

  it('gives each handler a turn that stays its own while it runs', async () => {
    let seen: WorkLease | undefined;
    rig.queue.process(async (_, turn) => {
      await turn.confirm();
      seen = turn;
    }, 1);
    await rig.queue.enqueue('a');
    await rig.queue.idle();
    expect(seen?.signal.aborted).toBe(false);
  });

  it('tells a handler when its point is enqueued again, and not of others or of what is due later', async () => {
    const leases: WorkLease[] = [];
    rig.queue.process((point, lease) => {
      leases.push(lease);
      return gated(point);
    }, 1);
    await rig.queue.enqueue('a');
    await until('the first run', () => handled.length === 1);
    await until('it can be told', () => leases[0]?.requested() !== undefined);
    const order: string[] = [];
    void leases[0]?.requested()?.then(() => order.push('told'));
    await rig.queue.enqueue('b');
    await rig.queue.enqueue('a', { delayMs: 30_000 });
    order.push('enqueued');
    await rig.queue.enqueue('a');
    await until('it is told', () => order.includes('told'));
    void leases[0]?.requested()?.then(() => order.push('told again'));
    await rig.queue.depth();
    order.push('once');
    await rig.queue.enqueue('a', { urgent: true });
    await until('it is told again', () => order.includes('told again'));
    expect(order).toEqual(['enqueued', 'told', 'once', 'told again']);
  });

  it('tells a handler that others wait only where there is no room for a point that waits', async () => {
    const leases: WorkLease[] = [];
    rig.queue.process((point, lease) => {
      leases.push(lease);
      return gated(point);
    }, 1);
    await rig.queue.enqueue('a');
    await until('the first run', () => handled.length === 1);
    await rig.queue.enqueue('a');
    await rig.queue.enqueue('b', { delayMs: 30_000 });
    expect(await leases[0]?.othersWait()).toBe(false);
    await rig.queue.enqueue('b');
    expect(await leases[0]?.othersWait()).toBe(true);
    letGo();
    await until('the others', () => (letGo(), handled.length === 3));
  });

  it('is idle only when nothing is waiting, delayed or running', async () => {
    await rig.queue.idle();
    rig.queue.process(gated, 1);
    await rig.queue.enqueue('a');
    await rig.queue.enqueue('b', { delayMs: 150 });
    let idle = false;
    const rested = rig.queue.idle().then(() => (idle = true));
    await until('the first run', () => handled.length === 1);
    letGo();
    await until('the second run', () => handled.length === 2);
    expect(idle).toBe(false);
    letGo();
    await rested;
  });

  it('closes when running handlers have ended, and hands out nothing more', async () => {
    rig.queue.process(gated, 1);
    await rig.queue.enqueue('a');
    await rig.queue.enqueue('b');
    await until('the first run', () => handled.length === 1);
    let closed = false;
    const closing = rig.queue.close().then(() => (closed = true));
    await wait(50);
    expect(closed).toBe(false);
    letGo();
    await closing;
    expect(handled).toEqual(['a']);
  });
}
