import { Cluster, Redis, type CommonRedisOptions, type RedisOptions } from 'ioredis';
import { backoffMs } from '../core/time/backoff.ts';
import { tlsOptions } from './certificates.ts';
import type { RedisConfig } from './config.ts';
import { PromptCluster, PromptRedis, type Patience, type Plain, type PlainClusterOptions } from './patience.ts';
import { asRedisError, type RedisError } from './redis-error.ts';
import { SteadySentinelConnector } from './sentinel-connector.ts';

export type RedisClient = Redis | Cluster;

/**
 * How commands behave while Redis is unavailable.
 *
 *   prompt   they fail at once, or after five seconds without an answer (not counting time for which this process was stopped):
 *            for callers that retry
 *   patient  they wait until Redis is back: for the loop of the queue
 */
export type OfflineBehaviour = 'prompt' | 'patient';

/** Five seconds. */
const usualPatience: Patience = { looks: 10, betweenMs: 500 };

/** For what the client asks of the nodes of a Cluster by itself. */
const nodeAnswersWithinMs = 60_000;

/**
 * Connects, and reconnects without end. Never throws: errors go to `onError`, without the command that failed.
 */
export function connectRedis(
  config: RedisConfig,
  offline: OfflineBehaviour,
  onError: (error: RedisError) => void,
  patience = usualPatience,
): RedisClient {
  const client =
    config.target.kind === 'cluster' ? cluster(config, offline, patience) : single(config, offline, patience);
  client.on('error', (error: unknown) => onError(asRedisError(error)));
  return client;
}

/** Resolves when Redis was reached, or was not: what is asked before fails. */
export function firstWord(client: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    client.once('ready', resolve);
    client.once('error', () => resolve());
  });
}

function single(config: RedisConfig, offline: OfflineBehaviour, patience: Patience): Redis {
  const options = redisOptions(config, offline);
  return offline === 'prompt' ? new PromptRedis(options, patience) : new Redis(options);
}

function redisOptions(config: RedisConfig, offline: OfflineBehaviour): Plain<RedisOptions> {
  const { target, database, sentinelUsername, sentinelPassword } = config;
  const tls = config.tls && tlsOptions(config.tls);
  const options: Plain<RedisOptions> = {
    ...commonOptions(config, offline),
    db: database,
    retryStrategy: nextTryMs,
    enableOfflineQueue: offline === 'patient',
    ...(tls && { tls }),
  };
  if (target.kind === 'single') return { ...options, ...target.node };
  if (target.kind === 'cluster') return options;
  return {
    ...options,
    sentinels: [...target.sentinels],
    name: target.master,
    ...given({ sentinelUsername, sentinelPassword }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    // Sentinels announce a new primary; the old one may not notice that it is none any longer.
    failoverDetector: true,
    Connector: SteadySentinelConnector as NonNullable<RedisOptions['Connector']>,
    sentinelRetryStrategy: nextTryMs,
  };
}

function cluster(config: RedisConfig, offline: OfflineBehaviour, patience: Patience): Cluster {
  const nodes = config.target.kind === 'cluster' ? [...config.target.nodes] : [];
  const options: PlainClusterOptions = {
    redisOptions: {
      ...commonOptions(config, offline),
      ...(config.tls && { tls: tlsOptions(config.tls) }),
      ...(offline === 'prompt' && { commandTimeout: nodeAnswersWithinMs }),
    },
    enableOfflineQueue: offline === 'patient',
    clusterRetryStrategy: nextTryMs,
    // Use the name that a node announces: it may be the one in its certificate.
    dnsLookup: (address, callback) => callback(null, address),
    slotsRefreshTimeout: 3_000,
    slotsRefreshInterval: 5_000,
    maxRedirections: offline === 'patient' ? 16 : 4,
  };
  return offline === 'prompt' ? new PromptCluster(nodes, options, patience) : new Cluster(nodes, options);
}

function commonOptions({ username, password }: RedisConfig, offline: OfflineBehaviour): Plain<CommonRedisOptions> {
  return {
    ...given({ username, password }),
    connectTimeout: 3_000,
    // Else the library sends two commands with each connection that docs/redis.md gives no right to; for the subscriber of a Cluster it sends them all the same.
    disableClientInfo: true,
    keepAlive: 10_000,
    maxRetriesPerRequest: offline === 'prompt' ? 0 : null,
    autoResendUnfulfilledCommands: offline === 'patient',
    reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? 1 : false),
  };
}

function nextTryMs(times: number): number {
  return backoffMs({ baseMs: 100, maxMs: 1_000 }, times);
}

/** The fields that have a value. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
