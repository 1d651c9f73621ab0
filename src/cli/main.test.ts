import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../../test/kit/folders.ts';
import { parse } from 'yaml';
import { runPostern, type Ran } from './testing/run-postern.ts';

const seed = 'examples/two-applications-three-services';
const noMetadataService = `
apiVersion: postern.dev/v1alpha1
kind: ClusterEgressPolicy
metadata: { name: no-metadata-service }
spec:
  tier: Admin
  priority: 1
  subject: { allNamespaces: true, allPods: true }
  governance: { owner: security, justification: its credentials are for nodes }
  egress: [{ action: Deny, to: [{ networks: [169.254.169.254/32] }] }]
`;
const threeScopes = 'examples/cluster-namespace-workload';

async function postern(argv: readonly string[], stdin = ''): Promise<Ran> {
  return runPostern(argv, { stdin, environment: { auditDir: join(directory, 'audit') } });
}

const directory = aFolder();

async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

const point = (spec: string): string =>
  `apiVersion: postern.dev/v1alpha1\nkind: EnforcementPoint\nmetadata: { name: edge }\nspec: ${spec}\n`;
const policy = `apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop }
spec: {}
status: { phase: Running, podIPs: [{ ip: 10.0.0.1 }] }
`;

describe('postern matrix', () => {
  it('prints who may reach what as JSON', async () => {
    const { code, out, err } = await postern(['matrix', '-f', seed, '-o', 'json']);
    const entries = JSON.parse(out) as Record<string, unknown>[];
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(entries[0]).toEqual({
      namespace: 'test-app',
      workload: 'Deployment/app-a',
      serviceAccount: 'app-a',
      destination: 'github',
      port: 443,
      protocol: 'TCP',
      verdict: 'Accept',
      policy: 'EgressPolicy/test-app/app-a',
      tier: 'Namespace',
    });
  });

  it('prints a table, CSV and a page for people', async () => {
    const [text, csv, html] = await Promise.all(
      ['text', 'csv', 'html'].map((format) => postern(['matrix', '-f', seed, '-o', format])),
    );
    expect(text?.out).toMatch(/^ +github .*\n.*443\/TCP/);
    expect(csv?.out).toMatch(/^namespace,workload,serviceAccount,destination,port,protocol,verdict,policy,tier\r\n/);
    expect(html?.out).toMatch(/^<!doctype html>/);
  });

  it('is one table when it is asked for wide, and the same list as YAML', async () => {
    const many = Array.from({ length: 20 }, (_, at) => `{ networks: [203.0.113.${at}/32], ports: [{ port: 443 }] }`);
    const path = await file('many.yaml', policy.replace(/to: \[.*\]/, `to: [${many.join(', ')}]`));
    const tables = async (...argv: string[]): Promise<number> =>
      ((await postern(['matrix', '-f', path, ...argv])).out.match(/^shop Pod\/web-1/gm) ?? []).length;
    expect([await tables(), await tables('-o', 'wide')]).toEqual([4, 1]);
    const [asYaml, asJson] = await Promise.all(
      ['yaml', 'json'].map((format) => postern(['matrix', '-f', seed, '-o', format])),
    );
    expect(parse(asYaml?.out ?? '')).toEqual(JSON.parse(asJson?.out ?? ''));
  });

  it('reads standard input', async () => {
    const { code, out } = await postern(['matrix', '-f', '-', '-o', 'json'], policy);
    expect([code, (JSON.parse(out) as unknown[]).length]).toEqual([0, 1]);
  });

  it('keeps the output JSON when something is wrong, says so beside it, and fails', async () => {
    const bad = await file('bad.yaml', `${policy}---\na: [\n`);
    const { code, out, err } = await postern(['matrix', '-f', bad, '-o', 'json']);
    expect([code, (JSON.parse(out) as unknown[]).length]).toEqual([1, 1]);
    expect(err).toBe(
      `error: ${bad}:13: this is not valid YAML or JSON: unexpected end of the stream within a flow collection\n`,
    );
  });
});

