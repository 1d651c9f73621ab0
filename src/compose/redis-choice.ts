import { readFileSync } from 'node:fs';
import { UsageError } from '../core/model/usage-error.ts';
import { contextOf } from '../redis/certificates.ts';
import { parseRedisUrl, type Certificates, type RedisConfig } from '../redis/config.ts';
import type { Environment, RedisEnvironment } from './environment.ts';

/** What the command line says of Redis; the environment says what it leaves open. */
export interface RedisChoice {
  readonly redis?: string;
  readonly redisCa?: string;
  readonly redisCert?: string;
  readonly redisKey?: string;
  readonly redisServerName?: string;
}

/** @throws UsageError when nothing says which Redis, its address cannot be read, or a certificate cannot */
export function redisOf(choice: RedisChoice, environment: Environment, part: 'controller' | 'worker'): RedisConfig {
  const config = redisIfAny(choice, environment);
  if (config !== undefined) return config;
  throw new UsageError(`the ${part} needs Redis: give --redis or set REDIS_URL, or use \`postern run\``);
}

/** @returns undefined: nothing says which Redis. @throws UsageError when its address cannot be read, or a certificate cannot */
export function redisIfAny(choice: RedisChoice, { redis }: Environment): RedisConfig | undefined {
  const url = choice.redis ?? redis.url;
  if (url === undefined) return undefined;
  const { username, password, sentinelUsername, sentinelPassword } = redis;
  const login = { username, password, sentinelUsername, sentinelPassword };
  return parseRedisUrl(url, { ...login, tls: tlsOf(choice, redis, url) });
}

function tlsOf(choice: RedisChoice, redis: RedisEnvironment, url: string): RedisConfig['tls'] {
  const ca = choice.redisCa ?? redis.caFile;
  const cert = choice.redisCert ?? redis.certFile;
  const key = choice.redisKey ?? redis.keyFile;
  const servername = choice.redisServerName ?? redis.serverName;
  if ([ca, cert, key, servername].every((value) => value === undefined)) return undefined;
  if (!url.startsWith('rediss'))
    throw new UsageError('certificates are given for Redis, but its address does not ask for TLS: write rediss://');
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('a client certificate for Redis needs its key: give --redis-cert and --redis-key together');
  const read = (): Certificates => ({
    ca: pem('--redis-ca', ca),
    cert: pem('--redis-cert', cert),
    key: pem('--redis-key', key),
  });
  return { ...usable(read()), servername, renewed: read };
}

function usable(certificates: Certificates): Certificates {
  try {
    contextOf(certificates);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new UsageError(`the certificates for Redis (--redis-ca, --redis-cert, --redis-key) cannot be used: ${why}`);
  }
  return certificates;
}

function pem(option: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${option} ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`,
    );
  }
}
