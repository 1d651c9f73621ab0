import fc from 'fast-check';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { aBegun, aClosed, aRead, textsOf } from '../../../test/kit/audit-records.ts';
import { pointAt } from '../../core/audit/history.ts';
import { textOf } from '../../core/audit/lines/lines.ts';
import type { AuditRecord, AuditRule, BegunEntry, ClosedEntry } from '../../core/audit/record.ts';
import { FileAuditLines } from './file-audit-lines.ts';
import { FileAuditStore } from './file-audit-store.ts';
import { LinesAbout } from './lines-about.ts';

const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1'];
const members = [...addresses, '10.0.0.1/32', '10.0.0.0/24', '2001:db8::1/128'];
/** The clock of the record: a write each second. */
const began = Date.UTC(2026, 0, 1);

let directory: string;
beforeEach(() => (directory = aFolderOfTest()));

/** `late`: a reading, after the next write, does not find it, and then an answer comes, after the one after that. */
type Write = readonly [entry: BegunEntry, result: 'done' | 'error' | 'late' | undefined];

/** Writes them into segments of a few records each. */
async function recorded(writes: readonly Write[]): Promise<void> {
  let now = began;
  const store = new FileAuditStore({ directory, clock: { now: () => now }, segmentBytes: 1_500 });
  const closings: ClosedEntry[][] = [];
  for (const [at, [entry, result]] of writes.entries()) {
    now += 1_000;
    const [{ seq }] = (await store.append('edge', [entry], 'soon')) as readonly [AuditRecord];
    const later =
      result === 'late'
        ? ([
            [1, 'found-not-done'],
            [2, 'done'],
          ] as const)
        : ([[0, result]] as const);
    for (const [after, told] of later)
      if (told !== undefined) (closings[at + after] ??= []).push(aClosed(seq, { result: told }));
    await store.append('edge', closings[at] ?? [], 'soon');
  }
  for (const entries of closings.slice(writes.length)) await store.append('edge', entries, 'soon');
  await store.close();
}

/** What the record says about an address at a moment: groups that hold it or a network, and every rule. */
async function saidOf(lines: FileAuditLines, address: string, until?: string) {
  const texts: string[] = [];
  for await (const { bytes, spans } of lines.blocks('edge')) texts.push(...spans.map((span) => textOf(bytes, span)));
  const { objects: byKey, uncertain } = pointAt(texts, until);
  const objects = [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
  return {
    rules: objects.flatMap(({ name, title, rule, since }) => (rule === undefined ? [] : [{ name, title, since }])),
    groups: objects.flatMap(({ name, title, members: held, exact }) => {
      const holding = [...held].filter((member) => isWide(member) || member.replace(/\/(32|128)$/, '') === address);
      return holding.length === 0 ? [] : [{ name, title, exact, holding: holding.sort() }];
    }),
    uncertain: uncertain.flatMap(({ seq, op, omitted, add = [], remove = [] }) => {
      const isAbout = [...add, ...remove].some(
        (member) => isWide(member) || member.startsWith(`${address}/`) || member === address,
      );
      return isAbout || op !== 'members' || omitted !== undefined ? [seq] : [];
    }),
  };
}

function isWide(member: string): boolean {
  return member.includes('/') && !/\/(32|128)$/.test(member);
}

async function expectTheSame(until?: string): Promise<void> {
  const all = new FileAuditLines(directory);
  for (const address of addresses)
    expect(await saidOf(new LinesAbout(directory, address), address, until)).toEqual(await saidOf(all, address, until));
}

const folder = (): string => join(directory, 'edge');
const filesOf = (ending: string): readonly string[] =>
  readdirSync(folder())
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder(), name));