describe('postern plan', () => {
  const memory = `${policy}---\n${point('{ adapter: memory, clusterNetworks: [10.0.0.0/8] }')}`;

  it('prints what would be done as JSON, and that there is something to do', async () => {
    const { code, out } = await postern(['plan', '-f', await file('memory.yaml', memory), '-o', 'json']);
    const { points, problems } = JSON.parse(out) as { points: Record<string, unknown>[]; problems: unknown[] };
    expect({ code, problems }).toEqual({ code: 2, problems: [] });
    const device = {
      ...{ groupsAs: ['source'], emptyGroup: 'nothing', memberUpdates: 'delta' },
      ...{ lock: 'none', serialised: 'object', settleSeconds: 0 },
    };
    const assumed = [
      { name: 'version', value: '', from: 'kind' },
      { name: 'maxMembersPerGroup', value: 'no limit', from: 'kind' },
      { name: 'domainNames', value: 'wildcard', from: 'kind' },
      { name: 'transactions', value: 'true', from: 'kind' },
    ];
    expect(points.map(({ changes: _, ...rest }) => rest)).toEqual([
      { name: 'edge', adapter: 'memory', device, assumed, nativeCalls: 1, losses: [], guard: [] },
    ]);
    const changes = points.flatMap((planned) => planned['changes']) as Record<string, unknown>[];
    expect(new Set(changes.map(({ op, kind, phase }) => `${String(op)} ${String(kind)} ${String(phase)}`))).toEqual(
      new Set(['create group grow', 'create rule grow', 'create rule wire']),
    );
    expect(changes.find(({ kind }) => kind === 'group')).toMatchObject({ op: 'create', phase: 'grow', after: {} });
    expect(changes.filter(({ kind }) => kind === 'rule')).toContainEqual(
      expect.objectContaining({
        title: expect.stringMatching(/^Accept .* -> /) as string,
        after: expect.objectContaining({ action: 'Accept' }) as object,
      }),
    );
  });

  it('prints it for people, with the number of native calls', async () => {
    const { code, out } = await postern(['plan', '-f', await file('memory.yaml', memory)]);
    expect(code).toBe(2);
    expect(out).toMatch(/^edge \(memory, as if it were empty; --live reads the real one\)\n {2}grow: /);
    expect(out).toMatch(/\n\d+ to add, 0 to change, 0 to remove, in 1 native call\n/);
  });

  it('says who else gains the same access where a device cannot tell pods apart', async () => {
    const neighbour = 'apiVersion: v1\nkind: Pod\nmetadata: { name: other, namespace: lab }\nspec: {}\n';
    const spec = '{ adapter: memory, vantage: { type: Static, networks: [192.0.2.7/32] } }';
    const path = await file('static.yaml', `${policy}---\n${neighbour}---\n${point(spec)}`);
    const { out } = await postern(['plan', '-f', path, '-o', 'json']);
    const { points } = JSON.parse(out) as { points: { losses: { code: string; message: string }[] }[] };
    expect(points[0]?.losses.map(({ code, message }) => [code, message.includes('lab/Pod/other')])).toEqual([
      ['over-grant', true],
    ]);
  });

  it('says whom no network policy binds', async () => {
    const agent = 'apiVersion: v1\nkind: Pod\nmetadata: { name: agent, namespace: lab }\nspec: { hostNetwork: true }\n';
    const spec = '{ adapter: network-policy, vantage: { type: Labels } }';
    const path = await file('labels.yaml', `${policy}---\n${agent}---\n${point(spec)}`);
    const { out } = await postern(['plan', '-f', path, '-o', 'json']);
    const { points } = JSON.parse(out) as { points: { losses: { code: string; message: string }[] }[] };
    const found = points[0]?.losses.filter(({ code }) => code === 'host-network') ?? [];
    expect(found.map(({ message }) => message.includes('lab/Pod/agent'))).toEqual([true]);
  });

  it('says the same as YAML', async () => {
    const [asYaml, asJson] = await Promise.all(
      ['yaml', 'json'].map((format) => postern(['plan', '-f', seed, '-o', format])),
    );
    expect([asYaml?.code, parse(asYaml?.out ?? '')]).toEqual([2, JSON.parse(asJson?.out ?? '')]);
  });

  it('has nothing to do where there is no enforcement point, and says why', async () => {
    const { code, out, err } = await postern(['plan', '-f', await file('none.yaml', policy)]);
    expect([code, out]).toEqual([0, '']);
    expect(err).toMatch(/^warning: EnforcementPoint: there is none in these files/);
  });

  it('reads a device that is asked for live, and does not write to it', async () => {
    const { code, out } = await postern(['plan', '--live', '-f', await file('memory.yaml', memory), '-o', 'json']);
    expect([code, (JSON.parse(out) as { points: unknown[] }).points.length]).toEqual([2, 1]);
  });

  it.each<[string, string, string[], string]>([
    ['an unknown adapter', '{ adapter: nokia }', [], 'unknown-adapter'],
    ['a config that the adapter refuses', '{ adapter: memory, config: { colour: red } }', [], 'invalid'],
    ['a secret that is not there', '{ adapter: memory, secretRef: { name: none } }', ['--live'], 'auth'],
  ])('fails for %s', async (_, spec, flags, expected) => {
    const path = await file('wrong.yaml', `${policy}---\n${point(spec)}`);
    const { code, out } = await postern(['plan', ...flags, '-f', path, '-o', 'json']);
    const { points, problems } = JSON.parse(out) as { points: unknown[]; problems: Record<string, string>[] };
    const errors = problems
      .filter(({ severity }) => severity === 'error')
      .map(({ subject, code: id }) => [subject, id]);
    expect({ code, points, errors }).toEqual({ code: 1, points: [], errors: [['EnforcementPoint/edge', expected]] });
  });

  it('names the points there are when it is asked for another', async () => {
    const path = await file('memory.yaml', memory);
    expect(await postern(['plan', '-f', path, '--point', 'core'])).toEqual({
      code: 1,
      out: '',
      err: 'postern: there is no EnforcementPoint "core"; there are: edge\n',
    });
  });
});

