import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemoryObjects } from '../../kit/kubernetes/testing/memory-objects.ts';
import type { Adapter, AdapterDeps } from '../../src/adapter/adapter.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { Sessions } from '../../src/worker/sessions/sessions.ts';
import { aPoint } from '../kit/builders.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, type RedisServer } from '../kit/redis-server.ts';

const leaseMs = 1_000;

/** As a process that was stopped, and goes on where it was: no timer runs, and nothing arrives. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describeWith(['redis-server'], 'A worker that is stopped between two native requests of one call', () => {
  let server: RedisServer;
  let rig: RedisRig;
  const asked: string[] = [];

  beforeEach(async () => {
    asked.length = 0;
    server = await startRedis();
    rig = await aRedisRig(server.config, 'stopped');
  });
  afterEach(async () => {
    await rig.end();
    await server.stop();
  });

  /** The dependencies that an adapter is given, used under a lease. */
  async function underLease(call: (deps: Pick<AdapterDeps, 'pace' | 'kubernetes'>) => Promise<void>): Promise<boolean> {
    let deps: AdapterDeps | undefined;
    const memory = createMemoryAdapter() as Adapter;
    const sessions = new Sessions({
      adapters: () =>
        Promise.resolve({
          ...memory,
          connect: (config: unknown, given: AdapterDeps) => memory.connect(config, (deps = given)),
        }),
      kubernetes: new MemoryObjects([]),
      secrets: () => Promise.resolve({}),
      owner: { cluster: 'blue' },
      clock: systemClock,
      signal: new AbortController().signal,
    });
    const lease = await new RedisPointLeases(rig.client, rig.keys, leaseMs).acquire('edge');
    await sessions.under('edge', lease!, async () => {
      await sessions.open(aPoint());
      await call(deps!);
    });
    await lease!.release();
    return lease!.signal.aborted;
  }

  it.each([
    ['less', leaseMs / 4, false],
    ['more', leaseMs + 200, true],
  ])('for %s time than its lease lasts', async (_, ms, isOver) => {
    const call = underLease(async ({ pace }) => {
      await pace!.admit();
      asked.push('first');
      standStill(ms);
      await pace!.admit();
      asked.push('second');
    });
    if (isOver) await expect(call).rejects.toThrow('the lease of edge was lost');
    else expect(await call).toBe(false);
    expect(asked).toEqual(isOver ? ['first'] : ['first', 'second']);
  });

  it('writes no object either', async () => {
    const kind = { kind: 'ConfigMap', group: '', plural: 'configmaps', versions: ['v1'], namespaced: true };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } };
    const { signal } = new AbortController();
    const call = underLease(async ({ kubernetes }) => {
      await kubernetes!.apply(kind, object, { force: false, signal }).catch(() => undefined);
      standStill(leaseMs + 200);
      await kubernetes!.remove(kind, { namespace: 'shop', name: 'a', uid: '1' }, signal);
    });
    await expect(call).rejects.toThrow('the lease of edge was lost');
  });
});
