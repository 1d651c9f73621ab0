import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadAdapter } from '../../adapters/index.ts';
import { aCluster, everyKind } from '../../adapters/istio/testing/world.ts';
import { networkPolicyKind } from '../../adapters/network-policy/native.ts';
import type { Clock } from '../../src/adapter/adapter.ts';
import { FileAuditStore } from '../../src/audit/files/file-audit-store.ts';
import { startControllerLoop } from '../../src/controller/publish/loop.ts';
import { MemoryRateLimit } from '../../src/redis/rate-limit.ts';
import { MemoryDesiredStore } from '../../src/store/memory-store.ts';
import { MemoryOutcomeStore } from '../../src/store/outcome-store.ts';
import { MemoryReadingStore } from '../../src/store/reading-store.ts';
import { startWorker } from '../../src/worker/start-worker.ts';
import type { SyncReport } from '../../src/worker/sync-report.ts';
import { VirtualTime } from '../../test/kit/virtual-time.ts';
import { fleetOf, nameOf, replaced, type Device } from '../worlds/fleet.ts';
import { peakMib, retained } from './memory-use.ts';
import { argument, onMessage, tell } from './parent.ts';

/* All of Postern in one process, with a virtual clock: time passes when the next thing is due. */

export interface FleetOptions {
  readonly directory: string;
  readonly devices: readonly Device[];
  /** Milliseconds of the clock that pass, and between two pods that are replaced. */
  readonly lastsMs: number;
  readonly everyMs: number;
}

/** Of the first sync, and then of the time that passed. */
export interface FleetFigures {
  /** Seconds of the processor. */
  readonly processor: number;
  readonly retained: number;
  readonly peakMib: number;
  readonly syncs: number;
  /** Calls that write, by what adapters count. */
  readonly nativeCalls: number;
  /** Points that are not as they should be, and why. */
  readonly failing: readonly string[];
}

const { directory, devices, lastsMs, everyMs } = argument() as FleetOptions;
const recheckEveryMs = 300_000;
/** Tokens hold the time, and who gives them goes by the clock on the wall, and takes them up to five minutes early. */
const began = Date.now() - lastsMs + 240_000;
const time = new VirtualTime(began);
/** A sleep lets answers of devices in, and advances the time. */
const clock: Clock = { ...time.clock, sleep: (ms) => wait(1).then(() => time.clock.sleep(ms)) };
const secrets = new Map(devices.map((device, i) => [nameOf(device, i), device.secret]));
const states = new Map<string, string>();
let [syncs, nativeCalls] = [0, 0];

const onError = (subject: string, error: unknown): void => void states.set(subject, String(error));
const store = new MemoryDesiredStore();
const outcomes = new MemoryOutcomeStore();
const side = startControllerLoop(
  // What is done again and again is done below, when it is due.
  {
    store,
    queue: time,
    outcomes,
    clock: { ...time.clock, sleep: () => new Promise(() => undefined) },
    recheckEveryMs,
    onError,
  },
  new AbortController().signal,
);
startWorker({
  store,
  queue: time,
  outcomes,
  readings: new MemoryReadingStore(),
  adapters: loadAdapter,
  secrets: (name) => Promise.resolve(secrets.get(name) ?? {}),
  owner: { cluster: 'bench' },
  kubernetes: aCluster({ kinds: [...everyKind, networkPolicyKind] }),
  clock,
  limit: new MemoryRateLimit(clock),
  random: () => 0.5,
  readBackAfterMs: 10_000,
  concurrency: 1,
  report: (item) => {
    syncs += 1;
    if (item.path !== 'none') nativeCalls += item.result.nativeCalls;
    states.set(item.point, stateOf(item));
  },
  onError,
  audit: new FileAuditStore({ directory: join(directory, 'audit'), clock: time.clock }),
});

/** Empty: it is as it should be, or will be when the device has had its time. */
function stateOf(report: SyncReport): string {
  if (report.path === 'none') return report.error.message;
  const { error, quarantined } = report.result;
  return (error ?? quarantined[0]?.error)?.message ?? '';
}

async function hour(): Promise<void> {
  const from = time.clock.now();
  let rechecked = from;
  for (let i = 0; i * everyMs < lastsMs; i += 1) {
    for (const change of replaced(i)) await side.apply([change], true);
    if (time.clock.now() - rechecked >= recheckEveryMs) {
      rechecked = time.clock.now();
      for (const { metadata } of side.publisher.points()) await side.publisher.recheck(metadata.name);
    }
    await time.runUntil(from + (i + 1) * everyMs);
  }
}

async function measured(task: () => Promise<void>): Promise<FleetFigures> {
  [syncs, nativeCalls] = [0, 0];
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  const failing = [...states].filter(([, state]) => state !== '').map((one) => one.join(': '));
  return { processor: (user + system) / 1e6, retained: retained(), peakMib: peakMib(), syncs, nativeCalls, failing };
}

tell(
  await measured(async () => {
    await side.apply(fleetOf(devices), true);
    await time.runUntil(began + 60_000);
  }),
);
onMessage(() => void measured(hour).then(tell));
