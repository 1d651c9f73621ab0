import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupWritten, recordedDay, ruleWritten } from '../testing/recorded-day.ts';
import { runPostern, type Ran } from '../testing/run-postern.ts';

/* The records of two clusters, whose pods have the same address, asked at once. */

describe('several clusters', () => {
  let [east, west] = ['', ''];
  const run = (argv: readonly string[], stdin = ''): Promise<Ran> =>
    runPostern([...argv, '--clusters', `east=${east}`, `west=${west}`], { stdin });

  beforeAll(async () => {
    const pod = { pod: 'web-1', workload: 'Deployment/web', address: '10.2.3.4' };
    east = await recordedDay(
      [pod],
      [
        [1, groupWritten('web', ['10.2.3.4'])],
        [1, ruleWritten('pay', 'web', { to: ['203.0.113.0/24'] })],
      ],
    );
    const job = { pod: 'job-1', workload: 'Job/job', address: '10.2.3.9' };
    west = await recordedDay(
      [{ ...pod, workload: 'Deployment/db' }, job],
      [
        [1, groupWritten('db', ['10.2.3.4'])],
        [2, ruleWritten('api', 'db', { to: ['api.example.com', '203.0.113.0/24'] })],
      ],
    );
  });
  afterAll(() => {
    for (const directory of [east, west]) rmSync(directory, { recursive: true });
  });

  it('have one matrix, with a column for each destination once, and each passes its own points', async () => {
    const { code, out } = await run(['matrix', '--at', '2026-11-29T17:00:00Z', '-o', 'json']);
    expect(code).toBe(0);
    const rows = JSON.parse(out) as Record<string, string>[];
    expect(
      rows.map((row) => ['cluster', 'workload', 'destination', 'verdict'].map((key) => row[key]).join(' ')),
    ).toEqual([
      'east Deployment/web 203.0.113.0/24 Accept',
      'east Deployment/web api.example.com Deny',
      'west Deployment/db 203.0.113.0/24 Accept',
      'west Deployment/db api.example.com Accept',
      'west Job/job 203.0.113.0/24 Deny',
      'west Job/job api.example.com Deny',
    ]);
    const table = await run(['matrix', '--at', '2026-11-29T17:00:00Z']);
    expect(table.out).toMatch(/^east shop Deployment\/web +✓ +✗/m);
    const csv = await run(['matrix', '--at', '2026-11-29T17:00:00Z', '-o', 'csv']);
    expect(csv.out).toMatch(/^"?cluster/);
  });

  it('have one diff', async () => {
    const { code, out } = await run(['diff', '--at', '2026-11-29T15:30:00Z', '2026-11-29T17:00:00Z']);
    expect(code).toBe(2);
    expect(out).toMatch(/\+ +west\/shop\/Deployment\/db +-> +api\.example\.com 443\/TCP .* at west\/edge/);
    expect(out).not.toContain('east/shop');
  });

  it('have one report, which tells that their addresses overlap', async () => {
    const { code, out, err } = await run(['report', '--at', '2026-11-29T17:00:00Z', '-o', 'json']);
    expect([code, err]).toEqual([0, '']);
    const { points, problems } = JSON.parse(out) as { points: { name: string }[]; problems: object[] };
    expect(points.map(({ name }) => name)).toEqual(['east/edge', 'west/edge']);
    const message = expect.stringContaining('10.2.3.4') as string;
    expect(problems).toMatchObject([{ code: 'addresses-overlap', message }]);
  });

  it('each say who had an address', async () => {
    const both = await run(['who', '10.2.3.4', '--at', '2026-11-29T17:00:00Z']);
    expect(both.out).toMatch(
      /^east: 10\.2\.3\.4 at .*Deployment\/web.*^west: .*Deployment\/db.*2 clusters had the address/ms,
    );
    const { out } = await run(['who', '10.2.3.9', '--at', '2026-11-29T17:00:00Z', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      address: '10.2.3.9',
      clusters: [
        { cluster: 'east', holders: [] },
        { cluster: 'west', holders: [{ workload: 'Job/job' }] },
      ],
    });
  });

  it('and lines of a log of a firewall that both use', async () => {
    const line = (source: string): string => `date=2026-11-29 time=17:00:00 tz="+0000" srcip=${source}`;
    const { out } = await run(['who', '--log', 'fortios'], [line('10.2.3.4'), line('10.2.3.9')].join('\n'));
    expect(out).toMatch(
      /postern_certainty="several" postern_cluster="east,west" postern_workload="shop\/Deployment\/web,shop\/Deployment\/db"/,
    );
    expect(out).toMatch(/postern_certainty="known" postern_cluster="west" postern_workload="shop\/Job\/job"/);
  });

  it.each([
    [['matrix'], 'give a moment with --at'],
    [['diff', 'a.yaml', 'b.yaml'], 'give two moments with --at'],
    [['report', '--live'], 'leave out --live and -f'],
    [['report', '-o', 'console'], 'is of one cluster'],
    [['who', '10.2.3.4', '-f', '-'], 'leave out one of them'],
    [['matrix', '--at', '1h', '--clusters', 'east'], 'is no NAME=DIR'],
    [['matrix', '--at', '1h', '--clusters', 'east=/a', 'east=/b'], 'is given twice'],
  ])('%j is refused', async (argv, words) => {
    const { code, err } = await run(argv);
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
  });
});