describe('LinesAbout', () => {
  const rule: AuditRule = {
    action: 'Accept',
    sources: ['g1'],
    destination: { any: true, names: [], networks: [] },
    ports: 'TCP 443',
  };
  const some = fc.oneof(fc.subarray(addresses, { maxLength: 1 }), fc.subarray(members));
  const write: fc.Arbitrary<Write> = fc
    .tuple(
      fc
        .record({
          op: fc.constantFrom<BegunEntry['op']>('create', 'members', 'members', 'members', 'update', 'delete'),
          name: fc.constantFrom('g1', 'g2'),
          title: fc.constantFrom(undefined, 'pods a', 'pods b'),
          add: some,
          remove: some,
          isRule: fc.constantFrom(false, false, true),
          isCut: fc.constantFrom(false, false, false, true),
        })
        .map(({ op, name, title, add, remove, isRule, isCut }) =>
          aBegun({
            ...(isRule && op !== 'members' ? { op, kind: 'rule', rule } : { op, kind: 'group' }),
            ...{ name, add, remove },
            ...(title !== undefined && { title }),
            ...(isCut && { omitted: { add: { count: 9, sha256: 'a'.repeat(64) } } }),
          }),
        ),
      fc.constantFrom('done', 'done', 'late', 'late', 'error', undefined),
    )
    // Which of two titles an object has after a late answer, the lines about one address do not tell.
    .map(([{ title, ...entry }, result]) => [
      result === 'late' || title === undefined ? entry : { ...entry, title },
      result,
    ]);

  it('says of an address what the whole record says, whatever was written, at any moment, however often', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 30 }), fc.nat(30), async (writes, seconds) => {
        directory = mkdtempSync(join(tmpdir(), 'postern-lines-about-'));
        await recorded(writes);
        const until = new Date(began + seconds * 1_000).toISOString();
        for (const time of [undefined, until, undefined]) await expectTheSame(time);
        // Some of the indexes were made before others.
        filesOf('.index').forEach((path, index) => index % 2 === 0 && rmSync(path));
        await expectTheSame();
        rmSync(directory, { recursive: true });
      }),
      { numRuns: 40 },
    );
    directory = mkdtempSync(join(tmpdir(), 'postern-lines-about-'));
  });

  const joins = (address: string, name = 'g1'): Write => [aBegun({ op: 'members', name, add: [address] }), 'done'];
  const day = (): readonly Write[] => addresses.flatMap((address) => Array.from({ length: 5 }, () => joins(address)));

  const inGroup = (fields: Partial<BegunEntry>): BegunEntry => aBegun({ name: 'g1', add: [], ...fields });
  it.each<[string, readonly Write[]]>([
    [
      'a late answer leaves members in doubt of a write that does not say all of its own',
      [
        [inGroup({ op: 'create', omitted: { add: { count: 9, sha256: 'a'.repeat(64) } } }), 'late'],
        [inGroup({ op: 'members', add: ['2001:db8::1'] }), 'done'],
        [aBegun({ name: 'g2', op: 'create', add: [] }), 'done'],
        [aBegun({ name: 'g2', op: 'create', add: [] }), 'done'],
      ],
    ],
    [
      'a group is made anew after it was deleted, under a title that it had',
      [
        [inGroup({ op: 'create', title: 'pods b' }), 'done'],
        [inGroup({ op: 'delete' }), 'done'],
        [inGroup({ op: 'members', title: 'pods b' }), 'done'],
        [inGroup({ op: 'create', add: ['10.0.0.0/24'] }), 'done'],
      ],
    ],
  ])('says the same where %s', async (_, writes) => {
    await recorded(writes);
    await expectTheSame();
  });

  it('does not name a group by a late change of its members, made before it was made anew', async () => {
    await recorded([
      [inGroup({ op: 'create', title: 'pods a' }), 'done'],
      [inGroup({ op: 'members', add: ['10.0.0.1'], title: 'pods a' }), 'late'],
      [inGroup({ op: 'create', add: ['10.0.0.3'], title: 'pods b' }), 'done'],
    ]);
    const { groups } = await saidOf(new FileAuditLines(directory), '10.0.0.3');
    expect(groups).toMatchObject([{ name: 'g1', title: 'pods b' }]);
  });

  it('says the same when an answer comes after a reading, and after what contradicts it', async () => {
    let now = began;
    const store = new FileAuditStore({ directory, clock: { now: () => now }, segmentBytes: 4_000 });
    const groupWith = (title: string, fields: Partial<BegunEntry>): BegunEntry => aBegun({ title, add: [], ...fields });
    await store.append('edge', [groupWith('pods a', { op: 'create', add: ['10.0.0.3'] }), aClosed(1)], 'soon');
    await store.append('edge', [groupWith('pods b', { add: ['10.0.0.1'] })], 'soon');
    await store.append('edge', [aClosed(3, { result: 'found-not-done' })], 'soon');
    await store.append('edge', [groupWith('pods a', { remove: ['10.0.0.1'] }), aClosed(5)], 'soon');
    await store.append('edge', [aClosed(3)], 'soon');
    const answered = new Date(now).toISOString();
    now += 1_000;
    await store.append('edge', [groupWith('pods b', { add: ['10.0.0.2'] }), aClosed(8)], 'soon');
    // Of closed segments only the lines about an address are read.
    for (let at = 0; at < 10; at += 1) await store.append('edge', [aRead()], 'soon');
    await store.close();
    expect(filesOf('.jsonl').length).toBeGreaterThan(1);
    for (const time of [answered, undefined]) await expectTheSame(time);
  });

  it('reads little of closed segments, and makes an index once', async () => {
    await recorded([...day(), ...day()]);
    const all = await textsOf(new FileAuditLines(directory), 'edge');
    const read = async (): Promise<number> => {
      let lines = 0;
      for await (const { spans } of new LinesAbout(directory, '10.0.0.3').blocks('edge')) lines += spans.length;
      return lines;
    };
    expect(await read()).toBeLessThan(all.length / 2);
    const made = filesOf('.index').map((path) => statSync(path).ino);
    expect(made).toHaveLength(filesOf('.jsonl').length - 1);
    await read();
    expect(filesOf('.index').map((path) => statSync(path).ino)).toEqual(made);
  });

  it('goes by the record where it was rewritten, with the size and the time it had', async () => {
    await recorded(day());
    const [path = ''] = filesOf('.jsonl');
    const before = new Date('2026-01-01T00:00:00Z');
    utimesSync(path, before, before);
    await expectTheSame();
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('10.0.0.1', '10.0.0.9'));
    utimesSync(path, before, before);
    const { groups } = await saidOf(new LinesAbout(directory, '10.0.0.9'), '10.0.0.9');
    expect(groups).toMatchObject([{ holding: ['10.0.0.9'] }]);
  });

  it.each<readonly [string, (index: string, other: string) => void]>([
    ['is cut', (index) => truncateSync(index, statSync(index).size - 12)],
    ['is empty', (index) => truncateSync(index, 0)],
    ['has other numbers in it', (index) => writeFileSync(index, alteredEnd(readFileSync(index)))],
    ['is that of another segment', (index, other) => copyFileSync(other, index)],
    ['cannot be kept', replaceByFolder],
  ])('says the same when an index %s', async (_, spoil) => {
    await recorded(day());
    await expectTheSame();
    const [first = '', second = ''] = filesOf('.index');
    spoil(first, second);
    await expectTheSame();
  });

  it.each([
    ['a line longer than any record', 2 ** 24 + 1, 1],
    ['more in it than an index is made of', 2 ** 26 + 1, 0],
  ])('says the same of a segment that has %s', async (_, length, indexes) => {
    await recorded(day());
    const [path = ''] = filesOf('.jsonl');
    const [first = '', ...more] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, [first, `{"hash":"${'0'.repeat(length)}`, ...more].join('\n'));
    await expectTheSame();
    await expectTheSame();
    expect(filesOf('.index').filter((index) => index === path.replace('.jsonl', '.index'))).toHaveLength(indexes);
  });

  it('says the same of a segment that was cut after its index was made', async () => {
    await recorded(day());
    await expectTheSame();
    const [path = ''] = filesOf('.jsonl');
    truncateSync(path, 700);
    await expectTheSame();
  });
});

function alteredEnd(content: Buffer): Buffer {
  content.fill(0xff, content.length - 24);
  return content;
}

function replaceByFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
}
