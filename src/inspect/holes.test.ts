import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../test/kit/folders.ts';
import { aBegun } from '../../test/kit/audit-records.ts';
import { FileAuditLines } from '../audit/files/file-audit-lines.ts';
import { FileAuditStore } from '../audit/files/file-audit-store.ts';
import { hashOf } from '../core/audit/chain.ts';
import { reportThen } from './report/gather.ts';
import { readRecord } from './report/record.ts';
import { LinesWithStates } from '../audit/files/lines-with-states.ts';
import { addressHoldersAt } from './who.ts';
import { whyThen } from './why-then.ts';
import { worldThen } from './world-then.ts';

const began = Date.UTC(2026, 0, 1);
const minute = 60_000;
const at = (minutes: number): string => new Date(began + minutes * minute).toISOString();

let directory: string;
beforeEach(() => (directory = aFolderOfTest()));

/** Ten writes, a minute apart, with the records 2n - 1 and 2n; each in a segment of its own, or all in one. */
async function recorded(segmentBytes: number): Promise<void> {
  let now = began;
  const store = new FileAuditStore({ directory, clock: { now: () => now }, segmentBytes });
  for (let count = 1; count <= 10; count += 1) {
    now = began + count * minute;
    const [begun] = await store.append('edge', [aBegun({ add: [`10.0.0.${count}`] })], 'soon');
    await store.append('edge', [{ type: 'closed', of: begun?.seq ?? 0, result: 'done' }], 'soon');
  }
  await store.close();
}

/** The lines of each segment as they are to be. */
function rewrite(change: (line: string, seq: number) => string | undefined): void {
  const folder = join(directory, 'edge');
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.jsonl'))) {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean);
    const kept = lines.flatMap((line) => change(line, Number(/"seq":(\d+)/.exec(line)?.[1])) ?? []);
    writeFileSync(join(folder, name), kept.map((line) => `${line}\n`).join(''));
  }
}

const without = (...seqs: number[]): void => rewrite((line, seq) => (seqs.includes(seq) ? undefined : line));

/** Of a moment, what each that answers by the record says is missing. */
async function told(minutes: number): Promise<readonly string[]> {
  const moment = began + minutes * minute;
  const flow = { address: '192.0.2.1', port: 443, protocol: 'TCP' } as const;
  const who = await addressHoldersAt(directory, '10.0.0.1', moment);
  const why = await whyThen(directory, 'shop/web', flow, moment);
  const world = await worldThen([{ cluster: undefined, directory }], moment);
  const choice = { until: at(minutes), verify: false };
  const records = await readRecord(new LinesWithStates(directory, 0), choice);
  // What earlier questions have kept beside the record leaves nothing out.
  const counted = (all: typeof records): readonly unknown[] => [...all].map(([, { entry }]) => entry);
  expect(counted(records)).toEqual(counted(await readRecord(new FileAuditLines(directory), choice)));
  const made = {
    at: at(minutes),
    about: at(minutes),
    version: '',
    from: 'record',
    inputs: [],
    record: '',
    live: false,
  } as const;
  const { problems } = await reportThen({ made, records, point: undefined });
  const reported = problems.flatMap(({ code, message }) => (code === 'record-incomplete' ? [message] : []));
  const ofRecord = (doubts: readonly string[]): readonly string[] =>
    doubts.filter((doubt) => doubt.includes(' of edge'));
  expect(ofRecord(why.doubts)).toEqual(who.missing);
  expect(ofRecord(world.doubts)).toEqual(who.missing);
  expect(reported).toEqual([...who.missing].sort());
  return who.missing;
}

describe.each([
  ['in one segment', 1_000_000],
  ['over many segments', 1_500],
])('a hole in the record, %s', (_, segmentBytes) => {
  beforeEach(() => recorded(segmentBytes));

  it('is told of each moment after it began, and of none before', async () => {
    expect(await told(8)).toEqual([]);
    without(9, 10, 11);
    const text = `The records 9 to 11 of edge, from between ${at(4)} and ${at(6)}, are missing: what they wrote is not known.`;
    expect(await told(3)).toEqual([]);
    // Nothing on record is of this minute, and what is missing is.
    for (const minutes of [5, 5, 6, 10]) expect(await told(minutes)).toEqual([text]);
  });

  it('is told of the beginning, and of a line that cannot be read', async () => {
    without(1, 2);
    rewrite((line, seq) => (seq === 14 ? line.slice(0, -9) : line));
    expect(await told(10)).toEqual([
      `The records 1 to 2 of edge, from before ${at(2)}, are missing: what they wrote is not known.`,
      `The record 14 of edge, from between ${at(7)} and ${at(8)}, is missing: what they wrote is not known.`,
    ]);
  });

  it('is told where a record accounts for it, and is none where a chain goes on from another', async () => {
    const store = new FileAuditStore({ directory, clock: { now: () => began + 11 * minute }, segmentBytes });
    await store.append('edge', [{ type: 'lost', from: 9, to: 11 }], 'soon');
    await store.close();
    without(9, 10, 11);
    const moved: string[] = [];
    rewrite((line, seq) => (seq > 12 ? void moved.push(line) : line));
    mkdirSync(join(directory, 'edge~2'));
    writeFileSync(join(directory, 'edge~2', '000000000013.jsonl'), moved.map((line) => `${line}\n`).join(''));
    expect(await told(12)).toEqual([
      `The records 9 to 11 of edge, from between ${at(4)} and ${at(6)}, went with a server of Redis, which is on record: what they wrote is not known.`,
    ]);
  });

  it('tells of a time that is wrong, and goes on behind it', async () => {
    const late = (line: string): string => {
      const record = (/"record":(.*)\}$/.exec(line)?.[1] ?? '').replace(
        /"at":"[^"]*"/,
        '"at":"2031-01-01T00:00:00.000Z"',
      );
      return `{"hash":"${hashOf(record)}","record":${record}}`;
    };
    rewrite((line, seq) => (seq === 6 ? late(line) : line));
    const text =
      'The time of record 7 of edge is before that of the record before it: what counted when is not certain.';
    expect(await told(10)).toEqual([text]);
    const held = await addressHoldersAt(directory, '10.0.0.9', began + 10 * minute);
    expect(held.points.map(({ point }) => point)).toEqual(['edge']);
  });
});
