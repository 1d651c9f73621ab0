import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { FileAuditStore } from '../../src/audit/files/file-audit-store.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import { snapshotAfter } from '../../src/core/model/snapshot-keeper.ts';
import { reportNow } from '../../src/inspect/report/gather.ts';
import { readRecord } from '../../src/inspect/report/record.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { reportCsv, reportJson } from '../../src/report/output/report-data.ts';
import { reportHtml } from '../../src/report/output/report-html.ts';
import { reportText } from '../../src/report/output/report-text.ts';
import type { Report } from '../../src/report/report.ts';
import { readManifests } from '../../src/kube/manifests/read-files.ts';
import { aPoint, aPolicy } from '../kit/builders.ts';
import { anEmbedded } from '../kit/embedded.ts';

/*
 * The example company behind a firewall in memory, with a policy that somebody wrote in a hurry and that nobody has
 * brought to the firewall yet. After a change that means to change a report: `npx vitest run test/report -u`, and read
 * the difference as carefully as the code.
 */

const firstSync = '2026-11-20T08:00:00.000Z';
const change = '2026-11-20T12:00:00.000Z';
const about = '2026-11-21T08:00:00.000Z';

const hurried = aPolicy(
  {
    subject: { podSelector: { matchLabels: { app: 'web' } } },
    to: [{ networks: ['10.0.0.0/8'], ports: [{ port: 20, endPort: 23 }] }, { networks: ['0.0.0.0/0', '::/0'] }],
    governance: {
      justification: '=HYPERLINK("https://evil.example","x") <script>alert(1)</script>',
      owner: '<img src=x onerror=alert(1)>',
      reviewBy: '2026-01-01',
      expiresAt: '2026-11-25T00:00:00Z',
    },
  },
  { name: 'hurried', uid: 'uid-hurried' },
);

const directory = aFolder();
let report: Report;

beforeAll(async () => {
  const { snapshot } = await readManifests(['examples/company'], () => Promise.resolve(new Uint8Array()));
  const company: ObjectChange[] = [
    ...toChanges({ ...snapshot, enforcementPoints: [] }),
    { kind: 'EnforcementPoint', key: 'edge', object: aPoint({ clusterNetworks: ['10.20.0.0/16'] }) },
  ];
  let now = Date.parse(firstSync);
  const clock = { ...systemClock, now: () => now };
  const embedded = anEmbedded({
    adapters: () => Promise.resolve(createMemoryAdapter()),
    clock,
    audit: new FileAuditStore({ directory, clock }),
  });
  await embedded.apply(company, true);
  await embedded.settled();
  now = Date.parse(change);
  await embedded.apply([{ kind: 'EgressPolicy', key: 'office/reports', object: undefined }], true);
  await embedded.settled();
  await embedded.close();
  const wanted = company.filter(({ key }) => key !== 'office/reports');
  const intent = {
    snapshot: snapshotAfter([...wanted, { kind: 'EgressPolicy', key: 'shop/hurried', object: hurried }]),
    problems: [],
    cluster: 'east',
  };
  const made = {
    at: about,
    about,
    version: '1.0.0',
    from: 'files',
    inputs: ['examples/company'],
    record: 'postern-audit',
    live: false,
  } as const;
  const records = await readRecord(new FileAuditLines(directory), { verify: true });
  report = await reportNow(intent, { made, records, sessions: undefined, point: undefined });
});

const plain = (text: string): string => text;
const all = (pieces: Iterable<string>): string => [...pieces].join('');

async function postern(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(['report', ...argv]);
}

interface Read {
  readonly made: { readonly about: string; readonly from: string };
  readonly rules: readonly { readonly policy: { readonly name: string }; readonly live: { readonly state: string } }[];
}