describe('postern run --manifests --once', () => {
  it.each<[string, string, number, RegExp]>([
    [
      'a device that is as desired then',
      '{ adapter: memory, mode: Enforce }',
      0,
      / edge: programmed, 1 rule, 1 group\n$/,
    ],
    ['something left undone in mode Observe', '{ adapter: memory }', 2, / edge: planned, 1 rule, 1 group\n$/],
    [
      'a credential that is not there',
      '{ adapter: memory, secretRef: { name: none } }',
      1,
      /there is no Secret "none"/,
    ],
    [
      'a config that the adapter refuses',
      '{ adapter: memory, config: { colour: red } }',
      1,
      /spec\.config\.colour: unknown field/,
    ],
    ['an unknown adapter', '{ adapter: nokia }', 1, /there is no adapter "nokia"/],
  ])('ends with %s', async (_, spec, expected, said) => {
    const path = await mkdtemp(join(directory, 'once-'));
    await writeFile(join(path, 'all.yaml'), `${policy}---\n${point(spec)}`);
    const { code, out } = await postern(['run', '--manifests', path, '--once']);
    expect(code).toBe(expected);
    expect(out).toMatch(said);
  });

  it('fails where a file cannot be read, and changes nothing: what it denies is not known', async () => {
    const path = await mkdtemp(join(directory, 'once-'));
    await writeFile(join(path, 'all.yaml'), `${policy}---\n${point('{ adapter: memory, mode: Enforce }')}`);
    await writeFile(join(path, 'bad.yaml'), 'a: [\n');
    const { code, out } = await postern(['run', '--manifests', path, '--once']);
    expect(code).toBe(1);
    expect(out).toMatch(
      / {3}error: .*bad.yaml:2: .*\n.* edge: held: .* cannot read some object; .*\n.* edge: held, 1 rule, 1 group\n$/s,
    );
  });

  it('fails where a policy cannot be read, and does what is of other namespaces', async () => {
    const path = await mkdtemp(join(directory, 'once-'));
    const theirs = policy.replaceAll('namespace: shop', 'namespace: bank').replace('10.0.0.1', '10.0.0.2');
    const broken = policy.split('---')[0]?.replace('name: web', 'name: broken').replace('spec: {', 'spec: { new: 1,');
    const edge = point('{ adapter: memory, mode: Enforce }');
    await writeFile(join(path, 'all.yaml'), [policy, theirs, broken, edge].join('---\n'));
    const { code, out } = await postern(['run', '--manifests', path, '--once']);
    expect(code).toBe(1);
    expect(out).toContain('held: EgressPolicy/shop/broken cannot be read');
    expect(out).toMatch(/ edge: held, 2 rules, 2 groups\n$/);
  });

  it('fails where there is no such directory', async () => {
    expect((await postern(['run', '--manifests', join(directory, 'none'), '--once'])).code).toBe(1);
  });
});

