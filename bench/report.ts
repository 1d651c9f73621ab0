import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryAdapter } from '../adapters/memory/adapter.ts';
import { headFile, headText, segmentName } from '../src/audit/files/audit-files.ts';
import { FileAuditStore } from '../src/audit/files/file-audit-store.ts';
import { systemClock } from '../src/compose/clock.ts';
import { anEmbedded } from '../test/kit/embedded.ts';
import { genesis, seal } from '../src/core/audit/chain.ts';
import type { AuditEntry } from '../src/core/audit/record.ts';
import { clusterOf } from './worlds/cluster.ts';
import { Process } from './processes/process.ts';
import { reference, row, type Row } from './row.ts';

const size = { pods: 10_000, namespaces: 500, policies: 5_000, points: 1 };
const records = 1_000_000;
const point = 'edge-0';
/** As the store closes a segment. */
const segmentBytes = 8 * 2 ** 20;

interface Measured {
  readonly rules: number;
  readonly seconds: number;
  readonly processor: number;
  readonly mib: number;
  readonly megabytes: number;
}

/** Reports for auditors over a large intent and a long record, each in a process of its own. */
export async function* benchReport(): AsyncGenerator<Row> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-report-'));
  try {
    await firstSync(directory);
    yield reference('report: the record that it is made from', await years(directory), 'MB');
    for (const format of ['html', 'csv', 'json']) {
      const worker = await Process.start('report', { directory, format, size });
      const { rules, seconds, processor, mib, megabytes } = await worker.hear<Measured>();
      await worker.stop();
      yield row(`report: ${rules} rules and 1,000,000 records as ${format}`, seconds, 's', 5);
      yield reference(`report: ${format}, time of the processor`, processor, 's');
      yield row(`report: ${format}, most memory`, mib, 'MB', 300);
      yield reference(`report: ${format}, size of it`, megabytes, 'MB');
    }
    yield* who(directory, 'the first time', 10);
    yield* who(directory, 'again', 1);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** What the record says of an address. The first question makes the index of each closed segment. */
async function* who(directory: string, time: string, aim: number): AsyncGenerator<Row> {
  const asking = await Process.start('who', { directory, address: '10.250.0.7' });
  const { seconds, processor, mib } = await asking.hear<Omit<Measured, 'rules' | 'megabytes'>>();
  await asking.stop();
  yield row(`who: an address on that record, ${time}`, seconds, 's', aim);
  yield reference(`who: ${time}, time of the processor`, processor, 's');
  yield reference(`who: ${time}, most memory`, mib, 'MB');
}

/** Brings all of it to a device, on record. */
async function firstSync(directory: string): Promise<void> {
  const embedded = anEmbedded({
    adapters: () => Promise.resolve(createMemoryAdapter()),
    readBackAfterMs: 600_000,
    audit: new FileAuditStore({ directory, clock: systemClock }),
  });
  await embedded.apply(clusterOf(size), true);
  await embedded.settled();
  await embedded.close();
}

/** Pods come and go, until the record is as long as it should be; what is on the device stays. @returns its megabytes */
async function years(directory: string): Promise<number> {
  const store = new FileAuditStore({ directory, clock: systemClock });
  let head = (await store.head(point)) ?? genesis;
  await store.close();
  const folder = join(directory, point);
  const now = new Date(systemClock.now()).toISOString();
  let bytes = 0;
  for (let i = 0; head.seq < records;) {
    const segment = segmentName(head.seq + 1);
    const lines: string[] = [];
    for (let size = 0; size < segmentBytes && head.seq < records; i += 1) {
      for (const entry of comesAndGoes(i >> 1, i % 2 === 0, head.seq + 1)) {
        const sealed = seal(entry, point, head, now);
        head = sealed.head;
        lines.push(`${sealed.line}\n`);
        size += sealed.line.length;
      }
    }
    const text = lines.join('');
    await writeFile(join(folder, segment), text);
    bytes += text.length;
  }
  await writeFile(join(folder, headFile), headText(head));
  return bytes / 1e6;
}

function comesAndGoes(i: number, comes: boolean, seq: number): readonly AuditEntry[] {
  const address = [`10.250.${(i >> 8) & 255}.${i & 255}`];
  const begun: AuditEntry = {
    type: 'begun',
    adapter: 'memory',
    version: i,
    reason: comes ? 'pod-added' : 'pod-ended',
    op: 'members',
    phase: comes ? 'extend' : 'revoke',
    kind: 'group',
    name: `visitors-${i % 500}`,
    title: 'pods app=checkout in namespace shop',
    policies: [
      { kind: 'EgressPolicy', namespace: 'shop', name: 'checkout', uid: 'b7c1', generation: 3, field: 'spec.to[0]' },
    ],
    ...(comes ? { add: address } : { remove: address }),
  };
  const requests = [{ request: 'POST /group/{name}/members', status: 200, count: 1 }];
  return [begun, { type: 'closed', of: seq, result: 'done', requests }];
}
