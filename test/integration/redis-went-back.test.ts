import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { openRedis, type SharedState } from '../../src/compose/redis.ts';
import { Publisher } from '../../src/controller/publish/publisher.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { RedisDesiredStore } from '../../src/store/redis-store.ts';
import { startWorker } from '../../src/worker/start-worker.ts';
import { aNamespace, aNode, aPod, aPoint, aPolicy, aServiceAccount, aSnapshot } from '../kit/builders.ts';
import { aPublication, deltaOf, stateOf } from '../kit/desired-store-contract.ts';
import { aRedisRig, ready, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'Redis that went back to what it had before', () => {
  let server: RedisServer;
  const ends: (() => unknown)[] = [];
  beforeEach(async () => {
    server = await startRedis();
    ends.push(() => server.stop());
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const keep = (): Promise<unknown> => server.admin().call('SAVE');
  const goBack = async (): Promise<void> => {
    await server.kill();
    await server.start();
  };

  describe('The store', () => {
    let rig: RedisRig;
    beforeEach(async () => {
      rig = await aRedisRig(server.config, 'back');
      ends.push(() => rig.end());
    });
    const aStore = (fence = 1): RedisDesiredStore =>
      new RedisDesiredStore({ client: rig.client, keys: rig.keys, fence: () => fence, onError: () => undefined });
    const restarted = async (): Promise<void> => {
      await goBack();
      await ready(rig.client);
    };
    const unsure = /nothing is sent before the controller has compared/;

    it('gives workers nothing before the controller has compared, and then what it gave before', async () => {
      const [controller, worker] = [aStore(), aStore()];
      await controller.publish(aPublication([]));
      await worker.acknowledge('edge', (await worker.take('edge'))!.version);
      const version = await controller.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
      const before = (await worker.take('edge'))!;
      await keep();
      await restarted();
      await expect(worker.take('edge')).rejects.toThrow(unsure);
      await expect(worker.changesSince('edge', 0)).rejects.toThrow(unsure);
      await expect(before.snapshot()).rejects.toThrow(unsure);
      expect(await controller.compare()).toEqual({ lost: [], confirmed: ['edge'] });
      expect(await controller.compare()).toEqual({ lost: [], confirmed: [] });
      expect(await worker.take('edge')).toMatchObject({ version, deltas: [deltaOf({ added: ['10.0.0.1'] })] });
    });

    it.each([
      ['at once where its clock is behind', 3_600_000, 0],
      ['in time where its clock is as it was', 0, 60_000],
    ])('has a device read back %s', async (_, behindMs, inMs) => {
      const [controller, worker] = [aStore(), aStore()];
      await controller.publish(aPublication(['10.0.0.1']));
      const { version } = (await worker.take('edge'))!;
      await worker.acknowledge('edge', version, performance.now() + 60_000);
      await rig.client.hincrby(rig.keys.point('edge').state, 'readBackAt', behindMs);
      const { readBackDueAt } = (await worker.take('edge'))!;
      expect(Math.abs(readBackDueAt! - performance.now() - inMs)).toBeLessThan(20_000);
    });

    it('is confirmed by a publication that follows the last one', async () => {
      const [controller, worker] = [aStore(), aStore()];
      await controller.publish(aPublication([]));
      await worker.acknowledge('edge', (await worker.take('edge'))!.version);
      await keep();
      await restarted();
      await controller.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
      expect((await worker.take('edge'))!.deltas).toEqual([deltaOf({ added: ['10.0.0.1'] })]);
    });

    it('has lost what came after, whatever workers have told it since', async () => {
      const [controller, worker] = [aStore(), aStore()];
      await controller.publish(aPublication(['10.0.0.1']));
      await worker.acknowledge('edge', (await worker.take('edge'))!.version);
      await keep();
      await controller.publish(aPublication([], { removed: ['10.0.0.1'] }));
      await restarted();
      // Each makes a version that is newer than what was lost.
      await worker.distrust('edge');
      await worker.failed('edge');
      expect(await controller.compare()).toEqual({ lost: ['edge'], confirmed: [] });
      await controller.publish(aPublication(['10.0.0.2'], { added: ['10.0.0.2'], removed: ['10.0.0.1'] }));
      expect(await controller.compare()).toEqual({ lost: [], confirmed: [] });
      const work = await worker.take('edge');
      expect(work?.deltas).toBeUndefined();
      expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.2']));
    });

    it('is not confirmed by a leader whose term is over', async () => {
      const [old, young, worker] = [aStore(1), aStore(2), aStore()];
      await old.publish(aPublication(['10.0.0.1']));
      await young.publish(aPublication(['10.0.0.2']));
      await keep();
      await restarted();
      expect(await old.compare()).toEqual({ lost: [], confirmed: [] });
      await expect(worker.take('edge')).rejects.toThrow(unsure);
      expect(await young.compare()).toEqual({ lost: [], confirmed: ['edge'] });
    });

    it('is used where the user may not ask which server it is', async () => {
      const admin = server.admin();
      await admin.call('ACL', 'SETUSER', 'default', '-info');
      const [controller, worker] = [aStore(), aStore()];
      await controller.publish(aPublication(['10.0.0.1']));
      expect(await controller.compare()).toEqual({ lost: [], confirmed: [] });
      expect((await (await worker.take('edge'))!.snapshot()).desired).toEqual(stateOf(['10.0.0.1']));
    });
  });

  it('has a lease asked for again before the next write', async () => {
    const rig = await aRedisRig(server.config, 'back');
    ends.push(() => rig.end());
    const lease = (await new RedisPointLeases(rig.client, rig.keys).acquire('edge'))!;
    ends.push(() => lease.release());
    await lease.confirm();
    await goBack();
    await ready(rig.client);
    const other = await new RedisPointLeases(rig.client, rig.keys).acquire('edge');
    ends.push(() => other?.release());
    expect(other).toBeDefined();
    await expect(lease.confirm()).rejects.toThrow(/the lease of edge was lost/);
    expect(lease.signal.aborted).toBe(true);
  });

  it.each([
    ['gives a greater token though its clock is behind that of the server before', 3_600_000, true],
    ['goes by no asker whose clock is years ahead', 10 * 365 * 86_400_000, false],
  ])('%s', async (_, aheadMs, isTaken) => {
    const rig = await aRedisRig(server.config, 'back');
    ends.push(() => rig.end());
    const at = Date.now() + aheadMs;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(at);
    ends.push(() => clock.mockRestore());
    const take = async (): Promise<number> => {
      const lease = await new RedisPointLeases(rig.client, rig.keys).acquire('edge');
      await lease!.release();
      return lease!.token;
    };
    const before = await take();
    await server.admin().del(rig.keys.point('edge').token);
    clock.mockReturnValue(at + 1);
    expect(await take()).toBeGreaterThan(before);
    expect(before === at * 1_000).toBe(isTaken);
  });

  describe('A worker', () => {
    let device: MemorySimulator;
    let errors: string[];
    let shared: SharedState;
    const note = (subject: string, error: unknown): void => void errors.push(`${subject}: ${String(error)}`);
    const opened = async (fence: number): Promise<SharedState> => {
      const state = openRedis({ config: server.config, fence: () => fence, onError: note });
      ends.push(() => state.disconnect());
      await state.tried;
      return state;
    };
    beforeEach(async () => {
      [device, errors] = [new MemorySimulator(), []];
      shared = await opened(1);
      ends.push(() => shared.queue.close());
      const side = startWorker({
        ...(await opened(0)),
        adapters: () => Promise.resolve(createMemoryAdapter(() => device)),
        secrets: () => Promise.resolve(undefined),
        owner: { cluster: 'blue' },
        clock: systemClock,
        random: () => 0.5,
        readBackAfterMs: 3_600_000,
        concurrency: 2,
        report: () => undefined,
        onError: note,
      });
      ends.push(() => side.close());
    });

    const acknowledged = (): Promise<void> =>
      until('the worker has said so', async () => (await shared.store.take('edge'))?.deltas?.length === 0);
    const permits = (address: string): boolean =>
      device.verdict({ src: address, dst: '203.0.113.7', port: 443, protocol: 'TCP' }).action === 'Accept';
    const pod = (address: string) => aPod({ name: address, addresses: [address], labels: { app: 'checkout' } });

    const pods = [pod('10.1.0.1'), pod('10.1.0.2')];
    /** A publisher that looks into the store only when it is told to, and two pods that are let in. */
    const published = async (spec: Parameters<typeof aPoint>[0] = {}): Promise<Publisher> => {
      const publisher = new Publisher({ ...shared, clock: systemClock, onError: note });
      const cluster = aSnapshot({
        namespaces: [aNamespace()],
        serviceAccounts: [aServiceAccount()],
        nodes: [aNode()],
        pods,
        egressPolicies: [aPolicy({ subject: { podSelector: { matchLabels: { app: 'checkout' } } } })],
        enforcementPoints: [aPoint({ adapter: 'memory', ...spec })],
      });
      await publisher.apply(toChanges(cluster), true);
      await until('both pods are let in', () => permits('10.1.0.1') && permits('10.1.0.2'));
      await acknowledged();
      return publisher;
    };

    it('takes everybody out when no controller was heard of for long, and lets them in again', async () => {
      const publisher = await published({ onControllerLoss: 'Expire' });
      const admin = server.admin();
      const [seconds] = await admin.time();
      await admin.hset(redisKeys().point('edge').state, 'heardAt', String((Number(seconds) - 7_200) * 1_000));
      await shared.queue.enqueue('edge');
      await until('nobody is let out', () => !permits('10.1.0.1') && !permits('10.1.0.2'), 20_000);
      await publisher.catchUp();
      await until('both are let in again', () => permits('10.1.0.1') && permits('10.1.0.2'));
    });

    it('does not let an ended pod in again that Redis has forgotten the end of', async () => {
      const publisher = await published();
      await keep();
      await publisher.apply([{ kind: 'Pod', key: 'shop/10.1.0.1', object: undefined }], true);
      await until('the ended pod is shut out', () => !permits('10.1.0.1'));
      await acknowledged();
      let letIn = 0;
      device.onRequest(() => (letIn += permits('10.1.0.1') ? 1 : 0));

      await goBack();
      // As after a sync that failed, or when the device is due to be read.
      await until('Redis takes a request', () =>
        shared.store.distrust('edge').then(
          () => true,
          () => false,
        ),
      );
      await shared.queue.enqueue('edge', { urgent: true });
      const looked = (): boolean => errors.some((error) => error.includes('before the controller has compared'));
      await until('the worker has looked', () => looked() || letIn > 0);
      expect(permits('10.1.0.1')).toBe(false);

      await publisher.catchUp();
      await publisher.apply([{ kind: 'Pod', key: 'shop/10.1.0.3', object: pod('10.1.0.3') }], true);
      await until('a new pod is let in', () => permits('10.1.0.3'), 20_000);
      await acknowledged();
      expect([permits('10.1.0.1'), permits('10.1.0.2'), letIn]).toEqual([false, true, 0]);
    });
  });
});
