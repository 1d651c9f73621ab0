import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditExporter } from '../../src/audit/redis/audit-exporter.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { FileAuditStore } from '../../src/audit/files/file-audit-store.ts';
import { RedisAuditStore } from '../../src/audit/redis/redis-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { aBegun, aClosed, aRead, textsOf, verified } from '../kit/audit-records.ts';
import { describeAuditStore } from '../kit/audit-store-contract.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'RedisAuditStore', () => {
  let server: RedisServer;
  let rig: RedisRig;
  let installations = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  const newRig = async (): Promise<RedisRig> => aRedisRig(server.config, `audit-${(installations += 1)}`);

  describeAuditStore(async () => {
    const own = await newRig();
    let now = 0;
    const open = (): RedisAuditStore => new RedisAuditStore({ ...own, clock: { now: () => now } });
    const store = open();
    return {
      store,
      lines: store,
      restart: () => Promise.resolve(open()),
      setTime: (ms) => (now = ms),
      end: () => own.end(),
    };
  });

  describe('with an exporter', () => {
    let directory: string;
    let files: FileAuditStore;
    let exporter: AuditExporter;
    const open = (): RedisAuditStore => new RedisAuditStore({ ...rig, clock: systemClock });
    const kept = (): FileAuditLines => new FileAuditLines(directory);
    const flush = async (): Promise<void> => {
      const admin = server.admin();
      await admin.flushall();
      admin.disconnect();
    };
    const newExporter = (): AuditExporter =>
      new AuditExporter({ ...rig, files, clock: systemClock, onError: () => undefined });

    beforeEach(async () => {
      rig = await newRig();
      directory = mkdtempSync(join(tmpdir(), 'postern-audit-'));
      files = new FileAuditStore({ directory, clock: systemClock });
      exporter = newExporter();
    });
    afterEach(async () => {
      await files.close();
      await rig.end();
      rmSync(directory, { recursive: true });
    });

    it('moves the record as it is, and leaves nothing behind', async () => {
      const store = open();
      await store.append('edge', [aBegun(), aClosed(1)]);
      await store.append('other', [aRead()]);
      await exporter.move();
      await store.append('edge', [aBegun()]);
      await exporter.move();
      expect(await textsOf(store, 'edge')).toEqual([]);
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 3, findings: [], unsettled: 1 });
      expect(await verified(kept(), 'other')).toMatchObject({ records: 1, findings: [] });
      expect((await store.unsettled('edge')).map(({ seq }) => seq)).toEqual([3]);
    });

    it('moves nothing twice, though it ended between keeping and dropping', async () => {
      const store = open();
      await store.append('edge', [aBegun(), aClosed(1), aRead()]);
      await files.adopt('edge', await textsOf(store, 'edge'));
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 3, findings: [] });
      expect(await textsOf(store, 'edge')).toEqual([]);
    });

    it('keeps what was moved when Redis loses everything, and the chain goes on', async () => {
      await open().append('edge', [aBegun(), aClosed(1)]);
      await exporter.move();
      await flush();
      await exporter.move(); // tells Redis where the chain is
      const [record] = await open().append('edge', [aRead()]);
      expect(record?.seq).toBe(3);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 3, findings: [] });
    });

    it('goes on from what a worker knows when Redis has lost it and nobody told it', async () => {
      const store = open();
      await store.append('edge', [aBegun(), aClosed(1)]);
      await exporter.move();
      await flush();
      expect((await store.append('edge', [aRead()]))[0]?.seq).toBe(3);
    });

    it('says what was lost with Redis before it was moved', async () => {
      const store = open();
      await store.append('edge', [aRead()]);
      await exporter.move();
      await store.append('edge', [aRead(), aRead()]);
      await flush();
      await store.append('edge', [aRead()]);
      await exporter.move();
      expect((await verified(kept(), 'edge')).findings.map(({ code }) => code)).toEqual(['missing']);
    });

    it('loses no further record of a worker that lives on, and says what went, though it was told the older head', async () => {
      const store = open();
      await store.append('edge', [aRead()]);
      await exporter.move();
      await store.append('edge', [aRead(), aRead()]);
      await flush();
      await exporter.move(); // tells Redis the head that is kept, which is older than the worker's
      for (let round = 0; round < 3; round += 1) {
        await store.append('edge', [aRead()]);
        await exporter.move();
      }
      const report = await verified(kept(), 'edge');
      expect([report.records, report.findings.map(({ code }) => code)]).toEqual([4, ['missing']]);
    });

    it('keeps a chain that was begun anew beside the one that was lost', async () => {
      await open().append('edge', [aBegun(), aClosed(1)]);
      await exporter.move();
      await flush();
      await open().append('edge', [aRead()]); // a worker that was just started, faster than the exporter
      await exporter.move();
      await open().append('edge', [aRead()]);
      await exporter.move();
      expect(await kept().points()).toEqual(['edge', 'edge~2']);
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 2, findings: [] });
    });
  });

  it('lets only one of two writers that believe to have the point go on at the same place', async () => {
    rig = await newRig();
    const open = (): RedisAuditStore => new RedisAuditStore({ ...rig, clock: systemClock });
    const [first, second] = [open(), open()];
    await Promise.all(
      [first, second].flatMap((store) => Array.from({ length: 5 }, () => store.append('edge', [aRead()]))),
    );
    expect(await verified(first, 'edge')).toMatchObject({ records: 10, findings: [] });
    await rig.end();
  });

  it('refuses when Redis refuses, with the reason', async () => {
    rig = await newRig();
    const store = new RedisAuditStore({ ...rig, clock: systemClock });
    await store.append('edge', [aRead()]);
    const admin = server.admin();
    await admin.config('SET', 'maxmemory', '1');
    await expect(store.append('edge', [aRead()])).rejects.toMatchObject({ name: 'AuditUnavailable', code: 'OOM' });
    await admin.config('SET', 'maxmemory', '0');
    expect((await store.append('edge', [aRead()]))[0]?.seq).toBe(2);
    admin.disconnect();
    await rig.end();
  });
});
