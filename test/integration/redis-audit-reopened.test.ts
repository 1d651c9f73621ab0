import { afterAll, beforeAll, expect, it } from 'vitest';
import { reopenScript } from '../../src/audit/redis/audit-scripts.ts';
import { aRedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'writes that Redis has lost', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it.each([
    [
      'are open again where the chain ends as on disk',
      { head: 'h1', lines: [], open: { '3': 'three', reopened: ' 3' } },
    ],
    ['stay lost where the chain has gone on', { head: 'h2', lines: [], open: {} }],
    ['stay lost where lines wait that may close them', { head: 'h1', lines: ['closed'], open: {} }],
  ] as const)('%s', async (title, { head, lines, open }) => {
    const rig = await aRedisRig(server.config, title.replaceAll(' ', '-'));
    const { audit, auditHead, auditOpen } = rig.keys.point('edge');
    await rig.client.hset(auditHead, 'hash', head);
    if (lines.length > 0) await rig.client.rpush(audit, ...lines);
    await reopenScript.run(rig.client, [auditHead, audit, auditOpen], ['h1', '3', 'three']);
    expect(await rig.client.hgetall(auditOpen)).toEqual(open);
    await rig.end();
  });
});
