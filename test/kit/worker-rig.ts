import { expect, vi } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import { MemorySimulator, type DeviceAnswer } from '../../adapters/memory/simulator.ts';
import type { Clock } from '../../src/adapter/adapter.ts';
import { Auditor } from '../../src/audit/auditor.ts';
import type { AuditStore } from '../../src/audit/audit-store.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import type { EnforcementPoint } from '../../src/api/kinds.ts';
import { systemClock } from '../../src/compose/clock.ts';
import type { DesiredState, GroupDelta } from '../../src/core/model/desired.ts';
import { MemoryQueue } from '../../src/queue/memory-queue.ts';
import type { DesiredStore } from '../../src/store/desired-store.ts';
import { MemoryReadingStore } from '../../src/store/reading-store.ts';
import { MemoryDesiredStore } from '../../src/store/memory-store.ts';
import { Sessions, type SecretSource } from '../../src/worker/sessions/sessions.ts';
import type { SyncReport } from '../../src/worker/sync-report.ts';
import { Worker } from '../../src/worker/worker.ts';
import type { WorkerDeps } from '../../src/worker/worker-deps.ts';
import { aDesiredState, aGroup, aPoint, aRule } from './builders.ts';

export const groupId = '00000000000a';

/** One rule with one group of these members. */
export function stateWith(members: readonly string[], rule: Parameters<typeof aRule>[0] = {}): DesiredState {
  return aDesiredState({
    groups: [aGroup({ id: groupId, members: [...members] })],
    rules: [aRule({ sources: [groupId], ...rule })],
  });
}

/** A device that takes its time. */
export class SlowSimulator extends MemorySimulator {
  latencyMs = 0;

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (this.latencyMs > 0) await systemClock.sleep(this.latencyMs);
    return super.request(request);
  }
}

interface WorkerRigOptions {
  /** Points that are dealt with side by side; default: 2. */
  readonly concurrency?: number;
  readonly report?: WorkerDeps['report'];
  readonly secrets?: SecretSource;
  readonly readBackAfterMs?: number;
  /** One that another worker has worked at. */
  readonly store?: DesiredStore;
  /** One that another worker has written to. */
  readonly device?: SlowSimulator;
  readonly audit?: AuditStore;
  readonly readings?: MemoryReadingStore;
  readonly clock?: Clock;
  /** From when on it writes nothing more, as a worker that has lost its lease; what is in flight goes on. */
  readonly signal?: AbortSignal;
}

export interface WorkerRig {
  readonly device: SlowSimulator;
  /** Publishes and says so: a change of rules, unless a delta says what has changed. @returns the version */
  readonly publish: (
    desired: DesiredState,
    delta?: Partial<GroupDelta>,
    rest?: { readonly point?: EnforcementPoint; readonly ended?: readonly string[]; readonly synced?: boolean },
  ) => Promise<number>;
  readonly reports: SyncReport[];
  /** The reports in a word or two each. */
  readonly told: () => string[];
  readonly queue: MemoryQueue;
  readonly store: DesiredStore;
}

/** A worker with everything in this process, under fake timers: what it was told and what it told. */
export function aWorker(options: WorkerRigOptions = {}): WorkerRig {
  const device = options.device ?? new SlowSimulator();
  const adapter = createMemoryAdapter(() => device);
  const reports: SyncReport[] = [];
  const { signal = new AbortController().signal } = options;
  const clock = options.clock ?? systemClock;
  const queue = new MemoryQueue((point, error) => expect.fail(`${point}: ${String(error)}`));
  const store = options.store ?? new MemoryDesiredStore();
  const owner = { cluster: 'blue' };
  const adapters = (kind: string) => Promise.resolve(kind === 'memory' ? adapter : undefined);
  const secrets = options.secrets ?? (() => Promise.resolve(undefined));
  const auditStore = options.audit ?? new MemoryAuditStore(clock);
  const audit = new Auditor({
    store: auditStore,
    clock,
    onError: (point, error) => expect.fail(`${point}: ${error.message}`),
  });
  const around = audit.around.bind(audit);
  const sessions = new Sessions({ adapters, secrets, owner, clock, signal, around });
  const report = (item: SyncReport): unknown => {
    reports.push(item);
    return options.report?.(item);
  };
  const { readBackAfterMs = 5_000, readings = new MemoryReadingStore() } = options;
  new Worker({
    store,
    queue,
    sessions,
    clock,
    signal,
    report,
    random: () => 0,
    readBackAfterMs,
    audit,
    readings,
  }).start(options.concurrency ?? 2);
  const publish: WorkerRig['publish'] = async (desired, delta = {}, rest = {}) => {
    const { point = aPoint(), ended = [], synced = true } = rest;
    const groups = [{ id: groupId, role: 'Accept' as const, added: [], removed: [], ...delta }];
    const rulesChanged = Object.keys(delta).length === 0;
    const version = await store.publish({ point, desired: () => desired, rulesChanged, groups, ended, synced });
    await queue.enqueue(point.metadata.name);
    // Each turn that a sync leaves to others is a millisecond of fake timers.
    await vi.advanceTimersByTimeAsync(10);
    return version;
  };
  const told = (): string[] => reports.map((item) => (item.path === 'full' ? `full ${item.result.state}` : item.path));
  return { device, publish, reports, told, queue, store };
}

export const permitted = (device: MemorySimulator, src: string, dst = '203.0.113.7'): boolean =>
  device.verdict({ src, dst, port: 443, protocol: 'TCP' }).action === 'Accept';
