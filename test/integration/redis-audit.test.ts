import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aFolderOfTest } from '../kit/folders.ts';
import { AuditExporter } from '../../src/audit/redis/audit-exporter.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { FileAuditStore } from '../../src/audit/files/file-audit-store.ts';
import { RedisAuditStore } from '../../src/audit/redis/redis-audit-store.ts';
import { verifyChains } from '../../src/audit/verify-chains.ts';
import { systemClock } from '../../src/compose/clock.ts';
import type { BegunEntry } from '../../src/core/audit/record.ts';
import { aBegun, aClosed, aRead, textsOf, verified, writesOn } from '../kit/audit-records.ts';
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

  it('writes once what a client sends twice, because the answer was lost with a connection', async () => {
    const own = await newRig();
    const twice = new Proxy(own.client, {
      get: (client, name) => {
        const value: unknown = Reflect.get(client, name);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, client, args);
        if (name !== 'callBuffer') return call;
        return async (...args: unknown[]) => {
          await Promise.resolve(call(...args)).catch(() => undefined);
          return call(...args);
        };
      },
    });
    const store = new RedisAuditStore({ ...own, client: twice, clock: systemClock });
    await store.append('edge', [aBegun()]);
    await store.append('edge', [aClosed(1)]);
    const lines: string[] = [];
    for await (const { text } of store.lines('edge')) lines.push(text);
    expect(lines).toHaveLength(2);
    expect(await store.unsettled('edge')).toEqual([]);
    await own.end();
  });

  it('takes nothing for open that this process has closed, whatever a server that is behind says', async () => {
    const own = await newRig();
    const store = new RedisAuditStore({ ...own, clock: systemClock });
    await store.append('edge', [aBegun()]);
    const { auditOpen } = own.keys.point('edge');
    const before = await own.client.hgetall(auditOpen);
    await store.append('edge', [aClosed(1)]);
    await own.client.hset(auditOpen, before);
    expect(Object.keys(before)).toEqual(['1']);
    expect(await store.unsettled('edge')).toEqual([]);
    const other = new RedisAuditStore({ ...own, clock: systemClock });
    expect(await other.unsettled('edge')).toMatchObject([{ seq: 1 }]);
    await own.end();
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
    let late = 0;
    const newExporter = (): AuditExporter => {
      const clock = { ...systemClock, elapsed: () => late };
      return new AuditExporter({ ...rig, files, record: open(), clock, onError: () => undefined });
    };

    beforeEach(async () => {
      rig = await newRig();
      directory = aFolderOfTest();
      files = new FileAuditStore({ directory, clock: systemClock });
      exporter = newExporter();
    });
    afterEach(async () => {
      await files.close();
      await rig.end();
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

    it('begins again what went with Redis before it was closed, where another worker has gone on meanwhile', async () => {
      const [first, second] = [open(), open()];
      await first.append('edge', [aRead()]);
      await exporter.move();
      await second.append('edge', [aRead()]);
      await exporter.move();
      await first.append('edge', [aBegun({ name: 'lost' }), aBegun({ name: 'too' })]);
      await flush();
      await exporter.move(); // tells Redis the head that is on disk
      await second.append('edge', [aRead(), aRead(), aRead()]);
      await first.append('edge', [aClosed(3), aClosed(4, { result: 'pending' })]);
      await first.append('edge', [aClosed(4)]);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ findings: [], unsettled: 0, records: 10 });
      expect((await textsOf(kept(), 'edge')).filter((text) => text.includes('"name":"lost"'))).toHaveLength(1);
      expect(await open().unsettled('edge')).toEqual([]);
    });

    it.each([
      ['one after the other', [[aClosed(3)], [aClosed(4)]]],
      ['after something else', [[aRead()], [aClosed(4), aClosed(3)]]],
      ['each after something else', [[aRead()], [aClosed(4)], [aRead()], [aClosed(3)]]],
    ])('begins again what went with Redis, however it is closed: %s', async (_, appends) => {
      const [first, second] = [open(), open()];
      await first.append('edge', [aRead()]);
      await exporter.move();
      await second.append('edge', [aRead()]);
      await exporter.move();
      await first.append('edge', [aBegun({ name: 'lost' }), aBegun({ name: 'too' })]);
      await flush();
      await exporter.move();
      await second.append('edge', [aRead(), aRead(), aRead()]);
      for (const entries of appends) await first.append('edge', entries);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ findings: [], unsettled: 0 });
      const texts = await textsOf(kept(), 'edge');
      for (const name of ['lost', 'too'])
        expect(texts.filter((text) => text.includes(`"name":"${name}"`))).toHaveLength(1);
      expect(await open().unsettled('edge')).toEqual([]);
    });

    it('begins again what went with Redis, also if another worker is quicker to take the next number', async () => {
      let between = (): Promise<unknown> => Promise.resolve();
      const client = new Proxy(rig.client, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return async (...args: unknown[]) => {
            const answer: unknown = await Reflect.apply(value, target, args);
            if (name === 'hmget') await between();
            return answer;
          };
        },
      });
      const [first, second] = [new RedisAuditStore({ ...rig, client, clock: systemClock }), open()];
      await first.append('edge', [aRead()]);
      await exporter.move();
      await first.append('edge', [aBegun({ name: 'lost' })]);
      await flush();
      await exporter.move();
      await second.append('edge', [aRead(), aBegun({ name: 'other' })]);
      between = () => {
        between = () => Promise.resolve();
        return second.append('edge', [aBegun({ name: 'quicker' })]);
      };
      await first.append('edge', [aClosed(2)]);
      await exporter.move();
      expect((await open().unsettled('edge')).map(({ name }) => name)).toEqual(['other', 'quicker']);
      expect(await verified(kept(), 'edge')).toMatchObject({ findings: [], unsettled: 2, records: 6 });
      expect(writesOn(await textsOf(kept(), 'edge')).map(({ name, result }) => [name, result])).toEqual([
        ['other', 'open'],
        ['quicker', 'open'],
        ['lost', 'done'],
      ]);
    });

    it('puts an answer beside what another worker has read meanwhile, and begins nothing again for it', async () => {
      const [first, second] = [open(), open()];
      await first.append('edge', [aBegun({ name: 'slow' }), aBegun({ name: 'slower' })]);
      await second.append('edge', [aClosed(1, { result: 'found-not-done' }), aClosed(2, { result: 'found-done' })]);
      await second.append('edge', [aBegun(), aClosed(5)]);
      await first.append('edge', [aClosed(1)]);
      await first.append('edge', [aClosed(2)]);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ findings: [], unsettled: 0, records: 8 });
      await first.append('edge', [aClosed(2)]);
      await exporter.move();
      expect((await verified(kept(), 'edge')).findings.map(({ code }) => code)).toEqual(['closed-twice']);
    });

    it('drops and tells what others wrote among the lines of a point, and goes on with those of every point', async () => {
      const told: string[] = [];
      const onError = (_: string, error: unknown): void => void told.push(String(error));
      exporter = new AuditExporter({ ...rig, files, record: open(), clock: systemClock, onError });
      const store = open();
      await store.append('edge', [aBegun()]);
      const [line = ''] = await textsOf(store, 'edge');
      const strange = [
        '',
        '{',
        '[]',
        'x'.repeat(5_000),
        `{"hash":"${'0'.repeat(64)}","record":{"seq":7}}`,
        `${line}\n`,
      ];
      await rig.client.rpush(rig.keys.point('edge').audit, ...strange, line.replace('"edge"', '"core"'));
      await rig.client.hset(rig.keys.point('edge').auditOpen, '9', `{"hash":"${'0'.repeat(64)}","record":x}}`);
      await store.append('edge', [aClosed(1)]);
      await store.append('other', [aRead()]);
      await exporter.move();
      expect(await textsOf(store, 'edge')).toEqual([]);
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 2, findings: [] });
      expect(await verified(kept(), 'other')).toMatchObject({ records: 1, findings: [] });
      expect(told).toEqual([expect.stringContaining('7 lines in the audit record of edge in Redis are no records')]);
      expect(await open().unsettled('edge')).toEqual([]);
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

    /** Begun by a worker that is gone, and on disk, when Redis loses everything. */
    const leftOpen = async (...entries: readonly BegunEntry[]): Promise<void> => {
      await open().append('edge', entries);
      await exporter.move();
      await flush();
    };
    const openIn = async (): Promise<readonly number[]> => (await open().unsettled('edge')).map(({ seq }) => seq);

    it('tells the next worker what Redis has lost of writes that were begun, so that it reads the device and closes them', async () => {
      await leftOpen(aBegun(), aBegun({ name: 'g2', op: 'delete' }));
      await exporter.move();
      expect(await openIn()).toEqual([1, 2]);
      await open().append('edge', [
        aClosed(1, { result: 'found-done' }),
        aClosed(2, { result: 'found-not-done' }),
        aRead(),
      ]);
      for (let round = 0; round < 2; round += 1) await exporter.move();
      expect(await openIn()).toEqual([]);
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 5, findings: [], unsettled: 0 });
    });

    it('has a worker that lives on close what it has begun, where Redis was told of it meanwhile', async () => {
      const [first, second] = [open(), open()];
      await first.append('edge', [aBegun()]);
      await exporter.move();
      await flush();
      await exporter.move();
      await second.append('edge', [aRead()]);
      await first.append('edge', [aClosed(1)]);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 3, findings: [], unsettled: 0 });
    });

    it('leaves open what another write about the same has followed: no reading tells its outcome', async () => {
      await leftOpen(aBegun(), aBegun({ name: 'g2' }));
      await exporter.move();
      // This one has read the device before it could know of them.
      await open().append('edge', [aBegun({ remove: ['10.0.0.1'], add: [] }), aBegun({ name: 'g3' })]);
      expect(await openIn()).toEqual([3, 4]);
      await open().append('edge', [aClosed(3), aClosed(4)]);
      for (let round = 0; round < 2; round += 1) await exporter.move();
      expect(await openIn()).toEqual([2]);
      await open().append('edge', [aClosed(2, { result: 'found-done' })]);
      for (let round = 0; round < 2; round += 1) await exporter.move();
      expect(await openIn()).toEqual([]);
      expect(await verified(kept(), 'edge')).toMatchObject({ findings: [], unsettled: 1 });
    });

    it('goes on from what a worker knows when Redis has lost it and nobody told it', async () => {
      const store = open();
      await store.append('edge', [aBegun(), aClosed(1)]);
      await exporter.move();
      await flush();
      expect((await store.append('edge', [aRead()]))[0]?.seq).toBe(3);
    });

    it('loses nothing that a worker wrote who lives on, whatever Redis loses before it was moved', async () => {
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
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 6, findings: [], lost: 0 });
    });

    it('says once, on record, what went with Redis and with its worker, and the chain goes on', async () => {
      const [gone, lives] = [open(), open()];
      await gone.append('edge', [aBegun()]);
      await exporter.move();
      await gone.append('edge', [aClosed(1), aBegun()]);
      await lives.append('edge', [aRead()]);
      await flush();
      await lives.append('edge', [aRead(), aClosed(3)]);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 1 });
      late += 6_000; // nobody has written it again
      for (let round = 0; round < 3; round += 1) await exporter.move();
      await lives.append('edge', [aRead()]);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 6, findings: [], lost: 2 });
    });

    it('says it later where it could not be said at once, or went with Redis itself', async () => {
      const [gone, lives] = [open(), open()];
      await gone.append('edge', [aRead()]);
      await exporter.move();
      await gone.append('edge', [aRead(), aRead()]);
      await lives.append('edge', [aRead()]);
      await flush();
      await lives.append('edge', [aRead()]);
      const append = vi.spyOn(RedisAuditStore.prototype, 'append').mockRejectedValueOnce(new Error('no answer'));
      await exporter.move();
      late += 6_000;
      await expect(exporter.move()).rejects.toThrow('no answer');
      append.mockRestore();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 1, findings: [] });
      await flush(); // and with it whatever stood there, told or not
      await lives.append('edge', [aRead()]);
      for (let round = 0; round < 3; round += 1) await exporter.move();
      late += 6_000;
      for (let round = 0; round < 3; round += 1) await exporter.move();
      const report = await verified(kept(), 'edge');
      expect(report).toMatchObject({ findings: [] });
      expect(report.lost).toBeGreaterThan(0);
      expect(await textsOf(lives, 'edge')).toEqual([]);
    });

    it('takes in what two workers write again, in whatever order', async () => {
      const [first, second] = [open(), open()];
      for (let round = 0; round < 4; round += 1) {
        await first.append('edge', [aRead()]);
        await second.append('edge', [aRead(), aRead()]);
        if (round === 1) await exporter.move();
      }
      await flush();
      await second.append('edge', [aRead()]);
      await exporter.move();
      await Promise.all([second.repeat(), first.repeat()]);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 13, findings: [], lost: 0 });
      expect(await textsOf(first, 'edge')).toEqual([]);
    });

    it('takes the newer head, of the disk, when a failover brings back an older one', async () => {
      await open().append('edge', [aRead(), aRead()]);
      const behind = await rig.client.hgetall(rig.keys.point('edge').auditHead);
      await open().append('edge', [aRead()]);
      await exporter.move();
      await rig.client.hset(rig.keys.point('edge').auditHead, behind);
      await exporter.move();
      await open().append('edge', [aRead()]);
      await exporter.move();
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 4, findings: [] });
    });

    it('keeps both ends when a worker was faster than that, and the longer one goes on', async () => {
      const old = open();
      await old.append('edge', [aBegun(), aRead()]);
      const behind = await rig.client.hgetall(rig.keys.point('edge').auditHead);
      await old.append('edge', [aRead(), aRead()]);
      await exporter.move();
      await rig.client.hset(rig.keys.point('edge').auditHead, behind);
      await open().append('edge', [aClosed(1)]); // it has just been started
      await exporter.move();
      await old.append('edge', [aRead()]);
      await exporter.move();
      const reports = await verifyChains(kept(), await kept().points());
      expect(reports).toMatchObject([
        { point: 'edge', records: 5, findings: [], branchOf: 0 },
        { point: 'edge~2', records: 1, findings: [], branchOf: 2 },
      ]);
    });

    it('finds a line that was taken out, whatever the record says', async () => {
      const store = open();
      await store.append('edge', [aRead(), aRead(), aRead()]);
      await exporter.move();
      await store.append('edge', [{ type: 'lost', from: 3, to: 3 }]);
      await exporter.move();
      const file = join(directory, 'edge', '000000000001.jsonl');
      const lines = readFileSync(file, 'utf8').split('\n');
      writeFileSync(file, lines.filter((_, at) => at !== 1).join('\n'));
      expect((await verified(kept(), 'edge')).findings.map(({ code }) => code)).toEqual(['missing']);
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
      expect(await verified(kept(), 'edge')).toMatchObject({ records: 3, findings: [] });
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