describe('the report on the example company', () => {
  it('is what was reviewed, in every format', async () => {
    await expect(all(reportText(report, 120, plain))).toMatchFileSnapshot('expected/wide.txt');
    await expect(all(reportText(report, 80, plain))).toMatchFileSnapshot('expected/narrow.txt');
    await expect(all(reportJson(report))).toMatchFileSnapshot('expected/report.json');
    await expect(all(reportCsv(report))).toMatchFileSnapshot('expected/report.csv');
    await expect(all(reportHtml(report))).toMatchFileSnapshot('expected/report.html');
  });

  it('lets no text from the cluster out of its place', () => {
    const html = all(reportHtml(report));
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    const csv = all(reportCsv(report));
    expect(csv).toContain(`"'=HYPERLINK(""https://evil.example"",""x"") <script>`);
    expect(csv.split('\r\n').filter((line) => /(?:^|,)"?[=@+]/.test(line))).toEqual([]);
  });

  it('fits into the columns of a terminal, unless a single word does not', () => {
    for (const width of [80, 120]) {
      const long = all(reportText(report, width, plain))
        .split('\n')
        .filter((line) => line.length > width);
      expect(long).toEqual([]);
    }
  });
});

describe('postern report', () => {
  const ask = async (...argv: string[]): Promise<Read> => {
    const { code, out, err } = await postern('--audit-dir', directory, '-o', 'json', ...argv);
    expect(err).toBe('');
    expect(code).toBe(0);
    return JSON.parse(out) as Read;
  };

  it('answers for a moment from the record alone: before anything, before a change, and after it', async () => {
    const rulesAt = async (at: string): Promise<string[]> =>
      (await ask('--at', at)).rules.map(({ policy }) => policy.name);
    expect(await rulesAt('2026-11-20T07:59:59Z')).toEqual([]);
    expect(await rulesAt('2026-11-20T11:59:59Z')).toContain('reports');
    const after = await rulesAt('2026-11-20T12:00:00Z');
    expect(after).not.toContain('reports');
    expect(after).toContain('checkout');
  });

  it('verifies the record on the way, and says of a point which part of it was asked', async () => {
    const { made, rules } = await ask('--at', about, '--verify', '--point', 'edge');
    expect(made).toMatchObject({ about, from: 'record' });
    expect(new Set(rules.map(({ live }) => live.state))).toEqual(new Set(['yes']));
  });

  it('writes a file in the format of its ending, without anything on the output', async () => {
    const file = join(directory, 'r.csv');
    const { code, out } = await postern('--at', about, '--audit-dir', directory, '--output', file);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect((await readFile(file, 'utf8')).slice(0, 26)).toBe('point,position,rule,device');
  });

  it('fails, and says what to do, where there is no record, no such point, or two things at once', async () => {
    const errors = [
      await postern('--at', about, '--audit-dir', join(directory, 'nothing')),
      await postern('--at', about, '--audit-dir', directory, '--point', 'nowhere'),
      await postern('--at', about, '--live'),
      await postern('--at', 'yesterday', '--audit-dir', directory),
      await postern('-o', 'pdf'),
    ];
    expect(errors.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
    expect(errors.map(({ err }) => err.replace(directory, '').split(':').slice(0, 2).join(':').slice(0, 60)))
      .toMatchInlineSnapshot(`
      [
        "postern: nothing is on record in /nothing; give --audit-dir,",
        "postern: there is no EnforcementPoint "nowhere"; there are",
        "postern: --live asks the devices as they are now; leave it o",
        "postern: "yesterday" is no time",
        "error: option '-o, --output <format or file>' argument 'pdf'",
      ]
    `);
  });

  it('knows only what should be where nothing is on record, and says so', async () => {
    const { code, out } = await postern(
      '-f',
      'examples/company',
      '--audit-dir',
      join(directory, 'nothing'),
      '-o',
      'json',
    );
    const { rules } = JSON.parse(out) as Read;
    expect(code).toBe(0);
    expect(new Set(rules.map(({ live }) => live.state))).toEqual(new Set(['not known']));
  });
});
