import { constants } from 'node:buffer';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  appendFileSync,
  truncateSync,
  writeFileSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { aBegun, aClosed, aRead, textsOf, verified } from '../../../test/kit/audit-records.ts';
import { describeAuditStore } from '../../../test/kit/audit-store-contract.ts';
import { hashOf, mostLineLength } from '../../core/audit/chain.ts';
import { recordIn } from '../../core/audit/history.ts';
import { FileAuditLines } from './file-audit-lines.ts';
import { FileAuditStore } from './file-audit-store.ts';

const clock = { now: () => Date.UTC(2026, 0, 1) };
const segment = (directory: string, index = 0): string => {
  const folder = join(directory, 'edge');
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return join(folder, names.sort().at(index) ?? '');
};

describe('FileAuditStore', () => {
  describeAuditStore(() => {
    const directory = mkdtempSync(join(tmpdir(), 'postern-audit-'));
    let now = 0;
    const stores: FileAuditStore[] = [];
    const open = (): FileAuditStore => {
      const store = new FileAuditStore({ directory, clock: { now: () => now } });
      stores.push(store);
      return store;
    };
    return Promise.resolve({
      store: open(),
      lines: new FileAuditLines(directory),
      restart: () => Promise.resolve(open()),
      setTime: (ms) => (now = ms),
      end: async () => {
        for (const store of stores) await store.close();
        rmSync(directory, { recursive: true });
      },
    });
  });

  let directory: string;
  beforeEach(() => (directory = aFolderOfTest()));
  const store = (segmentBytes?: number): FileAuditStore =>
    new FileAuditStore({ directory, clock, ...(segmentBytes !== undefined && { segmentBytes }) });
  const lines = (): FileAuditLines => new FileAuditLines(directory);

  it.each([
    ['in the middle of a record', 40, 2, 1],
    ['right before the end of a line', 1, 3, 0],
  ])('takes up a chain whose writer ended %s', async (_, cut, records, torn) => {
    const first = store();
    await first.append('edge', [aBegun(), aClosed(1)], 'soon');
    await first.append('edge', [aBegun({ name: 'g2' })], 'soon');
    await first.close();
    const path = segment(directory);
    truncateSync(path, readFileSync(path).length - cut);
    writeFileSync(join(directory, 'edge', 'HEAD'), ''); // it was not written either
    const second = store();
    expect((await second.head('edge'))?.seq).toBe(records + torn);
    await second.append('edge', [aRead()], 'durable');
    expect(await verified(lines(), 'edge')).toMatchObject({ records: records + torn + 1, findings: [], torn });
    await second.close();
  });

  it('begins a new segment when one is full and nothing in it is open', async () => {
    const small = store(1_000);
    for (let i = 0; i < 20; i += 1) {
      const [begun] = await small.append('edge', [aBegun()], 'durable');
      if (begun) await small.append('edge', [aClosed(begun.seq)], 'soon');
    }
    await small.close();
    expect(readdirSync(join(directory, 'edge')).length).toBeGreaterThan(5);
    expect(await verified(lines(), 'edge')).toMatchObject({ records: 40, findings: [] });
    const again = store();
    expect((await again.head('edge'))?.seq).toBe(40);
    await again.close();
  });

  it('goes on after a missing segment where the chain had got to, so that what is missing stays to be seen', async () => {
    const small = store(500);
    for (let i = 0; i < 6; i += 1) await small.append('edge', [aRead()], 'durable');
    await small.close();
    unlinkSync(segment(directory, -1));
    const again = store();
    const [record] = await again.append('edge', [aRead()], 'durable');
    await again.close();
    expect(record?.seq).toBe(7);
    expect((await verified(lines(), 'edge')).findings.map(({ code }) => code)).toEqual(['missing']);
  });

  it('lets one process write, and says who it is', async () => {
    const [first, second] = [store(), store()];
    await first.append('edge', [aRead()], 'durable');
    writeFileSync(
      join(directory, 'LOCK'),
      readFileSync(join(directory, 'LOCK'), 'utf8').replace(/"pid":\d+/, `"pid":${process.ppid}`),
    );
    await expect(second.append('edge', [aRead()], 'durable')).rejects.toMatchObject({
      name: 'AuditUnavailable',
      code: 'LOCKED',
      message: expect.stringContaining(`process ${process.ppid}`) as string,
    });
    await first.close();
    await second.close();
  });

  it('takes over at once from a process that is dead, and after a while from one elsewhere that is silent', async () => {
    const lock = join(directory, 'LOCK');
    writeFileSync(lock, JSON.stringify({ host: 'elsewhere', pid: 1, token: 'a' }));
    const impatient = new FileAuditStore({ directory, clock, lockTimes: { beatMs: 1_000, staleMs: 60_000 } });
    await expect(impatient.append('edge', [aRead()], 'durable')).rejects.toMatchObject({ code: 'LOCKED' });
    const patient = new FileAuditStore({ directory, clock, lockTimes: { beatMs: 1_000, staleMs: 0 } });
    await patient.append('edge', [aRead()], 'durable');
    await patient.close();
    expect(await verified(lines(), 'edge')).toMatchObject({ records: 1, findings: [] });
  });

  it('refuses to write behind somebody else, then reads again and goes on', async () => {
    const first = store();
    await first.append('edge', [aRead()], 'durable');
    appendFileSync(segment(directory), 'somebody else was here\n');
    await expect(first.append('edge', [aRead()], 'durable')).rejects.toMatchObject({ code: 'OVERTAKEN' });
    const [, record] = await first.append('edge', [aRead(), aRead()], 'durable');
    expect(record?.seq).toBe(4);
    await first.close();
    expect(await verified(lines(), 'edge')).toMatchObject({ torn: 1, findings: [] });
  });

  it('refuses when the directory cannot be written, and says what to do', async () => {
    writeFileSync(join(directory, 'file'), '');
    const nowhere = new FileAuditStore({ directory: join(directory, 'file'), clock });
    await expect(nowhere.append('edge', [aRead()], 'durable')).rejects.toMatchObject({ name: 'AuditUnavailable' });
    const full = new FileAuditStore({ directory: '/dev/full', clock });
    await expect(full.append('edge', [aRead()], 'durable')).rejects.toThrow(/--audit-dir/);
  });

  it('has a head beside a chain of which nothing had to be durable yet', async () => {
    const first = store();
    await first.append('edge', [aRead()], 'soon');
    expect(await verified(lines(), 'edge')).toMatchObject({ records: 1, findings: [] });
    await first.append('edge', [aRead()], 'soon');
    expect(await verified(lines(), 'edge')).toMatchObject({ records: 2, findings: [] });
    await first.close();
  });

  it('shows no line that is not whole to who reads while it is written', async () => {
    const first = store();
    await first.append('edge', [aRead()], 'durable');
    appendFileSync(segment(directory), '{"hash":"');
    expect((await textsOf(lines(), 'edge')).length).toBe(1);
    expect(await verified(lines(), 'edge')).toMatchObject({ records: 1, findings: [] });
    await first.close();
  });

  it('takes up a chain whose last segment is longer than any text', async () => {
    const first = store();
    await first.append('edge', [aBegun(), aClosed(1), aBegun({ name: 'g2' })], 'durable');
    await first.close();
    const path = segment(directory);
    // A hole, which takes no room on the disk.
    truncateSync(path, statSync(path).size + constants.MAX_STRING_LENGTH);
    appendFileSync(path, '\n{"hash":"');
    const second = store();
    expect((await second.unsettled('edge')).map(({ seq }) => seq)).toEqual([3]);
    await second.append('edge', [aRead()], 'durable');
    await second.close();
    const { records, torn, findings } = await verified(lines(), 'edge');
    expect([records, torn, findings.map(({ code }) => code)]).toEqual([5, 1, ['unreadable']]);
  }, 300_000);

  it.each([
    ['in a closed segment', 0],
    ['in the last one', -1],
  ])('reads on after a line longer than any record %s, and names it', async (_, index) => {
    const small = store(700);
    for (let seq = 1; seq < 8; seq += 2) await small.append('edge', [aBegun(), aClosed(seq)], 'soon');
    await small.close();
    const path = segment(directory, index);
    appendFileSync(path, `{"hash":"${'0'.repeat(mostLineLength + 2 ** 20)}\n`);
    const texts = await textsOf(lines(), 'edge');
    expect(texts.flatMap((text) => recordIn(text)?.seq ?? [])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(mostLineLength + 2 ** 17);
    const { findings, records } = await verified(lines(), 'edge');
    const line = readFileSync(path, 'utf8').split('\n').length - 1;
    expect([records, findings.map(({ code, where }) => `${code} ${where}`)]).toEqual([
      8,
      [`unreadable ${basename(path)}:${line}`],
    ]);
    expect(findings[0]?.message).toContain('longer than any record');
  });

  it.each(['x}', 'null}', `{"seq":${'['.repeat(100_000)}}`])(
    'goes on behind a line of the form of a record that is none, %#',
    async (text) => {
      const first = store();
      await first.append('edge', [aRead()], 'durable');
      await first.close();
      appendFileSync(segment(directory), `{"hash":"${hashOf(text)}","record":${text}}\n`);
      const second = store();
      expect((await second.head('edge'))?.seq).toBeGreaterThan(0);
      await second.append('edge', [aRead()], 'durable');
      await second.close();
      expect((await verified(lines(), 'edge')).findings.map(({ code }) => code)).toEqual(['unreadable']);
    },
  );
});
