import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import { MemorySimulator, type DeviceAnswer } from '../../adapters/memory/simulator.ts';
import type { AuditStore } from '../../src/audit/audit-store.ts';
import { FileAuditStore } from '../../src/audit/files/file-audit-store.ts';
import { RedisAuditStore } from '../../src/audit/redis/redis-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { startEmbedded } from '../../src/compose/embedded.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import type { AuditEntry, AuditRecord } from '../../src/core/audit/record.ts';
import { redisConfigSchema } from '../../src/redis/config.ts';
import { connectRedis } from '../../src/redis/connect.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { aPod, aPoint, aPolicy, aService, aSnapshot } from './builders.ts';
import { ready } from './redis-rig.ts';

/*
 * Controller and worker in a process of its own, to be killed: brings a device in its parent to its desired state, with
 * the audit record in files or in Redis, and dies at the step that it is told. Argument: `VictimOptions` as JSON.
 */

export interface VictimOptions {
  readonly store: { readonly directory: string } | { readonly redis: unknown; readonly installation: string };
  /** Dies by itself, the so-manieth time that it is there; absent: lives. */
  readonly dies?: {
    readonly step: 'before-begin' | 'after-begin' | 'before-close' | 'after-close';
    readonly time: number;
  };
}

const { store: where, dies } = JSON.parse(process.argv[2] ?? '') as VictimOptions;
const answers: ((answer: DeviceAnswer) => void)[] = [];
process.on('message', (answer: DeviceAnswer) => answers.shift()?.(answer));

/** The device is in the parent; one request at a time. */
class RemoteDevice extends MemorySimulator {
  override request(request: DeviceRequest): Promise<DeviceAnswer> {
    return new Promise((resolve) => {
      answers.push(resolve);
      process.send?.(request);
    });
  }
}

let times = 0;
function die(step: NonNullable<VictimOptions['dies']>['step']): void {
  if (step !== dies?.step) return;
  times += 1;
  if (times === dies.time) process.kill(process.pid, 'SIGKILL');
}

/** Around each append, the places to die at. */
function mortal(store: AuditStore): AuditStore {
  return {
    append: async (point, entries: readonly AuditEntry[], durability): Promise<readonly AuditRecord[]> => {
      const what = entries.some(({ type }) => type === 'begun')
        ? 'begin'
        : entries.some(({ type }) => type === 'closed')
          ? 'close'
          : undefined;
      if (what !== undefined) die(`before-${what}`);
      const records = await store.append(point, entries, durability);
      if (what !== undefined) die(`after-${what}`);
      return records;
    },
    unsettled: (point) => store.unsettled(point),
    head: (point) => store.head(point),
    close: () => store.close(),
  };
}

async function open(): Promise<AuditStore> {
  if ('directory' in where) return new FileAuditStore({ ...where, clock: systemClock });
  const client = connectRedis(redisConfigSchema.parse(where.redis), 'prompt', () => undefined);
  await ready(client);
  return new RedisAuditStore({ client, keys: redisKeys(where.installation), clock: systemClock });
}

const device = new RemoteDevice();
const embedded = startEmbedded({
  adapters: () => Promise.resolve(createMemoryAdapter(() => device)),
  secrets: () => Promise.resolve(undefined),
  owner: { cluster: 'east' },
  clock: systemClock,
  random: () => 0,
  readBackAfterMs: 10,
  recheckEveryMs: 3_600_000,
  report: () => undefined,
  onError: () => undefined,
  audit: mortal(await open()),
});
const snapshot = aSnapshot({
  pods: [aPod({ name: 'a', addresses: ['10.0.0.1'] }), aPod({ name: 'b', addresses: ['10.0.0.2'] })],
  externalServices: [aService()],
  egressPolicies: [aPolicy()],
  enforcementPoints: [aPoint({ config: { transactions: false } })],
});
await embedded.apply(toChanges(snapshot), true);
await embedded.settled();
const late = aPod({ name: 'c', addresses: ['10.0.0.3'] });
await embedded.apply([{ kind: 'Pod', key: `${late.namespace}/c`, object: late }], true);
await embedded.settled();
await embedded.apply([{ kind: 'Pod', key: `${late.namespace}/a`, object: undefined }], true);
await embedded.settled();
await embedded.close();
process.exit(0);