describe('postern lint', () => {
  it('fails for what does not count, object by object', async () => {
    const { code, out } = await postern(['lint', '-f', threeScopes]);
    expect(code).toBe(1);
    expect(out).toMatch(/^EgressPolicy\/lab\/curious\n {2}error {4}spec.to\[0\]: .* \[service-not-allowed\]\n/);
    expect(out).toMatch(/\n\n1 error, 0 warnings, 0 notes\n$/);
  });

  it.each([
    ['an unknown adapter', '{ adapter: nokia }', [['spec.adapter', 'unknown-adapter']]],
    [
      'a config that the adapter refuses',
      '{ adapter: memory, config: { colour: red } }',
      [['spec.config.colour', 'invalid']],
    ],
    [
      'a vantage that the adapter cannot work with',
      '{ adapter: network-policy, vantage: { type: Pod } }',
      [['spec.vantage.type', 'invalid']],
    ],
  ])('says, as plan does, what does not count of %s', async (_, spec, expected) => {
    const path = await file('point.yaml', `${policy}---\n${point(spec)}`);
    for (const command of ['lint', 'plan']) {
      const { code, out } = await postern([command, '-f', path, '-o', 'json']);
      const { problems } = JSON.parse(out) as { problems: Record<string, string>[] };
      const errors = problems.filter(({ severity }) => severity === 'error');
      expect({ code, errors: errors.map(({ field, code: id }) => [field, id]) }).toEqual({ code: 1, errors: expected });
    }
  });

  it('is content with what is in order', async () => {
    const limits = await file('limits.yaml', noMetadataService);
    const answer = await postern(['lint', '-f', seed, '-f', limits]);
    expect(answer).toEqual({ code: 0, out: 'Nothing to complain about.\n', err: '' });
  });

  it('counts in JSON', async () => {
    const { code, out } = await postern(['lint', '-f', await file('policy.yaml', policy), '-o', 'json']);
    const { problems, counts } = JSON.parse(out) as { problems: Record<string, string>[]; counts: unknown };
    expect({ code, counts, codes: problems.map((problem) => problem['code']) }).toEqual({
      code: 0,
      counts: { error: 0, warning: 1, info: 2 },
      codes: ['no-owner', 'no-enforcement-point', 'no-justification'],
    });
  });
});

