import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import type { Clock, Stopwatch } from '../../src/adapter/adapter.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { snapshotAfter } from '../../src/core/model/snapshot-keeper.ts';
import { reportNow, reportThen } from '../../src/inspect/report/gather.ts';
import { readRecord } from '../../src/inspect/report/record.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import type { Made, Report } from '../../src/report/report.ts';
import { aNamespace, aPod, aPoint, aPolicy } from '../kit/builders.ts';
import { anEmbedded } from '../kit/embedded.ts';
import { rowsInReport, rowsOnDevice, type TableRow } from './tables.ts';

/*
 * Whatever happens to a cluster and to a firewall, what the report says was on the device at a time is what the device
 * had at that time; and what it says is in force now is.
 */

const point = aPoint({ guard: { maxRemovals: 1_000, maxRemovalsPercent: 100 } });
const apps = ['web', 'job'] as const;
const networks = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/25', '2001:db8::/32', '0.0.0.0/0'] as const;

const podChange = fc
  .record({
    number: fc.integer({ min: 1, max: 4 }),
    app: fc.constantFrom(...apps),
    address: fc.integer({ min: 1, max: 6 }),
    gone: fc.boolean(),
  })
  .map(({ number, app, address, gone }): ObjectChange => {
    const name = `p${number}`;
    const object = gone ? undefined : aPod({ name, labels: { app }, addresses: [`10.0.0.${address}`] });
    return { kind: 'Pod', key: `shop/${name}`, object };
  });
const policyChange = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    app: fc.constantFrom(...apps),
    action: fc.constantFrom('Accept' as const, 'Deny' as const),
    to: fc.uniqueArray(
      fc.record({ network: fc.constantFrom(...networks), port: fc.constantFrom(443, 80, undefined) }),
      { minLength: 1, maxLength: 3, selector: ({ network }) => network },
    ),
    gone: fc.boolean(),
  })
  .map(({ name, app, action, to, gone }): ObjectChange => {
    const entries = to.map(({ network, port }) => ({ networks: [network], ...(port && { ports: [{ port }] }) }));
    const spec = { subject: { podSelector: { matchLabels: { app } } }, action, to: entries };
    const object = gone ? undefined : aPolicy(spec, { name, uid: `uid-${name}` });
    return { kind: 'EgressPolicy', key: `shop/${name}`, object };
  });
type Step = readonly ObjectChange[] | 'drift';
const steps = fc.array(
  fc.oneof(
    { arbitrary: fc.array(podChange, { minLength: 1, maxLength: 3 }), weight: 4 },
    { arbitrary: fc.array(policyChange, { minLength: 1, maxLength: 2 }), weight: 4 },
    { arbitrary: fc.constant('drift' as const), weight: 1 },
  ),
  { minLength: 2, maxLength: 8 },
);

/** The real clock, and a minute later after each step. */
class Leaping implements Clock, Stopwatch {
  #ahead = 0;
  now(): number {
    return systemClock.now() + this.#ahead;
  }
  elapsed(): number {
    return systemClock.elapsed();
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
  leap(): void {
    this.#ahead += 60_000;
  }
}

interface Moment {
  readonly at: string;
  readonly rows: readonly TableRow[];
}

interface Played {
  readonly moments: readonly Moment[];
  readonly past: (at: string) => Promise<Report>;
  readonly now: Report;
}

async function play(history: readonly Step[]): Promise<Played> {
  const clock = new Leaping();
  const device = new MemorySimulator();
  const audit = new MemoryAuditStore(clock);
  const embedded = anEmbedded({
    adapters: () => Promise.resolve(createMemoryAdapter(() => device)),
    clock,
    readBackAfterMs: 1,
    audit,
  });
  const objects = new Map<string, ObjectChange>();
  const take = async (changes: readonly ObjectChange[]): Promise<void> => {
    for (const change of changes) objects.set(`${change.kind}/${change.key}`, change);
    await embedded.apply(changes, true);
    await embedded.settled();
  };
  const moments: Moment[] = [];
  try {
    await take([
      { kind: 'Namespace', key: 'shop', object: aNamespace() },
      { kind: 'EnforcementPoint', key: 'edge', object: point },
    ]);
    for (const step of history) {
      clock.leap();
      if (step === 'drift') {
        device.tables = { ...device.tables, rule: device.tables.rule.slice(1) };
        await embedded.publisher.recheck('edge');
        await embedded.settled();
      } else await take(step);
      moments.push({ at: new Date(clock.now()).toISOString(), rows: rowsOnDevice(device.tables) });
    }
  } finally {
    await embedded.close();
  }
  const made = (about: string, from: Made['from']): Made => {
    return { at: about, about, version: '', from, inputs: [], record: '', live: false };
  };
  const past = async (at: string): Promise<Report> => {
    const records = await readRecord(audit, { until: at, verify: true });
    return reportThen({ made: made(at, 'record'), records, point: undefined });
  };
  const records = await readRecord(audit, { verify: true });
  const about = new Date(clock.now()).toISOString();
  const gathered = { made: made(about, 'cluster'), records, point: undefined, sessions: undefined };
  const now = await reportNow(
    { snapshot: snapshotAfter([...objects.values()]), problems: [], cluster: 'east' },
    gathered,
  );
  return { moments, past, now };
}

describe('postern report', () => {
  it('says of every moment of the past what the device had then, in its order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { moments, past } = await play(history);
        for (const { at, rows } of moments) expect(rowsInReport(await past(at), 'edge')).toEqual(rows);
      }),
      { numRuns: 40, seed: 7 },
    );
  }, 180_000);

  it('says of now what the device has, that it is in force, and that the record is intact', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { moments, now } = await play(history);
        expect(rowsInReport(now, 'edge')).toEqual(moments.at(-1)?.rows);
        expect(now.rules.filter(({ live }) => live.state !== 'yes')).toEqual([]);
        expect(now.points.map(({ record }) => record?.chain)).toEqual(['intact']);
      }),
      { numRuns: 40, seed: 11 },
    );
  }, 180_000);
});
