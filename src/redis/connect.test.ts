import { expect, it } from 'vitest';
import { describeWith, startRedis } from '../../test/kit/redis-server.ts';
import { connectRedis, firstWord, type RedisClient } from './connect.ts';

describeWith(['redis-server'], 'a connection to Redis', () => {
  it('begins with nothing that the documented rights do not permit, on any version', async () => {
    const server = await startRedis();
    const connected = async (): Promise<RedisClient> => {
      const client = connectRedis(server.config, 'prompt', () => undefined);
      await firstWord(client);
      return client;
    };
    const first = await connected();
    await first.call('CONFIG', 'RESETSTAT');
    const second = await connected();
    // A server that does not know the command counts an error; one that does, a call.
    const counted = [await second.info('errorstats'), await second.info('commandstats')].join('\n');
    for (const client of [first, second]) client.disconnect();
    await server.stop();
    expect(counted).toContain('cmdstat_info');
    expect(counted).not.toMatch(/errorstat_|setinfo/);
  });
});
