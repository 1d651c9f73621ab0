import type { Adapter } from '../../src/adapter/adapter.ts';
import { Auditor } from '../../src/audit/auditor.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import type { DesiredState, GroupDelta } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { MemoryReadingStore } from '../../src/store/reading-store.ts';
import type { DesiredStore } from '../../src/store/desired-store.ts';
import { MemoryDesiredStore } from '../../src/store/memory-store.ts';
import { Sessions } from '../../src/worker/sessions/sessions.ts';
import type { SyncReport } from '../../src/worker/sync-report.ts';
import { Worker } from '../../src/worker/worker.ts';
import { aPoint } from './builders.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { Harness } from './harness.ts';

export interface VirtualWorker {
  readonly reports: readonly SyncReport[];
  /** @param deltas absent: rules have changed */
  publish(desired: () => DesiredState, deltas?: readonly GroupDelta[]): Promise<void>;
}

interface Options {
  readonly name?: string;
  /** What another worker has worked at. */
  readonly store?: DesiredStore;
}

/** A worker on a virtual clock, between a controller that publishes and a simulated device. */
export function virtualWorker(
  time: VirtualTime,
  adapter: Adapter,
  { config, secret }: Pick<Harness, 'config' | 'secret'>,
  options: Options = {},
): VirtualWorker {
  const { name = 'edge', store = new MemoryDesiredStore() } = options;
  const point = aPoint({ adapter: adapter.kind, config: config as JsonObject, secretRef: { name } }, { name });
  const { clock } = time;
  const { signal } = new AbortController();
  const onError = (of: string, error: unknown): never => {
    throw new Error(`${of}: ${String(error)}`);
  };
  const audit = new Auditor({ store: new MemoryAuditStore(clock), clock, onError });
  const sessions = new Sessions({
    adapters: () => Promise.resolve(adapter),
    secrets: () => Promise.resolve({ ...secret }),
    owner: { cluster: 'east' },
    clock,
    signal,
    around: audit.around.bind(audit),
  });
  const reports: SyncReport[] = [];
  const report = (item: SyncReport): unknown => reports.push(item);
  new Worker({
    store,
    queue: time,
    sessions,
    clock,
    signal,
    report,
    random: () => 0,
    readings: new MemoryReadingStore(),
    readBackAfterMs: 60_000,
    audit,
  }).start(1);
  return {
    reports,
    publish: async (desired, deltas) => {
      const groups = deltas ?? [];
      const ended = groups.flatMap(({ removed }) => removed);
      const rulesChanged = deltas === undefined;
      await store.publish({ point, desired, rulesChanged, groups, ended, synced: true });
      await time.enqueue(name);
    },
  };
}