describe('the command line', () => {
  it.each<[string, string[], RegExp]>([
    ['a command that is not there', ['frobnicate'], /unknown command 'frobnicate'/],
    ['a flag that is not there', ['matrix', '-f', seed, '--colour'], /unknown option '--colour'/],
    ['a flag that is missing', ['render'], /required option '-f, --filename <path...>' not specified/],
    [
      'a world that is missing',
      ['matrix'],
      /^postern: the intent is missing: give files with -f, or a moment on record with --at\n$/,
    ],
    ['a format that is not there', ['plan', '-f', seed, '-o', 'xml'], /Allowed choices are text, json/],
    ...['lint', 'plan', 'matrix', 'report', 'verify', 'who 10.2.3.4'].map((command): [string, string[], RegExp] => [
      `a path that is not there, to ${command}, and nothing else`,
      [...command.split(' '), '-f', 'nowhere'],
      /^postern: nowhere: it cannot be read: there is no such file or directory; check the path\n$/,
    ]),
    [
      'a version that no simulator behaves like',
      ['simulate', 'fortigate', '--version', '1.0'],
      /^postern: FortiOS 1.0 is not simulated; known: 6.4, .*\n$/,
    ],
    [
      'a cluster that would break out of a name on a device',
      ['plan', '-f', seed, '--cluster', 'a"\nb'],
      /^postern: a cluster is named by 1 to 20 lower-case letters, .*\n.*correct --cluster or POSTERN_CLUSTER\n$/,
    ],
    [
      'a simulator that is not there',
      ['simulate', 'nokia'],
      /there is no simulator "nokia"; choose one of: aws-network-firewall, azure-firewall, /,
    ],
  ])('explains %s', async (_, argv, expected) => {
    const { code, out, err } = await postern(argv);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(expected);
  });

  it.each([
    [
      'a kubeconfig that is missing',
      ['status', '--kubeconfig', '/nowhere/config'],
      /cannot read the kubeconfig \/nowhere\/config \(ENOENT\)$/,
    ],
    [
      'a context that is missing',
      ['status', '--context', 'staging'],
      /the kubeconfig has no context "staging"; it has: local$/,
    ],
    [
      'an API server that does not listen',
      ['drift', '--cluster', 'a'],
      /the cluster cannot be read: GET \/version at 127\.0\.0\.1:1: ECONNREFUSED, .*nothing listens there: check the address, and whether the server is up$/,
    ],
    [
      'an address of Redis that is none',
      ['worker', '--redis', 'here', '--cluster', 'a'],
      /The address of Redis cannot be read/,
    ],
    [
      'a file that cannot be written',
      ['report', '-f', seed, '-o', '/nowhere/report.html'],
      /open '\/nowhere\/report.html'$/,
    ],
  ])('explains %s in one line, without a stack', async (_, argv, expected) => {
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, localKubeconfig);
    const ofCluster = argv[0] === 'status' || argv[0] === 'drift';
    const { code, err } = await postern(
      ofCluster && !argv.includes('--kubeconfig') ? [...argv, '--kubeconfig', kubeconfig] : argv,
    );
    const lines = err.split('\n').filter((line) => /^(postern: |    at )/.test(line));
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(expected)]);
  });

  it('lists its commands', async () => {
    const { code, out } = await postern(['--help']);
    expect(code).toBe(0);
    for (const command of ['matrix', 'plan', 'lint', 'run', 'demo', 'simulate'])
      expect(out).toContain(`\n  ${command} `);
  });

  it('does not take the version of a simulator for its own', async () => {
    const { err } = await postern(['simulate', 'nokia', '--version', '7.4']);
    expect(err).toMatch(/there is no simulator/);
  });
});

/** A cluster that nobody is at home in. */
const localKubeconfig = `
apiVersion: v1
kind: Config
clusters: [{ name: local, cluster: { server: 'https://127.0.0.1:1' } }]
users: [{ name: me, user: { token: t } }]
contexts: [{ name: local, context: { cluster: local, user: me } }]
current-context: local
`;
