import { expect, it } from 'vitest';
import { describeWith, startCluster, startRedis } from '../../test/kit/redis-server.ts';
import type { RedisConfig } from './config.ts';
import { connectRedis, firstWord, type RedisClient } from './connect.ts';
import { askRedis } from './redis-error.ts';

describeWith(['redis-server'], 'a command of a prompt client', () => {
  /** Stands still for longer than all looks take together. */
  const patience = { looks: 10, betweenMs: 400 };
  const stand = (): void => {
    const end = performance.now() + 4_500;
    while (performance.now() < end);
  };
  const connected = async (config: RedisConfig): Promise<RedisClient> => {
    const client = connectRedis(config, 'prompt', () => undefined, patience);
    await firstWord(client);
    return client;
  };

  it.each([
    ['one server', startRedis],
    ['a cluster', startCluster],
  ])('at %s has its answer though the process stood still, and fails where there is none', async (_, start) => {
    const server = await start();
    const client = await connected(server.config);
    const answer = askRedis(() => client.get('a'));
    stand();
    expect(await answer).toBeNull();
    await expect(askRedis(() => client.blpop('nothing', 0))).rejects.toThrow('Redis: Command timed out');
    client.disconnect();
    await server.stop();
  });
});
