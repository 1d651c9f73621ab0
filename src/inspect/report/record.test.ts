import fc from 'fast-check';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { aBegun } from '../../../test/kit/audit-records.ts';
import type { AuditLines } from '../../audit/audit-store.ts';
import { segmentName } from '../../audit/files/audit-files.ts';
import { FileAuditLines } from '../../audit/files/file-audit-lines.ts';
import { LinesWithStates } from '../../audit/files/lines-with-states.ts';
import type { Fold } from '../../core/audit/lines/fold.ts';
import { reportJson } from '../../report/output/report-data.ts';
import { RecordedStateReader } from '../../report/record/recorded-state.ts';
import { reportThen } from './gather.ts';
import { readRecord } from './record.ts';
import { began, done, recorded, rule, someSteps, type Step } from './testing/steps.ts';

let directory: string;
beforeEach(() => (directory = aFolderOfTest()));

/** All that is read of it, and the report that is made of that. */
async function saidBy(lines: AuditLines, until?: string) {
  const records = await readRecord(lines, { verify: false, ...(until !== undefined && { until }) });
  const about = until ?? '2027-01-01T00:00:00.000Z';
  const made = { at: about, about, version: '', from: 'record', inputs: [], record: '', live: false } as const;
  const report = [...reportJson(await reportThen({ made, records, point: undefined }))].join('');
  const points = [...records].map(([point, { entry, record }]) => {
    const { byId, verifiedAt, differs, rankOf, ...rest } = record;
    const objects = [...byId].map(([id, all]) => [
      id,
      all.map((one) => ({
        ...one,
        ...{ members: [...one.members], verifiedAt: verifiedAt(one), differs: differs(one), rank: rankOf(one) },
      })),
    ]);
    return { point, entry, ...rest, objects };
  });
  return { points, report };
}

/** A state is kept after each closed segment. */
const fast = (): LinesWithStates => new LinesWithStates(directory, 0);
const slow = (): FileAuditLines => new FileAuditLines(directory);

async function expectTheSame(until?: string): Promise<void> {
  expect(await saidBy(fast(), until)).toEqual(await saidBy(slow(), until));
}

function filesOf(ending: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(directory, name));
}

/** The file system tells times apart by some milliseconds: what is written again within them looks like the same file. */
function rewrite(path: string, content: string): void {
  const { ctimeNs } = statSync(path, { bigint: true });
  do writeFileSync(path, content);
  while (statSync(path, { bigint: true }).ctimeNs === ctimeNs);
}

/** Lines that are adopted from Redis may begin a segment while writes are open. */
function split(path: string, lines: readonly string[], at: number): void {
  const first = Number(basename(path, '.jsonl'));
  writeFileSync(join(dirname(path), segmentName(first + Math.max(1, at))), lines.slice(at).join('\n'));
  rewrite(path, `${lines.slice(0, at).join('\n')}\n`);
}

/** What is done to lines of a segment: left out, said otherwise, put in again, swapped, spoilt, or cut. */
const spoilers: readonly ((lines: readonly string[], at: number) => readonly string[])[] = [
  (lines, at) => lines.toSpliced(at, 1),
  (lines, at) => lines.map((line, index) => (index === at ? line.replaceAll('10.0.0.1', '10.0.0.9') : line)),
  (lines, at) => lines.toSpliced(at, 0, lines[(at * 7) % lines.length] ?? ''),
  (lines, at) => [...lines.slice(at), ...lines.slice(0, at)],
  (lines, at) => lines.toSpliced(at, 1, (lines[at] ?? '').slice(0, 200)),
  (lines, at) => lines.slice(0, at),
];

