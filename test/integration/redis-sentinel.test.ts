import { afterEach, expect, it } from 'vitest';
import { redisConfigSchema } from '../../src/redis/config.ts';
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts';
import { ready } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until } from '../kit/redis-server.ts';
import { ScriptedSentinel } from '../kit/scripted-sentinel.ts';

describeWith(['redis-server'], 'A client that finds Redis through Sentinels', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const connected = async (sentinel: ScriptedSentinel): Promise<RedisClient> => {
    const target = { kind: 'sentinel', master: 'main', sentinels: [sentinel.node] };
    const client = connectRedis(redisConfigSchema.parse({ target }), 'prompt', () => undefined);
    ends.push(() => client.disconnect());
    await ready(client);
    await until('it listens to what the Sentinel announces', () => sentinel.listening > 0);
    return client;
  };

  it('goes on when a new primary is announced in the moment in which it asks for it', async () => {
    const [first, second] = [await startRedis(), await startRedis()];
    ends.push(first.stop, second.stop);
    const sentinel = await ScriptedSentinel.start(first.node);
    ends.push(() => sentinel.stop());
    const client = await connected(sentinel);
    let asked = 0;
    sentinel.beforeAnswer = async () => {
      asked += 1;
      sentinel.primary = second.node;
      sentinel.announce();
      // The answer comes after the announcement, on another connection.
      await until('the announcement was read', () => sentinel.listening === 0, 500).catch(() => undefined);
    };
    await first.kill();
    await until('it asks for the primary', () => asked > 0);
    await ready(client);
    expect(client.status).toBe('ready');
    const admin = second.admin();
    await client.set('written', 'by the client');
    expect(await admin.get('written')).toBe('by the client');
  });
});
