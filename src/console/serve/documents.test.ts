import { expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { loadAdapter } from '../../../adapters/index.ts';
import { aBegun, aClosed, aRead } from '../../../test/kit/audit-records.ts';
import { FileAuditLines } from '../../audit/files/file-audit-lines.ts';
import { FileAuditStore } from '../../audit/files/file-audit-store.ts';
import type { AuditEntry } from '../../core/audit/record.ts';
import type { TimelineView } from '../views/shapes.ts';
import { Documents } from './documents.ts';
import { everything } from './rights.ts';
import { World } from './world.ts';

it('tells the outcome of the last write, after which nothing may be written for long', async () => {
  const directory = aFolderOfTest();
  const store = new FileAuditStore({ directory, clock: { now: () => 0 } });
  const clock = { elapsed: 0 };
  const documents = new Documents({
    world: new World(),
    adapters: loadAdapter,
    cluster: 'blue',
    version: '0.1.0',
    record: () => Promise.resolve(new FileAuditLines(directory)),
    clock: { now: () => 0, elapsed: () => 0, sleep: () => Promise.resolve() },
    elapsed: () => clock.elapsed,
  });
  const told = async () => {
    clock.elapsed += 60_000;
    const { text, etag } = await documents.timeline(everything);
    const { changes, records } = JSON.parse(text) as TimelineView;
    const [change] = changes;
    return { etag, result: change?.result, opened: change?.opened.length, records: records[0]?.records };
  };
  const soon = (entry: AuditEntry) => store.append('edge', [entry], 'soon');
  const rule = {
    action: 'Accept' as const,
    sources: ['a'],
    destination: { any: true, names: [], networks: [] },
    ports: 'TCP 443',
  };
  try {
    const [begun] = await store.append('edge', [aBegun({ op: 'create', kind: 'policy', rule, add: [] })], 'durable');
    const pending = await told();
    expect(pending).toMatchObject({ result: 'pending', opened: 0, records: 1 });
    await soon(aClosed(begun?.seq ?? 0));
    const done = await told();
    expect(done).toMatchObject({ result: 'done', opened: 1, records: 2 });
    await soon(aRead());
    expect(await told()).toMatchObject({ result: 'done', records: 3 });
    expect(new Set([pending.etag, done.etag, (await told()).etag]).size).toBe(3);
  } finally {
    await store.close();
  }
});
