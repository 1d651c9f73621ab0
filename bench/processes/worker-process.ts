import { adapters } from '../../adapters/index.ts';
import type { Owner } from '../../src/adapter/owner.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { openRedis } from '../../src/compose/redis.ts';
import { parseRedisUrl } from '../../src/redis/config.ts';
import { startWorker } from '../../src/worker/start-worker.ts';
import type { FirewallAddress } from './firewall-process.ts';
import { argument, tell } from './parent.ts';

/** `postern worker` as it is composed there; says so each time a firewall is as desired. */
export interface WorkerOptions {
  readonly redisUrl: string;
  readonly firewall: FirewallAddress;
  readonly owner: Owner;
  readonly readBackAfterMs: number;
}

const { redisUrl, firewall, owner, readBackAfterMs } = argument() as WorkerOptions;
const onError = (subject: string, error: unknown): void => void process.stderr.write(`${subject}: ${String(error)}\n`);
startWorker({
  ...openRedis({ config: parseRedisUrl(redisUrl), fence: () => 0, onError }),
  adapters: async (kind) => adapters[kind]?.(),
  secrets: () => Promise.resolve({ token: firewall.token, 'ca.crt': firewall.ca }),
  owner,
  clock: systemClock,
  random: Math.random,
  readBackAfterMs,
  concurrency: 10,
  onError,
  report: (report) => {
    if (report.path === 'full' && report.result.state === 'programmed') tell('programmed');
    else if (report.path === 'none') onError(report.point, report.error);
  },
});
