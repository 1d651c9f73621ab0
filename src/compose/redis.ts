import type { AuditStore } from '../audit/audit-store.ts';
import { RedisAuditStore } from '../audit/redis/redis-audit-store.ts';
import { BullmqQueue } from '../queue/bullmq-queue.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { RedisConfig } from '../redis/config.ts';
import { connectRedis, firstWord } from '../redis/connect.ts';
import { redisKeys } from '../redis/keys.ts';
import { RedisHealth } from '../redis/outage.ts';
import { RedisPointLeases } from '../redis/point-lease.ts';
import type { RedisError } from '../redis/redis-error.ts';
import { RedisRateLimit, SharedRateLimit, type RateLimit } from '../redis/rate-limit.ts';
import type { DesiredStore } from '../store/desired-store.ts';
import type { OutcomeStore } from '../store/outcome-store.ts';
import type { ReadingStore } from '../store/reading-store.ts';
import { RedisOutcomeStore } from '../store/redis-outcome-store.ts';
import { RedisReadingStore } from '../store/redis-reading-store.ts';
import { RedisDesiredStore } from '../store/redis-store.ts';
import { systemClock } from './clock.ts';

export interface SharedState {
  readonly store: DesiredStore;
  readonly queue: WorkQueue;
  readonly outcomes: OutcomeStore;
  readonly readings: ReadingStore;
  readonly limit: RateLimit;
  /** The record of what is written to devices, until it is moved. */
  readonly audit: AuditStore;
  /** Moves the record to a directory until the signal aborts; one process at a time. */
  exportAudit(directory: string, signal: AbortSignal): Promise<void>;
  /** Resolves when Redis was reached, or was not: what is asked before fails. */
  readonly tried: Promise<void>;
  /** Whether Redis answers, and what to mend. */
  readonly health: RedisHealth;
  /** To be called last: ends the connections. */
  disconnect(): void;
}

export interface OpenRedis {
  readonly config: RedisConfig;
  /** The token of the leader that publishes; workers never publish. */
  readonly fence: () => number;
  readonly onError: (subject: string, error: unknown) => void;
  /** Told what should be mended at Redis. */
  readonly advise?: (advice: string) => void;
}

/** Store, queue and outcomes on one Redis, for processes that share them. */
export function openRedis({ config, fence, onError, advise = () => undefined }: OpenRedis): SharedState {
  const keys = redisKeys();
  const told = (error: RedisError): void => onError('redis', error);
  const client = connectRedis(config, 'prompt', told);
  const health = new RedisHealth(client, advise);
  const patient = () => connectRedis(config, 'patient', told);
  const audit = new RedisAuditStore({ client, keys, clock: systemClock });
  const leases = new RedisPointLeases(client, keys);
  return {
    store: new RedisDesiredStore({ client, keys, fence, onError }),
    queue: new BullmqQueue({ client, patient, keys, leases, onError, alsoAfterwards: () => audit.repeat() }),
    limit: new SharedRateLimit(new RedisRateLimit(client, keys), systemClock),
    outcomes: new RedisOutcomeStore({ client, patient, keys, onError }),
    readings: new RedisReadingStore({ client, keys, onError }),
    audit,
    exportAudit: async (directory, signal) => {
      // Only controllers move the record, and workers start often.
      const [{ AuditExporter }, { FileAuditStore }] = await Promise.all([
        import('../audit/redis/audit-exporter.ts'),
        import('../audit/files/file-audit-store.ts'),
      ]);
      const files = new FileAuditStore({ directory, clock: systemClock });
      await new AuditExporter({ client, keys, files, record: audit, clock: systemClock, onError }).run(signal);
      await files.close();
    },
    tried: firstWord(client),
    health,
    disconnect: () => client.disconnect(),
  };
}
