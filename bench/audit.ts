import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryAdapter } from '../adapters/memory/adapter.ts';
import { MemorySimulator } from '../adapters/memory/simulator.ts';
import type { AuditStore } from '../src/audit/audit-store.ts';
import { FileAuditStore } from '../src/audit/files/file-audit-store.ts';
import { systemClock } from '../src/compose/clock.ts';
import { anEmbedded } from '../test/kit/embedded.ts';
import { genesis, seal } from '../src/core/audit/chain.ts';
import { History, recordIn } from '../src/core/audit/history.ts';
import type { AuditEntry } from '../src/core/audit/record.ts';
import { ChainVerifier } from '../src/core/audit/verify-chain.ts';
import { clusterOf, podOf } from './worlds/cluster.ts';
import { percentile, reference, row, type Row } from './row.ts';

const rounds = 60;
const latencyMs = 50;

/** What the record costs a sync, and how fast it is checked and folded. */
export async function* benchAudit(): AsyncGenerator<Row> {
  yield* benchAppending();
  yield* benchVerifying();
  yield* benchHistory();
}

/** The same pod changes on a device of 50 ms per call, with and without the record in files, in turns. */
async function* benchAppending(): AsyncGenerator<Row> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-audit-'));
  const [without, withFiles] = [
    await start(nowhere()),
    await start(new FileAuditStore({ directory, clock: systemClock })),
  ];
  const spent: { without: number[]; with: number[] } = { without: [], with: [] };
  for (let i = 0; i < rounds; i += 1) {
    spent.without.push(await without.sync(i));
    spent.with.push(await withFiles.sync(i));
  }
  await without.close();
  await withFiles.close();
  await rm(directory, { recursive: true });
  const [plain, recorded] = [percentile(spent.without, 50), percentile(spent.with, 50)];
  yield reference('audit: a change of members without a record, median', plain, 'ms');
  yield reference('audit: a change of members on record in files, median', recorded, 'ms');
  yield row('audit: a sync on record over one without', recorded / plain, 'ratio', 1.05);
}

/** What a sync costs when nothing at all is kept. */
function nowhere(): AuditStore {
  let seq = 0;
  return {
    append: (point, entries) => {
      const place = { v: 1, point, at: '', prev: '' } as const;
      return Promise.resolve(entries.map((entry) => ({ ...entry, ...place, seq: (seq += 1) })));
    },
    unsettled: () => Promise.resolve([]),
    head: () => Promise.resolve(genesis),
    close: () => Promise.resolve(),
  };
}

interface Rig {
  /** Milliseconds from the change to the device having it, and its record being closed. */
  sync(i: number): Promise<number>;
  close(): Promise<void>;
}

async function start(audit: AuditStore): Promise<Rig> {
  const device = new MemorySimulator();
  let arrived: (() => void) | undefined;
  const embedded = anEmbedded({
    adapters: () => Promise.resolve(createMemoryAdapter(() => device)),
    readBackAfterMs: 600_000,
    report: ({ path }) => {
      if (path === 'delta') arrived?.();
    },
    audit,
  });
  await embedded.apply(clusterOf({ pods: 2_000, namespaces: 20, policies: 50, points: 1 }), true);
  await embedded.settled();
  device.fault({ kind: 'latency', latencyMs, times: Infinity });
  return {
    sync: async (i) => {
      const pod = podOf(100_000 + i, 20);
      const done = new Promise<void>((resolve) => (arrived = resolve));
      const began = performance.now();
      await embedded.apply([{ kind: 'Pod', key: `${pod.namespace}/${pod.name}`, object: pod }], true);
      await done;
      return performance.now() - began;
    },
    close: async () => {
      device.clearFaults();
      await embedded.close();
    },
  };
}

function entriesOf(i: number): readonly AuditEntry[] {
  const begun: AuditEntry = {
    type: 'begun',
    adapter: 'fortigate',
    version: i,
    reason: 'pod-added',
    op: 'members',
    phase: 'extend',
    kind: 'firewall/addrgrp',
    name: `postern-${i % 500}`,
    id: '00000000000a',
    title: 'pods app=checkout in namespace shop',
    policies: [
      { kind: 'EgressPolicy', namespace: 'shop', name: 'checkout', uid: 'b7c1', generation: 3, field: 'spec.to[0]' },
    ],
    add: [`10.${i & 255}.${(i >> 8) & 255}.1`],
  };
  const of = i * 2 + 1;
  const requests = [{ request: 'PUT /api/v2/cmdb/firewall/addrgrp/{mkey}', status: 200, count: 1 }];
  return [begun, { type: 'closed', of, result: 'done', requests }];
}

/** Lines of a chain, made as they are asked for. */
function* chain(records: number): Generator<string> {
  let head = genesis;
  for (let i = 0; i * 2 < records; i += 1) {
    for (const entry of entriesOf(i)) {
      const sealed = seal(entry, 'edge', head, '2026-01-01T00:00:00.000Z');
      head = sealed.head;
      // As it comes from a file, not as it was put together.
      yield Buffer.from(sealed.line).toString();
    }
  }
}

function* benchVerifying(): Generator<Row> {
  const lines = [...chain(100_000)];
  const began = cpuSeconds();
  const verifier = new ChainVerifier('edge', { head: genesis });
  lines.forEach((line, index) => verifier.line(line, String(index)));
  const { findings } = verifier.end();
  const seconds = cpuSeconds() - began;
  const plain = cpuSeconds();
  for (const line of lines) JSON.parse(line);
  const parsing = cpuSeconds() - plain;
  yield row('audit: 100,000 records verified, time of the processor', seconds, 's', 2);
  yield reference('audit: verified over only parsed as JSON', seconds / parsing, 'ratio');
  yield row('audit: faults found in an intact chain', findings.length, 'faults', 0);
}

/** A million records folded into what was on the device, one line in memory at a time. */
function* benchHistory(): Generator<Row> {
  const history = new History();
  let spent = 0;
  let most = 0;
  const batch: string[] = [];
  const fold = (): void => {
    const began = cpuSeconds();
    for (const line of batch.splice(0)) history.add(recordIn(line)!);
    spent += cpuSeconds() - began;
    most = Math.max(most, process.memoryUsage().rss);
  };
  for (const line of chain(1_000_000)) if (batch.push(line) === 10_000) fold();
  fold();
  yield row('audit: 1,000,000 records folded into the state at a time, time of the processor', spent, 's', 5);
  yield row('audit: most memory meanwhile', most / 2 ** 20, 'MB', 300);
  yield reference('audit: objects on the device then', history.state().objects.size, 'objects');
}

/** Of the processor, spent by this process: others are at work on the machine as well. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
