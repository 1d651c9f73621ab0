import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { redisUser } from '../../tools/redis-access.ts';
import { QueuedFirewall } from '../kit/queued-firewall.ts';
import { describeWith, startCluster, startRedis, startSentinel, until, type RedisServer } from '../kit/redis-server.ts';
import { buildPostern, Postern } from '../live/postern.ts';

/** What it says that is no line of its log. */
function plainLines({ said }: Postern): readonly string[] {
  return said
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{'));
}

describeWith(['redis-server', 'openssl'], 'The product at a Redis that trusts nobody', () => {
  const ends: (() => Promise<unknown>)[] = [];
  let rig: QueuedFirewall;
  let folder: QueuedFirewall | undefined;
  let entry = '';
  beforeAll(async () => {
    folder = await QueuedFirewall.start();
    entry = buildPostern(folder.folder);
  });
  afterAll(() => folder?.stop());
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** Waits for work of a pod that comes and of a sync that reads the device, and ends the worker. */
  async function works(redis: RedisServer, url: string, args: readonly string[] = [], env = {}): Promise<Postern> {
    rig = await QueuedFirewall.start({ redis, url });
    ends.push(() => rig.stop());
    const stop = new AbortController();
    const exported = rig.exportAudit(stop.signal);
    const worker = new Postern(entry, ['worker', '--listen', '0', ...args], { ...rig.environment, ...env });
    ends.push(() => worker.kill());
    const address = await rig.addPod();
    await until('it is let through', () => rig.permits(address), 20_000);
    const at = String((await worker.says(({ msg }) => msg === 'metrics and health'))['url']);
    await until('it is ready', async () => (await fetch(`${at}/readyz`)).status === 200, 15_000);
    stop.abort();
    await exported;
    return worker;
  }

  async function grant(servers: readonly RedisServer[], rule: string): Promise<void> {
    for (const server of servers) {
      const admin = server.admin();
      await admin.call(
        'ACL',
        'SETUSER',
        'postern',
        'on',
        '>correct-horse',
        'resetkeys',
        'resetchannels',
        ...rule.split(' '),
      );
      admin.disconnect();
    }
  }

  async function refused(servers: readonly RedisServer[]): Promise<readonly string[]> {
    const logs = await Promise.all(
      servers.map(async (server) => {
        const admin = server.admin();
        const log = (await admin.call('ACL', 'LOG')) as unknown[][];
        admin.disconnect();
        return log.map((entry) =>
          entry.filter((_, at) => entry[at - 1] === 'object' || entry[at - 1] === 'reason').join(' '),
        );
      }),
    );
    return logs.flat();
  }

  describe('works with the smallest rights that the documentation names', () => {
    it('at a single server', async () => {
      const server = await startRedis();
      ends.push(server.stop);
      await grant([server], redisUser('single'));
      await works(server, `redis://postern:correct-horse@127.0.0.1:${server.node.port}`);
      expect(await refused([server])).toEqual([]);
    });

    it('at a Cluster', async () => {
      const cluster = await startCluster();
      ends.push(cluster.stop);
      await grant(cluster.servers, redisUser('cluster'));
      const nodes = cluster.servers.map(({ node }) => `127.0.0.1:${node.port}`).join(',');
      await works(cluster.servers[0]!, `redis+cluster://postern:correct-horse@${nodes}`);
      expect(await refused(cluster.servers)).toEqual([]);
    });

    it('and without INFO, and says then what it cannot check', async () => {
      const server = await startRedis();
      ends.push(server.stop);
      await grant([server], redisUser('single').replace(' +info', ''));
      const worker = await works(server, `redis://postern:correct-horse@127.0.0.1:${server.node.port}`);
      await worker.says((line) => JSON.stringify(line).includes('may not use INFO'));
      expect(plainLines(worker)).toEqual([]);
    });

    it('and without the channel that users of earlier versions do not have, and names it', async () => {
      const server = await startRedis();
      ends.push(server.stop);
      await grant([server], redisUser('single').replace(' &postern:wanted', ''));
      const worker = await works(server, `redis://postern:correct-horse@127.0.0.1:${server.node.port}`);
      await worker.says((line) => JSON.stringify(line).includes('give this user the channel postern:wanted'));
    });
  });

  it('is not ready, and says why, while its user may not take work', async () => {
    const server = await startRedis();
    ends.push(server.stop);
    await grant([server], redisUser('single').replace(' +bzpopmin', ''));
    rig = await QueuedFirewall.start({ redis: server, url: `redis://127.0.0.1:${server.node.port}` });
    ends.push(() => rig.stop());
    const env = { ...rig.environment, REDIS_USERNAME: 'postern', REDIS_PASSWORD: 'correct-horse' };
    const worker = new Postern(entry, ['worker', '--listen', '0'], env);
    ends.push(() => worker.kill());
    const at = String((await worker.says(({ msg }) => msg === 'metrics and health'))['url']);
    await until('it says so', async () => (await (await fetch(`${at}/readyz`)).text()).includes('NOPERM'), 15_000);
    expect((await fetch(`${at}/readyz`)).status).toBe(503);
  });

  it('tells of a Redis that throws keys away', async () => {
    const server = await startRedis({ settings: [['maxmemory-policy', 'allkeys-lru']] });
    ends.push(server.stop);
    const worker = await works(server, `redis://127.0.0.1:${server.node.port}`);
    await worker.says((line) => JSON.stringify(line).includes('set maxmemory-policy noeviction'));
    expect(plainLines(worker)).toEqual([]);
  });

  it('takes an authority of its own, and shows a client certificate', async () => {
    const server = await startRedis({ tls: true, clientCertificates: true });
    ends.push(server.stop);
    const file = (name: string): string => join(server.folder, name);
    // The controller's side of the rig has what the files hold; the worker is told where they are.
    rig = await QueuedFirewall.start({
      redis: server,
      url: `rediss://127.0.0.1:${server.node.port}`,
      config: server.config,
    });
    ends.push(() => rig.stop());
    const args = ['--redis-ca', file('ca.crt'), '--redis-cert', file('server.crt'), '--redis-key', file('server.key')];
    const worker = new Postern(entry, ['worker', ...args], rig.environment);
    ends.push(() => worker.kill());
    const address = await rig.addPod();
    await until('it is let through', () => rig.permits(address), 20_000);
  });

  it('logs in at Sentinels that ask for a password', async () => {
    const sentinel = await startSentinel('correct-horse', 'battery-staple');
    ends.push(sentinel.stop);
    const { target } = sentinel.config;
    const port = target.kind === 'sentinel' ? target.sentinels[0]!.port : 0;
    const url = `redis+sentinel://:correct-horse@127.0.0.1:${port}/main`;
    rig = await QueuedFirewall.start({ redis: sentinel.servers[0]!, url, config: sentinel.config });
    ends.push(() => rig.stop());
    const worker = new Postern(entry, ['worker'], { ...rig.environment, REDIS_SENTINEL_PASSWORD: 'battery-staple' });
    ends.push(() => worker.kill());
    const address = await rig.addPod();
    await until('it is let through', () => rig.permits(address), 20_000);
    expect(worker.said).not.toContain('battery-staple');
  });
});