describe('a record read from its states', () => {
  it('says what the whole record says, at any moment, whatever is on it, however often it is read', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, fc.nat(70), async (steps, seconds) => {
        await recorded(directory, steps);
        const until = new Date(began + seconds * 1_000).toISOString();
        for (const time of [until, undefined, until, undefined]) await expectTheSame(time);
        // Some states were kept before others.
        filesOf('.state').forEach((path, index) => index % 2 === 0 && rmSync(path));
        await expectTheSame();
        for (const folder of readdirSync(directory)) rmSync(join(directory, folder), { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it('goes by the record where it was changed, cut, or lacks a segment after its states were kept', async () => {
    const faults = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(spoilers.length + 1)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(someSteps, faults, async (steps, all) => {
        await recorded(directory, steps);
        await expectTheSame();
        for (const [which, at, how] of all) {
          const segments = filesOf('.jsonl');
          const path = segments[which % Math.max(1, segments.length)];
          if (path === undefined) continue;
          const lines = readFileSync(path, 'utf8').split('\n');
          const spoiler = spoilers[how];
          if (spoiler !== undefined) rewrite(path, spoiler(lines, at % lines.length).join('\n'));
          else if (how === spoilers.length) rmSync(path);
          else split(path, lines, at % lines.length);
          await expectTheSame();
          await expectTheSame();
        }
        for (const folder of readdirSync(directory)) rmSync(join(directory, folder), { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  const joins = (address: string, name = 'g1'): Step => ({
    write: aBegun({ op: 'members', name, id: name, add: [address] }),
    results: [done],
  });
  const day = (): readonly Step[] => ['1', '2', '3', '4', '5', '6'].map((last) => joins(`10.0.0.${last}`));

  it('reads no closed segment again, and keeps a state once', async () => {
    await recorded(directory, [...day(), ...day()]);
    await saidBy(fast());
    const kept = filesOf('.state').map((path) => statSync(path).ino);
    expect(kept).toHaveLength(filesOf('.jsonl').length - 1);
    const told: string[] = [];
    await readRecord(fast(), { verify: false, progress: (text) => void told.push(text) });
    const open = readFileSync(filesOf('.jsonl').at(-1) ?? '', 'utf8').split('\n').length - 1;
    expect(told.at(-1)).toContain(`edge: ${open} line`);
    expect(filesOf('.state').map((path) => statSync(path).ino)).toEqual(kept);
  });

  it('keeps none beside a short record, and of what is read at once the last alone', async () => {
    await recorded(directory, [...day(), ...day(), ...day()]);
    expect(await saidBy(new LinesWithStates(directory))).toEqual(await saidBy(slow()));
    expect(filesOf('.state')).toEqual([]);
    const sparing = new LinesWithStates(directory, 2 ** -13);
    expect(await saidBy(sparing)).toEqual(await saidBy(slow()));
    expect(filesOf('.state').map((path) => path.replace('.state', '.jsonl'))).toEqual(filesOf('.jsonl').slice(-2, -1));
    expect(await saidBy(sparing)).toEqual(await saidBy(slow()));
  });

  it('knows the place of a rule whose outcome is in the next segment', async () => {
    const write = aBegun({ op: 'create', kind: 'rule', name: 'p1', id: 'r1', rule, placeAfter: null });
    await recorded(directory, [{ write, results: [done] }]);
    const [path = ''] = filesOf('.jsonl');
    split(path, readFileSync(path, 'utf8').split('\n'), 1);
    await expectTheSame();
    await expectTheSame();
    expect((await saidBy(fast())).report).toContain('"position":1');
  });

  it('is proven from the record itself, whatever the states say', async () => {
    await recorded(directory, [...day(), ...day()]);
    await saidBy(fast());
    for (const path of filesOf('.state')) forge(path, (text) => text.replaceAll('10.0.0.1', '10.9.9.9'));
    const { record, entry } = (await readRecord(fast(), { verify: true })).get('edge')!;
    expect([...record.byId.values()].flat().flatMap((one) => [...one.members])).toContain('10.0.0.1');
    expect(entry.chain).toBe('intact');
  });

  it.each<readonly [string, (state: string, other: string) => void]>([
    ['is cut', (state) => truncateSync(state, statSync(state).size - 9)],
    ['is empty', (state) => truncateSync(state, 0)],
    ['has other bytes in it', (state) => writeFileSync(state, alteredEnd(readFileSync(state)))],
    ['is that of another segment', (state, other) => copyFileSync(other, state)],
    ['is of another form', (state) => writeFileSync(state, otherForm(readFileSync(state)))],
    ['is no state, and says that it is', (state) => forge(state, () => '{"seen":{}}')],
    ['is no JSON, and says that it is', (state) => forge(state, () => '{')],
  ])('says the same when a state %s', async (_, spoil) => {
    await recorded(directory, [...day(), ...day()]);
    await expectTheSame();
    const [first = '', second = ''] = filesOf('.state').slice(-2);
    spoil(second, first);
    await expectTheSame();
    await expectTheSame();
  });

  it('says the same where no state can be kept', async () => {
    await recorded(directory, [...day(), ...day()]);
    for (const path of filesOf('.jsonl')) mkdirSync(path.replace('.jsonl', '.state'));
    await expectTheSame();
    await expectTheSame();
    let made = 0;
    const fold = new RecordedStateReader();
    const counting: Fold = {
      ...{ until: fold.until, form: fold.form, isWhole: true },
      goTo: (chain) => fold.goTo(chain),
      take: (lines) => fold.take(lines),
      resumption: () => fold.resumption(),
      kept: () => {
        made += 1;
        return fold.kept();
      },
    };
    await fast().fold(['edge'], counting, () => undefined);
    expect([made, fold.state().records]).toEqual([1, 24]);
    expect(filesOf('').filter((path) => /\.state\../.test(path))).toEqual([]);
  });
});

/** A state that says something else, as somebody would write it who knows how. */
function forge(path: string, change: (text: string) => string): void {
  const content = readFileSync(path);
  const bodyAt = content.indexOf('\n') + 1;
  const body = gzipSync(change(gunzipSync(content.subarray(bodyAt)).toString()));
  const head = JSON.parse(content.toString('utf8', 0, bodyAt)) as object;
  const sha256 = createHash('sha256').update(body).digest('hex');
  writeFileSync(path, Buffer.concat([Buffer.from(`${JSON.stringify({ ...head, sha256 })}\n`), body]));
}

function otherForm(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replace(/"form":\d+/, '"form":999'), 'latin1');
}

function alteredEnd(content: Buffer): Buffer {
  content.fill(0xff, content.length - 24);
  return content;
}
