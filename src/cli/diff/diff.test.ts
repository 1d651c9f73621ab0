import { execFileSync } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../../test/kit/folders.ts';
import { runPostern } from '../testing/run-postern.ts';

const directory = aFolder();
let base = '';
let next = '';

const services = `apiVersion: postern.dev/v1alpha1
kind: ExternalService
metadata: { name: bank }
spec: { domainNames: [api.bank.example], ports: [{ port: 443 }], allNamespaces: true }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, clusterNetworks: [10.0.0.0/8] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: {}
status: { phase: Running, podIPs: [{ ip: 10.0.0.1 }] }
`;
const policy = (to: string): string => `apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec:
  subject: { podSelector: { matchLabels: { app: web } } }
  to: [${to}]
`;
const mail = '{ domainNames: [smtp.example], ports: [{ port: 587 }] }';
const bank = '{ externalService: bank }';

async function world(name: string, policies: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(path);
  await writeFile(join(path, 'services.yaml'), services);
  await writeFile(join(path, 'policies.yaml'), policies);
  return path;
}

const git = (...args: readonly string[]): Buffer =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: directory });

beforeAll(async () => {
  base = await world('base', policy(mail));
  next = await world('next', policy(bank));
});

interface Answer {
  readonly opened: readonly Record<string, unknown>[];
  readonly closed: readonly Record<string, unknown>[];
  readonly moved: readonly unknown[];
  readonly points: readonly Record<string, unknown>[];
  readonly problems: readonly Record<string, unknown>[];
  readonly workloadsFrom: string;
}

async function asJson(before: string, after: string, ...flags: readonly string[]): Promise<[number, Answer]> {
  const { code, out } = await runPostern(['diff', before, after, '-o', 'json', ...flags]);
  return [code, JSON.parse(out) as Answer];
}

