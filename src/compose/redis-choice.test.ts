import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolder } from '../../test/kit/folders.ts';
import type { Environment, RedisEnvironment } from './environment.ts';
import { issueTestingCertificate } from '../../kit/simulator/certificate.ts';
import { redisOf } from './redis-choice.ts';

const folder = aFolder();
const file = (name: string, text = 'no certificate'): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const pem = await issueTestingCertificate('redis');
const within = (redis: RedisEnvironment): Environment => {
  return { noColor: true, namespace: 'postern-system', cluster: undefined, redis };
};

it('takes everything that a Redis may ask for from the environment, and the command line first', () => {
  const environment = within({
    url: 'rediss+sentinel://a,b/main',
    ...{ username: 'postern', password: 'p', sentinelUsername: 's', sentinelPassword: 'q' },
    ...{
      caFile: file('ca'),
      certFile: file('cert', pem.certificate),
      keyFile: file('key', pem.key),
      serverName: 'redis.example.com',
    },
  });
  const config = redisOf({ redisCa: file('other', pem.ca) }, environment, 'worker');
  expect(config).toMatchObject({
    ...{ username: 'postern', password: 'p', sentinelUsername: 's', sentinelPassword: 'q' },
    tls: { ca: pem.ca, cert: pem.certificate, key: pem.key, servername: 'redis.example.com' },
  });
  file('other', 'another');
  expect(config.tls?.renewed?.()).toEqual({ ca: 'another', cert: pem.certificate, key: pem.key });
});

it.each([
  [{}, /the worker needs Redis: give --redis or set REDIS_URL/],
  [{ redis: 'redis://a', redisCa: file('ca') }, /its address does not ask for TLS: write rediss:/],
  [{ redis: 'rediss://a', redisCert: file('cert') }, /give --redis-cert and --redis-key together/],
  [
    { redis: 'rediss://a', redisCert: file('bad'), redisKey: file('bad') },
    /the certificates for Redis .* cannot be used: /,
  ],
  [{ redis: 'rediss://a', redisCa: '/nowhere/ca.crt' }, /--redis-ca \/nowhere\/ca.crt cannot be read: ENOENT/],
])('refuses %j, and says what to do', (choice, message) => {
  expect(() => redisOf(choice, within({}), 'worker')).toThrow(message);
});
