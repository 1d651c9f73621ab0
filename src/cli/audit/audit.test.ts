import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { aFolder, aFolderOfTest } from '../../../test/kit/folders.ts';
import { aBegun, aClosed, aRead } from '../../../test/kit/audit-records.ts';
import { FileAuditLines } from '../../audit/files/file-audit-lines.ts';
import { FileAuditStore } from '../../audit/files/file-audit-store.ts';
import { runPostern } from '../testing/run-postern.ts';

const directory = aFolder();
let hash = '';

beforeAll(async () => {
  const store = new FileAuditStore({ directory, clock: { now: () => Date.UTC(2026, 0, 1) } });
  await store.append(
    'edge',
    [aBegun({ title: '=1+1' }), aClosed(1), aRead(), aBegun({ add: ['10.0.0.2'] })],
    'durable',
  );
  hash = (await store.head('edge'))?.hash ?? '';
  await store.close();
});

async function audit(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(['audit', ...argv, '--audit-dir', directory]);
}

it('tail shows the last writes and what became of them', async () => {
  expect((await audit('tail', '-n', '1')).out).toContain('edge pod added: members group g1 +10.0.0.2: open');
  expect((await audit('tail')).out).toContain('done, read back 2026-01-01T00:00:00.000Z');
});

it('tail over several points shows the last of all of them, in their order', async () => {
  const folder = aFolderOfTest();
  const time = { now: 0 };
  const store = new FileAuditStore({ directory: folder, clock: { now: () => time.now } });
  const write = async (point: string, day: number, name: string): Promise<void> => {
    time.now = Date.UTC(2026, 0, day);
    await store.append(point, [aBegun({ name })], 'durable');
  };
  for (const index of [1, 2, 3]) await write('zone', index, `old-${index}`);
  for (const index of [1, 2, 3]) await write('edge', 10 + index, `new-${index}`);
  await store.close();
  const { out } = await runPostern(['audit', 'tail', '-n', '2', '-o', 'json', '--dir', folder]);
  expect((JSON.parse(out) as { name: string }[]).map(({ name }) => name)).toEqual(['new-2', 'new-3']);
});

it('tail reads the end of a long record alone', async () => {
  const folder = aFolderOfTest();
  const store = new FileAuditStore({ directory: folder, clock: { now: () => 0 }, segmentBytes: 1_000 });
  for (let seq = 1; seq < 40; seq += 2) await store.append('edge', [aBegun({ name: `g${seq}` }), aClosed(seq)], 'soon');
  await store.close();
  const read = new Set<string>();
  for await (const { segment } of new FileAuditLines(folder).lastBlocks('edge', 4)) read.add(segment);
  const segments = readdirSync(join(folder, 'edge')).filter((name) => name.endsWith('.jsonl'));
  expect([...read]).toEqual(segments.slice(-read.size));
  expect(read.size).toBeLessThan(segments.length / 2);
  const { out } = await runPostern(['audit', 'tail', '-n', '4', '-o', 'json', '--dir', folder]);
  expect((JSON.parse(out) as { name: string }[]).map(({ name }) => name)).toEqual(['g33', 'g35', 'g37', 'g39']);
  expect(JSON.parse((await runPostern(['audit', 'tail', '-n', '99', '-o', 'json', '--dir', folder])).out)).toHaveLength(
    20,
  );
});

it('export gives every write as JSON, and as CSV that is no formula', async () => {
  const writes = JSON.parse((await audit('export')).out) as { seq: number; result: string }[];
  expect(writes.map(({ seq, result }) => [seq, result])).toEqual([
    [1, 'done'],
    [4, 'open'],
  ]);
  const { out } = await audit('export', '-o', 'csv', '--point', 'edge');
  expect(out.split('\r\n')[1]).toContain(",'=1+1,");
  expect((await audit('export', '--since', '2026-06-01T00:00:00Z')).out).toBe('[]\n');
});

it('verify holds the record against a hash of before, and fails once a byte is changed', async () => {
  expect(await audit('verify', '--expect', hash)).toMatchObject({ code: 0, err: '' });
  expect((await audit('verify', '--expect', 'f'.repeat(64))).code).toBe(1);
  const folder = join(directory, 'edge');
  const path = join(folder, readdirSync(folder).find((name) => name.endsWith('.jsonl')) ?? '');
  writeFileSync(path, readFileSync(path, 'utf8').replace('10.0.0.2', '10.0.0.9'));
  const { code, out } = await audit('verify', '-o', 'json');
  const { ok, points } = JSON.parse(out) as { ok: boolean; points: { findings: { code: string }[] }[] };
  expect([code, ok, points.flatMap(({ findings }) => findings.map((finding) => finding.code))]).toEqual([
    1,
    false,
    ['altered'],
  ]);
});

it('says what is wrong with a point, a hash or a time', async () => {
  expect((await audit('tail', '--point', 'none')).err).toContain(
    'nothing is on record for an enforcement point "none"',
  );
  expect((await audit('verify', '--expect', 'abc')).err).toContain('"abc" is no hash of a record');
  expect((await audit('export', '--since', 'yesterday')).err).toContain('"yesterday" is no time');
});