describe('postern diff', () => {
  it('prints every flow that opens or closes, by whom and at which layers, and what it takes', async () => {
    const [code, { opened, closed, moved, points, problems, workloadsFrom }] = await asJson(base, next);
    expect([code, moved, problems, workloadsFrom]).toEqual([2, [], [], 'both']);
    const who = { namespace: 'shop', workload: 'Pod/web-1', serviceAccount: 'default' };
    const decided = { verdict: 'Accept', policy: 'EgressPolicy/shop/web', tier: 'Namespace' };
    const denied = { verdict: 'Deny', policy: null, tier: 'Default' };
    const layers = [{ point: 'edge', adapter: 'memory', enforces: 'yes', reason: '' }];
    expect(opened).toEqual([
      {
        ...who,
        ...{ destination: 'bank', port: 443, protocol: 'TCP', targets: ['api.bank.example'] },
        ...{ policy: 'EgressPolicy/shop/web', tier: 'Namespace', before: denied, after: decided, layers },
      },
    ]);
    expect(closed).toMatchObject([
      {
        ...who,
        destination: 'smtp.example',
        port: 587,
        policy: 'EgressPolicy/shop/web',
        before: decided,
        after: denied,
      },
    ]);
    expect(points).toMatchObject([
      { name: 'edge', adapter: 'memory', point: 'kept', settleSeconds: 0, losses: [], guard: [] },
    ]);
    expect([points[0]?.['nativeCalls'], points[0]?.['objects'], points[0]?.['objectsBefore']]).toEqual([1, 4, 4]);
  });

  it('has nothing to say of a world and itself', async () => {
    const { code, out } = await runPostern(['diff', base, base]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^edge \(memory\): nothing to do; .*\nNo flow changes\.\n$/),
    ]);
  });

  it('prints it for people', async () => {
    const { code, out, err } = await runPostern(['diff', base, next]);
    expect([code, err]).toEqual([2, '']);
    expect(out).toContain(
      'Opens (1)\n  + shop/Pod/web-1  ->  bank (api.bank.example) 443/TCP  by EgressPolicy/shop/web  at edge (memory)\n',
    );
    expect(out).toContain('  - shop/Pod/web-1  ->  smtp.example 587/TCP  no longer by EgressPolicy/shop/web  at edge');
    expect(out).toMatch(/\n1 flow opens, 1 closes, 0 change only the policy that decides\.\n$/);
  });

  it.each([
    ['any', 2],
    ['opened', 0],
    ['closed', 2],
    ['none', 0],
  ])('ends as is asked for: --fail-on %s', async (failOn, expected) => {
    const nothing = await world(`nothing-${failOn}`, '# none\n');
    expect((await runPostern(['diff', base, nothing, '--fail-on', failOn])).code).toBe(expected);
  });

  it('tells of a broken manifest in the middle, and compares the rest', async () => {
    const broken = await world('broken', `${policy(bank)}---\nkind: [\n---\n${policy(mail).replace('web,', 'more,')}`);
    const [code, { opened, closed, problems }] = await asJson(base, broken);
    expect([code, opened.length, closed.length]).toEqual([1, 1, 0]);
    expect(problems).toMatchObject([
      { code: 'invalid-yaml', subject: expect.stringMatching(/policies\.yaml:\d+$/) as string },
    ]);
    const { out } = await runPostern(['diff', base, broken, '-o', 'markdown']);
    expect(out).toMatch(/- \*\*error\*\* .*policies\.yaml:\d+: this is not valid YAML/);
  });

  it('compares nothing with a path that cannot be read', async () => {
    const { code, out, err } = await runPostern(['diff', 'nowhere', base]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe('postern: nowhere: it cannot be read: there is no such file or directory; check the path\n');
  });

  it('gives each thing that a point cannot say a line of its own in Markdown', async () => {
    const { out } = await runPostern(['diff', 'examples/first-steps', 'examples/company', '-o', 'markdown']);
    expect(out).toMatch(/flows there are not accepted\.<br>approximate: The FortiGate learns .*\. \|$/m);
  });

  it('takes workloads that are kept elsewhere', async () => {
    const [a, b] = [join(base, 'policies.yaml'), join(next, 'policies.yaml')];
    const [, alone] = await asJson(a, b);
    expect([alone.workloadsFrom, alone.closed[0]?.['workload']]).toEqual(['policies', 'pods app=web']);
    const [code, together] = await asJson(a, b, '--with', join(base, 'services.yaml'));
    expect([code, together.workloadsFrom, together.closed[0]?.['workload']]).toEqual([2, 'both', 'Pod/web-1']);
  });

  it('writes Markdown in which no name means anything, and nobody is mentioned', async () => {
    const odd = await world('odd', policy('{ domainNames: ["*.every_body.example"], allPorts: true }'));
    await writeFile(join(odd, '<b>@team|`x`.yaml'), 'kind: [\n');
    const { out } = await runPostern(['diff', base, odd, '-o', 'markdown']);
    expect(out).toMatch(/^### Postern: 1 flow opens, 1 closes/);
    expect(out).not.toMatch(/<b>|@team|`/);
    expect(out).toContain('| shop/Pod/web-1 | smtp.example 587/TCP |');
  });

  it('writes SARIF that points at the policy', async () => {
    const { code, out } = await runPostern(['diff', base, next, '-o', 'sarif', '--fail-on', 'none']);
    const { runs, version } = JSON.parse(out) as { version: string; runs: { results: Record<string, unknown>[] }[] };
    expect([code, version, runs[0]?.results.map(({ ruleId, level }) => [ruleId, level])]).toEqual([
      0,
      '2.1.0',
      [
        ['flow-opened', 'warning'],
        ['flow-closed', 'note'],
      ],
    ]);
    expect(runs[0]?.results[0]?.['locations']).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: join(next, 'policies.yaml') },
          region: { startLine: 1 },
        },
      },
    ]);
  });
});

describe('postern diff of a git revision', () => {
  beforeAll(() => {
    git('init', '-q');
    git('add', 'base');
    git('commit', '-q', '-m', 'base');
  });

  it('reads the path as it was, and writes nothing', async () => {
    await writeFile(join(base, 'policies.yaml'), policy(bank));
    const [code, { opened, closed }] = await asJson('git:HEAD', base);
    await writeFile(join(base, 'policies.yaml'), policy(mail));
    expect([code, opened.map((flow) => flow['destination']), closed.map((flow) => flow['destination'])]).toEqual([
      2,
      ['bank'],
      ['smtp.example'],
    ]);
    expect((await asJson(`git:HEAD:${base}`, base))[0]).toBe(0);
    expect(git('status', '--porcelain', '--', 'base').toString()).toBe('');
  });

  it('takes a directory that was not there then for an empty one', async () => {
    const [code, { opened, points }] = await asJson('git:HEAD', next);
    expect([code, opened.length, points[0]?.['point']]).toEqual([2, 1, 'added']);
  });

  it.each(['nowhere', '--upload-pack=x', '$(touch x)'])('says that there is no revision %s', async (name) => {
    const { code, err } = await runPostern(['diff', `git:${name}`, base]);
    expect([code, err]).toEqual([1, expect.stringContaining(`git knows no revision "${name}" here`)]);
  });

  it('says that this is no repository', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'postern-outside-'));
    await writeFile(join(outside, 'a.yaml'), policy(mail));
    const { code, err } = await runPostern(['diff', 'git:HEAD', outside]);
    await rm(outside, { recursive: true });
    expect([code, err]).toEqual([1, expect.stringMatching(/not a git repository/)]);
  });
});
