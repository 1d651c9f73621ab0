import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../compose/clock.ts';
import {
  groupWritten,
  membersAdded,
  recordedDay,
  ruleDeleted,
  ruleWritten,
  type RecordedPod,
} from '../testing/recorded-day.ts';
import { runPostern, type Ran } from '../testing/run-postern.ts';

/* `matrix --at` and `diff --at`: who could reach what at a moment, by the record alone. */

const pods: readonly RecordedPod[] = [
  { pod: 'web-1', workload: 'Deployment/web', address: '10.2.3.4' },
  { pod: 'web-2', workload: 'Deployment/web', address: '10.2.3.5' },
  { pod: 'job-1', workload: 'Job/job', address: '10.2.3.6', node: 'n2' },
  {
    namespace: 'kube-system',
    pod: 'proxy-1',
    workload: 'DaemonSet/proxy',
    address: '192.0.2.10',
    node: 'n2',
    hostNetwork: true,
  },
];

const at = (hours: number): string => new Date(Date.parse('2026-11-29T14:00:00Z') + hours * 3_600_000).toISOString();

describe('at a moment on record', () => {
  let directory: string;
  const run = (...argv: readonly string[]): Promise<Ran> => runPostern([...argv, '--audit-dir', directory]);
  const cells = async (hours: number): Promise<{ code: number; cells: readonly string[] }> => {
    const { code, out } = await run('matrix', '--at', at(hours), '-o', 'json');
    const rows = JSON.parse(out) as Record<string, string | number | null>[];
    const text = (row: (typeof rows)[number]) =>
      `${row['workload']} ${row['destination']} ${row['port']} ${row['verdict']} ${row['policy'] ?? '-'}`;
    return { code, cells: rows.map(text) };
  };

  beforeAll(async () => {
    directory = await recordedDay(pods, [
      [1, groupWritten('web', ['10.2.3.4', '10.2.3.5'])],
      [1, groupWritten('node', ['192.0.2.10'])],
      [1, ruleWritten('pay', 'web', { to: ['203.0.113.0/24'] })],
      [1, ruleWritten('no-admin', 'web', { action: 'Deny', to: ['203.0.113.128/25'] })],
      [2, ruleWritten('api', 'web', { to: ['api.example.com'] }, 'pay')],
      [3, ruleWritten('by-node', 'node', { to: ['198.51.100.0/24'] }, 'api')],
      [4, ruleDeleted('pay')],
      [5, ruleDeleted('by-node')],
      [6, membersAdded('web', ['10.2.3.6']), 'open'],
    ]);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('the matrix says what every workload could reach, by the first rule that matched', async () => {
    expect(await cells(1.5)).toEqual({
      code: 0,
      cells: [
        'DaemonSet/proxy 203.0.113.0/24 443 Deny -',
        'DaemonSet/proxy 203.0.113.128/25 443 Deny -',
        'Deployment/web 203.0.113.0/24 443 Deny EgressPolicy/shop/no-admin',
        'Deployment/web 203.0.113.128/25 443 Deny EgressPolicy/shop/no-admin',
        'Job/job 203.0.113.0/24 443 Deny -',
        'Job/job 203.0.113.128/25 443 Deny -',
      ],
    });
    expect((await cells(2.5)).cells).toContain('Deployment/web api.example.com 443 Accept EgressPolicy/shop/api');
    const { out } = await run('matrix', '--at', at(1.5));
    expect(out).toMatch(/shop Deployment\/web +◐ +✗/);
  });

  it('whom a rule for the address of a node was meant for is not known', async () => {
    const { code, cells: found } = await cells(3.5);
    expect(code).toBe(4);
    expect(found.filter((cell) => cell.includes('198.51.100.0/24'))).toEqual([
      'DaemonSet/proxy 198.51.100.0/24 443 Unknown -',
      'Deployment/web 198.51.100.0/24 443 Deny -',
      'Job/job 198.51.100.0/24 443 Unknown -',
    ]);
  });

  it('nor whether a write that was underway had been done, for whom it was about', async () => {
    const { code, cells: found } = await cells(6.5);
    expect(code).toBe(4);
    expect(found).toContain('Deployment/web api.example.com 443 Accept EgressPolicy/shop/api');
    const text = await run('matrix', '--at', at(6.5));
    expect(text.err).toContain('Writes to edge were underway then');
  });

  it('the diff of two moments has what opened and what closed, each once', async () => {
    const { code, out } = await run('diff', '--at', at(1.5), at(2.5), '-o', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      from: at(1.5),
      to: at(2.5),
      doubts: [],
      opened: [
        {
          workload: 'Deployment/web',
          destination: 'api.example.com',
          port: 443,
          policy: 'EgressPolicy/shop/api',
          layers: [{ point: 'edge' }],
        },
      ],
      closed: [],
      moved: [],
      unknown: [],
    });
    const closed = await run('diff', '--at', at(2.5), at(4.5));
    expect(closed.out).toMatch(/Closes \(1\)\n +- +shop\/Deployment\/web +-> +203\.0\.113\.0\/25 443\/TCP/);
    expect(closed.out).not.toContain('203.0.113.128');
    const same = await run('diff', '--at', at(4.1), at(4.2), '-o', 'json');
    expect([same.code, JSON.parse(same.out)]).toMatchObject([0, { opened: [], closed: [] }]);
  });

  it('of one moment and the last on record, since nothing is on record of the moment that is passing', async () => {
    const clock = { ...systemClock, now: () => Date.parse(at(8)) + 14_000 };
    const { code, out } = await runPostern(['diff', '--at', at(4.1), '-o', 'json', '--audit-dir', directory], {
      clock,
    });
    expect(code).toBe(4); // for what was underway at the sixth hour
    const { to, doubts } = JSON.parse(out) as { to: string; doubts: readonly string[] };
    expect([to, doubts]).toEqual([at(8), [expect.stringContaining('Writes to edge were underway')]]);
  });

  it('and what nobody can tell of one of them', async () => {
    const { code, out } = await run('diff', '--at', at(2.5), at(3.5));
    expect(code).toBe(4);
    expect(out).toMatch(/Not known at one of the two moments \(2\)/);
  });

  it.each([
    [['matrix'], 'the intent is missing'],
    [['matrix', '--at', '1h', '-f', '-'], 'leave out -f'],
    [['matrix', '--at', 'yesterday'], 'is no time'],
    [['diff'], 'two sides are missing'],
    [['diff', 'a.yaml'], 'two sides are missing'],
    [['diff', '--at', '1h', '2h'], 'is the earlier one'],
    [['diff', '--at', '3h', '2h', '1h'], 'takes two moments'],
    [['diff', 'a.yaml', 'b.yaml', '--at', '3h'], 'leave out the rest'],
  ])('%j is refused', async (argv, words) => {
    expect(await run(...argv)).toMatchObject({ code: 1, err: expect.stringContaining(words) as string });
  });

  it('where there is no record says so', async () => {
    const { code, err } = await runPostern(['matrix', '--at', '1h', '--audit-dir', '/tmp/postern-nothing-here']);
    expect(code).toBe(4);
    expect(err).toMatch(/There is no record of addresses here.*Nothing is on record/s);
  });

  it('where nothing is known of a moment nobody says that nothing changed, nor asks for files', async () => {
    const nowhere = ['--audit-dir', '/tmp/postern-nothing-here'];
    const compared = await runPostern(['diff', '--at', '2h', '1h', ...nowhere]);
    expect([compared.code, compared.out]).toEqual([
      4,
      expect.stringMatching(/Whether any flow changes is not known\.\n$/),
    ]);
    const asked = await runPostern(['matrix', '--at', '1h', ...nowhere]);
    expect(asked.out).toBe('No workload is on record then.\n');
  });
});
