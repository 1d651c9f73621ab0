import { setTimeout as wait } from 'node:timers/promises';
import type { Adapter, Clock } from '../../../src/adapter/adapter.ts';
import { Auditor } from '../../../src/audit/auditor.ts';
import { MemoryAuditStore } from '../../../src/audit/memory-audit-store.ts';
import type { DesiredState, GroupDelta } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { MemoryQueue } from '../../../src/queue/memory-queue.ts';
import { MemoryReadingStore } from '../../../src/store/reading-store.ts';
import { MemoryDesiredStore } from '../../../src/store/memory-store.ts';
import { Sessions } from '../../../src/worker/sessions/sessions.ts';
import type { SyncReport } from '../../../src/worker/sync-report.ts';
import { Worker } from '../../../src/worker/worker.ts';
import { aPoint } from '../../../test/kit/builders.ts';
import type { AwsSimulator } from '../simulator/simulator.ts';
import { harness } from './harness.ts';

const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};

export interface RealWorker {
  readonly reports: readonly SyncReport[];
  /** @param delta undefined: rules have changed. @returns the version */
  readonly publish: (desired: DesiredState, delta?: Pick<GroupDelta, 'added' | 'removed'>) => Promise<number>;
  /** Resolves when the account was read and is as published. */
  readonly settled: () => Promise<void>;
  /** Resolves when the worker says that all that was published is there, with how many requests there were until then. */
  readonly told: () => Promise<number>;
  readonly close: () => void;
}

/** A worker on the real clock between a controller that publishes and a simulated account. */
export function realWorker(adapter: Adapter, simulator: AwsSimulator, config: JsonObject = {}): RealWorker {
  const known = harness(simulator, { addressFamilies: ['IPv4'], ...config });
  const point = aPoint({
    adapter: adapter.kind,
    config: { ...(known.config as JsonObject) },
    secretRef: { name: 'edge' },
  });
  const reports: SyncReport[] = [];
  const closing = new AbortController();
  const onError = (of: string, error: unknown): never => {
    throw new Error(`${of}: ${String(error)}`);
  };
  const queue = new MemoryQueue(onError);
  const store = new MemoryDesiredStore();
  const audit = new Auditor({ store: new MemoryAuditStore(clock), clock, onError });
  const { signal } = closing;
  const sessions = new Sessions({
    adapters: () => Promise.resolve(adapter),
    secrets: () => Promise.resolve({ ...known.secret }),
    owner: { cluster: 'east' },
    clock,
    signal,
    around: audit.around.bind(audit),
  });
  const report = (item: SyncReport): unknown => reports.push(item);
  const readings = new MemoryReadingStore();
  new Worker({
    store,
    queue,
    sessions,
    clock,
    signal,
    report,
    random: () => 0,
    readBackAfterMs: 60_000,
    audit,
    readings,
  }).start(1);
  let published = 0;
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await wait(5);
  };
  return {
    reports,
    publish: async (desired, delta) => {
      const groups = delta === undefined ? [] : [{ id: 'a00000000001', role: 'Accept' as const, ...delta }];
      const ended = delta?.removed ?? [];
      const rulesChanged = delta === undefined;
      published = await store.publish({ point, desired: () => desired, rulesChanged, groups, ended, synced: true });
      await queue.enqueue('edge');
      return published;
    },
    /** Resolves when the account was read and is as published. */
    settled: () =>
      until(() =>
        reports.some((item) => item.path === 'full' && item.result.state === 'programmed' && item.version >= published),
      ),
    told: async () => {
      await until(() =>
        reports.some((item) => item.version >= published && item.path !== 'none' && item.pending.length === 0),
      );
      return simulator.requests().length;
    },
    close: () => {
      closing.abort();
      void queue.close();
    },
  };
}
