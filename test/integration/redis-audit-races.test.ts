import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Outcome } from '../../src/adapter/adapter.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import { Calls } from '../../src/audit/calls.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { FileAuditStore } from '../../src/audit/files/file-audit-store.ts';
import { PointRecord, type Call } from '../../src/audit/point-record.ts';
import { AuditExporter } from '../../src/audit/redis/audit-exporter.ts';
import { RedisAuditStore } from '../../src/audit/redis/redis-audit-store.ts';
import { verifyChains } from '../../src/audit/verify-chains.ts';
import { systemClock } from '../../src/compose/clock.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { RedisClient } from '../../src/redis/connect.ts';
import { Random } from '../chaos/random.ts';
import { aRedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, type RedisServer } from '../kit/redis-server.ts';

/** Time that passes only while nobody is at work, so that a seed alone decides who comes first. */
class StepTime {
  #now = 0;
  #working = 0;
  #waiting: { readonly at: number; readonly go: () => void }[] = [];

  wait(ms: number): Promise<void> {
    return new Promise((go) => this.#waiting.push({ at: this.#now + ms, go }));
  }

  /** What takes real time takes none of this. */
  async atWork<T>(work: () => Promise<T>): Promise<T> {
    this.#working += 1;
    return work().finally(() => (this.#working -= 1));
  }

  async pass<T>(whole: Promise<T>): Promise<T> {
    let isOver = false;
    const hasEnded = (): boolean => isOver;
    void whole.catch(() => undefined).finally(() => (isOver = true));
    for (;;) {
      await setImmediate();
      if (this.#working > 0) continue;
      if (hasEnded()) return whole;
      const next = this.#waiting.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) throw new Error('Everybody waits for somebody else');
      this.#waiting = this.#waiting.filter((each) => each !== next);
      this.#now = next.at;
      next.go();
    }
  }
}

function deletionOf(name: string): Change {
  const key = { kind: 'group', name };
  return { op: 'delete', phase: 'shrink', key, before: { ...key, spec: {}, refs: [], effect: 'None' } };
}

/** Each command takes a while on its way, and so does its answer. */
function slow(client: RedisClient, time: StepTime, random: Random): RedisClient {
  return new Proxy(client, {
    get: (target, name) => {
      const command: unknown = Reflect.get(target, name);
      if (typeof command !== 'function') return command;
      return async (...args: unknown[]): Promise<unknown> => {
        await time.wait(random.next() * 6);
        const answer = await time.atWork(() => Promise.resolve<unknown>(Reflect.apply(command, target, args)));
        await time.wait(random.next() * 6);
        return answer;
      };
    },
  });
}

const context = {
  adapter: 'memory',
  version: 1,
  path: 'full',
  ended: new Set<string>(),
  purposeOf: () => undefined,
  isOver: () => false,
} as const;
const outcomeUnknown = new AdapterError('transient', 'no answer arrived', { outcomeUnknown: true });

describeWith(
  ['redis-server'],
  'the audit record of two workers, an emptied Redis, and calls that outlive a lease',
  () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server.stop());

    /** @returns what `audit verify` finds at fault, but for records that went with Redis before they were on disk */
    async function faultsOf(seed: number): Promise<readonly string[]> {
      const [random, time] = [new Random(seed), new StepTime()];
      const rig = await aRedisRig(server.config, `races-${seed}`);
      const admin = server.admin();
      const directory = mkdtempSync(join(tmpdir(), 'postern-races-'));
      const files = new FileAuditStore({ directory, clock: systemClock });
      const client = slow(rig.client, time, random);
      const onError = (subject: string, error: unknown): void => expect.fail(`${subject}: ${String(error)}`);
      const record = new RedisAuditStore({ ...rig, clock: systemClock });
      const exporter = new AuditExporter({ ...rig, files, record, clock: systemClock, onError });
      const move = (): Promise<void> => time.atWork(() => exporter.move());
      const stores = [0, 1].map(() => new RedisAuditStore({ ...rig, client, clock: systemClock }));
      const calls: Promise<unknown>[] = [];
      let [holder, isOver, count] = [0, false, 0];

      const call = async (of: PointRecord): Promise<void> => {
        const change = deletionOf(`g${(count += 1)}`);
        const begun = await of.begin([change]).catch(() => undefined);
        if (begun === undefined) return;
        await of.sent(begun, async () => {
          await time.wait(random.next() * 60);
          const { key } = change;
          const [done, unknown]: Outcome[] = [
            { key, result: 'done' },
            { key, result: 'error', error: outcomeUnknown },
          ];
          return [random.next() < 0.8 ? done! : unknown!];
        });
      };
      const worker = async (me: number, store: RedisAuditStore): Promise<void> => {
        const own = new PointRecord(store, 'edge', new Calls<Call>(), () => undefined);
        own.context = context;
        while (!isOver) {
          await time.wait(random.next() * 10);
          if (holder !== me) continue;
          if (await own.hasUnsettled()) {
            const unsettled = await own.beforeReading();
            await time.wait(random.next() * 15);
            await own.settle(unsettled, { complete: true, resources: [], foreign: [] });
            await own.read(0, []);
          }
          for (let at = 0; at < 3 && holder === me; at += 1) {
            calls.push(call(own));
            await time.wait(random.next() * 8);
          }
        }
      };
      const whatHappens = async (): Promise<void> => {
        for (let step = 0; step < 12; step += 1) {
          await time.wait(random.next() * 40);
          const what = random.next();
          if (what < 0.35) {
            await time.atWork(() => admin.flushall());
            await time.wait(random.next() * 20);
          }
          if (what < 0.35 || what > 0.8) holder = 1 - holder;
          else if (what < 0.6) await move();
          else await stores[random.between(0, 1)]!.repeat();
        }
        isOver = true;
      };
      try {
        await time.pass(Promise.all([whatHappens(), ...stores.map((store, me) => worker(me, store))]));
        await time.pass(Promise.all(calls));
        await move();
        const lines = new FileAuditLines(directory);
        const findings = (await verifyChains(lines, await lines.points())).flatMap((report) => report.findings);
        return findings.flatMap(({ code, where, message }) =>
          code === 'missing' ? [] : [`${where} ${code} ${message}`],
        );
      } finally {
        await files.close();
        await rig.end();
        admin.disconnect();
        rmSync(directory, { recursive: true });
      }
    }

    // These found a worker closing a write of the other one.
    it.each([16, 20, 22, 27, 29, 41])('closes each write once, and only its own (seed %i)', async (seed) => {
      expect(await faultsOf(seed)).toEqual([]);
    });
  },
);
