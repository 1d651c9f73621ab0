import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aFolderOfTest } from '../../../test/kit/folders.ts';
import { aNamespace, aPod, aServiceAccount } from '../../../test/kit/builders.ts';
import { readManifests } from './read-files.ts';
import { secretNamed } from '../kinds/secret.ts';

let directory = '';
beforeEach(() => (directory = aFolderOfTest()));

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  return directory;
}

type Cluster = Awaited<ReturnType<typeof readManifests>>;

/** Reads files as one directory; paths in what comes back are relative to it. */
async function read(files: Readonly<Record<string, string | Uint8Array>>): Promise<Cluster> {
  return relative(await readManifests([await write(files)], nothing));
}

function relative(cluster: Cluster): Cluster {
  const shorten = (text: string): string => text.replaceAll(`${directory}/`, '');
  const problems = cluster.problems.map((problem) => {
    return { ...problem, subject: shorten(problem.subject), message: shorten(problem.message) };
  });
  return { ...cluster, problems };
}

const nothing = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array());
const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;
const service = (name: string, spec = 'domainNames: [example.com]'): string =>
  `apiVersion: postern.dev/v1alpha1\nkind: ExternalService\nmetadata: { name: ${name} }\nspec:\n  ${spec}\n`;
const names = ({ snapshot }: Cluster): readonly string[] => snapshot.namespaces.map(({ name }) => name);
const messages = ({ problems }: Cluster): readonly string[] =>
  problems.map(({ severity, subject, code, message }) => `${severity} ${subject} ${code}: ${message}`);

describe('reading manifests', () => {
  it('reduces the objects of Kubernetes to their views', async () => {
    const { snapshot, problems } = await read({
      'all.yaml': [
        namespace('shop'),
        'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: web, namespace: shop }\n',
        `apiVersion: v1
kind: Node
metadata: { name: node-1, labels: { zone: a } }
status: { addresses: [{ type: InternalIP, address: 192.0.2.1 }, { type: Hostname, address: node-1 }] }
`,
        `apiVersion: v1
kind: Pod
metadata:
  name: web-1
  namespace: shop
  uid: u1
  labels: { app: web }
  creationTimestamp: 2026-01-01T00:00:00Z
  ownerReferences: [{ kind: Other, name: x }, { kind: ReplicaSet, name: web-5d, controller: true }]
spec: { serviceAccountName: web, nodeName: node-1 }
status: { phase: Running, podIP: 10.0.0.1, podIPs: [{ ip: 10.0.0.1 }, { ip: '2001:DB8::1' }] }
`,
      ].join('---\n'),
    });
    expect(problems).toEqual([]);
    expect(snapshot).toEqual({
      namespaces: [aNamespace('shop')],
      serviceAccounts: [aServiceAccount({ namespace: 'shop', name: 'web' })],
      nodes: [{ name: 'node-1', labels: { zone: 'a' }, addresses: ['192.0.2.1'] }],
      pods: [
        aPod({
          uid: 'u1',
          namespace: 'shop',
          name: 'web-1',
          labels: { app: 'web' },
          serviceAccount: 'web',
          addresses: ['10.0.0.1', '2001:db8::1'],
          workload: 'ReplicaSet/web-5d',
        }),
      ],
      externalServices: [],
      egressPolicies: [],
      clusterEgressPolicies: [],
      enforcementPoints: [],
    });
  });

  it('reads files in order, each once, and leaves out what is hidden or of another kind', async () => {
    const path = await write({
      'b.yml': namespace('b'),
      'a/c.json': JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'c' } }),
      'a.txt': namespace('no'),
      '.git/d.yaml': namespace('no'),
    });
    await symlink(join(path, 'b.yml'), join(path, 'again'));
    expect(names(await readManifests([path, join(path, 'b.yml')], nothing))).toEqual(['c', 'b']);
  });

  it('reads standard input, with a byte order mark or without', async () => {
    const cluster = await readManifests(['-'], () => Promise.resolve(Buffer.from(`\ufeff${namespace('schön')}`)));
    expect([names(cluster), cluster.problems]).toEqual([['schön'], []]);
  });

  it('takes Lists apart, those of one kind and Lists of Lists too', async () => {
    const item = (name: string) => ({ metadata: { name } });
    const cluster = await read({
      'a.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [{ apiVersion: 'v1', kind: 'NamespaceList', items: [item('a'), item('b')] }],
      }),
    });
    expect([names(cluster), cluster.problems]).toEqual([['a', 'b'], []]);
  });

  it('assumes that a namespace exists which objects are in', async () => {
    const cluster = await read({
      'a.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: lab }\nspec: {}\n',
    });
    expect(cluster.snapshot.namespaces).toEqual([aNamespace('lab')]);
  });

  it('leaves other kinds alone, whatever is in them', async () => {
    const cluster = await read({
      'a.yaml': 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: 5\n',
    });
    expect(cluster.problems).toEqual([]);
  });

  it('keeps merge keys, times as texts, and documents behind every kind of marker', async () => {
    const cluster = await read({
      'a.yaml': `%YAML 1.2
---
# nothing
--- # a
base: &base { apiVersion: v1, kind: Namespace }
<<: *base
metadata: { name: a }
...
---
text: |
  inner
apiVersion: v1
kind: Namespace
metadata: { name: b }
---
`,
    });
    expect([names(cluster), cluster.problems]).toEqual([['a', 'b'], []]);
  });
});

describe('what is wrong in manifests', () => {
  it.each<[string, Record<string, string | Uint8Array>, string[]]>([
    [
      'a document that is no YAML costs only itself, and is named with its line',
      { 'a.yaml': `${namespace('a')}---\n# comment\na: [\n---\n${namespace('b')}` },
      [
        'error a.yaml:7 invalid-yaml: this is not valid YAML or JSON: unexpected end of the stream within a flow collection',
      ],
    ],
    [
      'a field of ours is named with its line',
      {
        'a.yaml': `${namespace('a')}---\n${service('x', 'domainNames: [a.test]\n  protocols: [TCP]')}`,
        'b.yaml': namespace('b'),
      },
      [expect.stringMatching(/^error ExternalService\/x unknown-field: .*domainNames.* \(a.yaml:10\)$/) as string],
    ],
    [
      'a field in a List too',
      {
        'a.yaml': `${namespace('a')}---\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Pod\n    metadata: { name: p }\n    spec:\n      hostNetwork: 1\n`,
        'b.yaml': namespace('b'),
      },
      ['error Pod/p malformed-object: Invalid value: 1: must be of type boolean (a.yaml:11)'],
    ],
    [
      'an address that is none is a fault of the pod',
      {
        'a.yaml': `${namespace('a')}---\n${namespace('b')}---\napiVersion: v1\nkind: Pod\nmetadata: { name: p, namespace: a }\nspec: {}\nstatus:\n  podIPs:\n    - ip: 10.0.0.999\n`,
      },
      ['error Pod/a/p malformed-object: Invalid value: "10.0.0.999": must be an IPv4 or IPv6 address (a.yaml:15)'],
    ],
    [
      'an unknown kind of our group is an error',
      {
        'a.yaml': `apiVersion: postern.dev/v1alpha1\nkind: EgressPolice\nmetadata: { name: x }\n---\n${namespace('a')}---\n${namespace('b')}`,
      },
      [
        'error EgressPolice/x unknown-kind: there is no kind EgressPolice in postern.dev; did you mean EgressPolicy? The kinds are ExternalService, EgressPolicy, ClusterEgressPolicy, EnforcementPoint, EgressDelegation, EgressApproval (a.yaml:2)',
      ],
    ],
    [
      'two objects of one name are named with both places',
      { 'a.yaml': `${namespace('a')}---\n${namespace('b')}`, 'b.yaml': `\n\n${namespace('a')}` },
      ['error Namespace/a duplicate-object: b.yaml:5 defines it again; a.yaml:3 counts: remove one of them'],
    ],
    ...(
      [
        ['v1', 'ConfigMap', 'namespace: istio-system, ', 'ConfigMap/istio-system/x'],
        ['policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', '', 'AdminNetworkPolicy/x'],
      ] as const
    ).map(([apiVersion, kind, home, subject]): [string, Record<string, string>, string[]] => {
      const other = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { ${home}name: x }\n`;
      return [
        `two objects of others of one name are called as people call them: ${subject}`,
        { 'a.yaml': `${namespace('a')}---\n${namespace('b')}---\n${other}---\n${other}` },
        [expect.stringMatching(`^error ${subject} duplicate-object: `) as string],
      ];
    }),
    [
      'what is no object is told from what is a bare list',
      { 'a.yaml': `${namespace('a')}---\n${namespace('b')}---\nhello\n---\n- 1\n` },
      [
        'error a.yaml:9 not-an-object: this is not a Kubernetes object: it needs apiVersion and kind',
        'error a.yaml:11 not-an-object: this is a bare list: wrap it in { apiVersion: v1, kind: List, items: [...] }',
      ],
    ],
    [
      'a key that stands twice in an object of JSON is refused, however it is written, and costs only its value',
      {
        'a.json': [
          '{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "a" } }',
          '{ "apiVersion": "v1", "kind": "Namespace",',
          '  "metadata": { "name": "x", "labels": { "tier": "a", "name": "a" },',
          '    "n\\u0061me": "y" } }',
          '{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "b" } }',
        ].join('\n'),
      },
      [
        'error a.json:4 invalid-yaml: this is not valid YAML or JSON: duplicated mapping key "name"; kubectl would take the last one',
      ],
    ],
    [
      'bytes that are no UTF-8 are refused',
      { 'a.yaml': `${namespace('a')}---\n${namespace('b')}`, 'b.yaml': Uint8Array.of(0x61, 0xff, 0xfe) },
      ['error b.yaml not-utf8: this file is not UTF-8 text: convert it'],
    ],
    [
      'aliases that expand to a million values are refused',
      {
        'a.yaml': `${namespace('a')}---\n${namespace('b')}`,
        'b.yaml': `a: &a [1,1,1,1,1,1,1,1,1,1]\n${'bcdefghi'.replace(
          /./g,
          (next) =>
            `${next}: &${next} [${Array(10)
              .fill(`*${String.fromCharCode(next.charCodeAt(0) - 1)}`)
              .join(',')}]\n`,
        )}`,
      },
      [
        'error b.yaml:1 invalid-yaml: this is not valid YAML or JSON: its aliases expand to more than 1000000 values, or contain themselves; write them out',
      ],
    ],
    [
      'so are aliases that contain themselves',
      { 'a.yaml': `${namespace('a')}---\n${namespace('b')}`, 'b.yaml': 'a: &a [*a]\n' },
      [
        'error b.yaml:1 invalid-yaml: this is not valid YAML or JSON: its aliases expand to more than 1000000 values, or contain themselves; write them out',
      ],
    ],
    [
      'and nesting without end',
      { 'a.yaml': `${namespace('a')}---\n${namespace('b')}`, 'b.yaml': '['.repeat(200_000) },
      [expect.stringMatching(/^error b.yaml:1 invalid-yaml: /) as string],
    ],
  ])('%s', async (_, files, expected) => {
    const cluster = await read(files);
    expect(messages(cluster)).toEqual(expected);
    expect(names(cluster)).toEqual(['a', 'b']);
  });

  it('a path that is not there is named, and an empty directory too', async () => {
    const cluster = relative(await readManifests([join(directory, 'none.yaml'), directory], nothing));
    expect(messages(cluster)).toEqual([
      'error none.yaml unreadable-file: it cannot be read: there is no such file or directory; check the path',
      `warning ${directory} no-manifests: there is no .yaml, .yml or .json file in this directory: name another`,
    ]);
  });

  it('10 MB of JSON is read', async () => {
    const items = Array.from({ length: 20_000 }, (_, i) => {
      const metadata = { name: `p-${i}`, namespace: 'a', annotations: { filler: 'x'.repeat(400) } };
      return { apiVersion: 'v1', kind: 'Pod', metadata, spec: {}, status: { phase: 'Running' } };
    });
    const { snapshot } = await read({ 'a.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
    expect(snapshot.pods.length).toBe(20_000);
  });
});

describe('secrets in manifests', () => {
  const secret = `apiVersion: v1
kind: Secret
metadata: { name: edge, namespace: postern-system }
data: { token: c2VjcmV0 }
stringData: { username: admin }
`;

  it('are decoded, and found by name in the namespace', async () => {
    const { secrets } = await read({ 'a.yaml': secret });
    expect(secretNamed(secrets, 'edge', 'postern-system')).toEqual({ token: 'secret', username: 'admin' });
    expect(secretNamed(secrets, 'edge', 'shop')).toBeUndefined();
  });

  it('are in no message, whatever is wrong with them', async () => {
    const cluster = await read({ 'a.yaml': secret.replace('c2VjcmV0', '[c2VjcmV0]') });
    expect(messages(cluster)).toEqual([
      'error Secret/postern-system/edge malformed-object: must be a text; its value is not shown (a.yaml:4)',
    ]);
  });
});

describe('input as people have it', () => {
  const job = (name: string): string =>
    `apiVersion: batch/v1\nkind: Job\nmetadata: { ${name}, namespace: shop }\nspec: { template: { metadata: { labels: { app: web } }, spec: {} } }\n`;

  it('has objects that the API server is to name', async () => {
    const { snapshot, problems } = await read({
      'a.yaml': `${job('generateName: migrate-')}---\n${job('generateName: migrate-')}`,
    });
    expect(problems).toEqual([]);
    expect(snapshot.pods.map(({ workload, labels }) => [workload, labels])).toEqual([
      ['Job/migrate-xxxxx', { app: 'web' }],
      ['Job/migrate-xxxxx', { app: 'web' }],
    ]);
    expect(new Set(snapshot.pods.map(({ name }) => name)).size).toBe(2);
  });

  it('has objects of one generateName beside each other, none in the place of another', async () => {
    const pod = (address: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { generateName: run-, namespace: shop }\nspec: {}\nstatus: { podIP: ${address} }\n`;
    const policy = (network: string): string =>
      `apiVersion: postern.dev/v1alpha1\nkind: EgressPolicy\nmetadata: { generateName: out-, namespace: shop }\nspec: { subject: { allPods: true }, to: [{ networks: [${network}], ports: [{ port: 443 }] }] }\n`;
    const { snapshot, problems } = await read({
      'a.yaml': [pod('10.0.0.1'), pod('10.0.0.2'), policy('192.0.2.0/24'), policy('198.51.100.0/24')].join('---\n'),
      'b.yaml': pod('10.0.0.3'),
    });
    expect(problems).toEqual([]);
    const named = ({ name }: { readonly name: string }): string => name;
    expect(snapshot.pods.map(named)).toEqual(['run-xxxxx', 'run-xxxxx-2', 'run-xxxxx-3']);
    expect(new Set(snapshot.pods.map(({ uid }) => uid)).size).toBe(3);
    expect(snapshot.egressPolicies.map(({ metadata }) => named(metadata))).toEqual(['out-xxxxx', 'out-xxxxx-2']);
  });

  it('has lists of one kind whose items do not say what they are, one after the other', async () => {
    const list = (kind: string, name: string): string =>
      JSON.stringify({ apiVersion: 'v1', kind: `${kind}List`, items: [{ metadata: { name } }] });
    const { snapshot, problems } = await read({
      'a.json': `${list('Namespace', 'shop')}\n${list('ServiceAccount', 'web')}`,
    });
    expect(problems).toEqual([]);
    expect([snapshot.namespaces.map(({ name }) => name), snapshot.serviceAccounts.map(({ name }) => name)]).toEqual([
      ['shop', 'default'],
      ['web'],
    ]);
  });

  it('has values of Helm, charts and kustomizations beside manifests: they are skipped, and said', async () => {
    const cluster = await read({
      'a.yaml': namespace('a'),
      'values.yaml': 'replicas: 2\nimage: { tag: x }\n',
      'kustomization.yaml': 'resources: [a.yaml]\n',
      'chart/Chart.yaml': 'apiVersion: v2\nname: x\nversion: 1.0.0\n',
      'chart/templates/b.yaml': 'name: {{ .Values.x }}\n',
      'chart/crds/c.yaml': namespace('b'),
    });
    expect(names(cluster)).toEqual(['a', 'b']);
    expect(messages(cluster)).toEqual([
      'warning chart/templates skipped-file: it is skipped: these are templates of a Helm chart; give the output of `helm template`',
      'warning chart/Chart.yaml skipped-file: it is skipped: it has no Kubernetes object',
      'warning kustomization.yaml skipped-file: it is skipped: Postern does not build kustomizations; give the output of `kubectl kustomize`',
      'warning values.yaml skipped-file: it is skipped: it has no Kubernetes object',
    ]);
  });

  it('but an object that somebody began to write is an error, and so is a file that is named', async () => {
    const path = await write({ 'a.yaml': 'metadata: { name: x }\nspec: {}\n', 'values.yaml': 'replicas: 2\n' });
    expect(messages(relative(await readManifests([path, join(path, 'values.yaml')], nothing)))).toEqual([
      'error a.yaml:1 not-an-object: this is not a Kubernetes object: it needs apiVersion and kind',
      'warning values.yaml skipped-file: it is skipped: it has no Kubernetes object',
    ]);
    expect(messages(relative(await readManifests([join(path, 'values.yaml')], nothing)))).toEqual([
      'error values.yaml:1 not-an-object: this is not a Kubernetes object: it needs apiVersion and kind',
    ]);
  });
});

it('puts the pods of two ReplicaSets under the Deployment that their references lead to', async () => {
  const refs = (kind: string, name: string): string =>
    `ownerReferences: [{ apiVersion: apps/v1, kind: ${kind}, name: ${name}, uid: u, controller: true }]`;
  const template = 'spec: { template: { metadata: { labels: { app: web } }, spec: {} } }';
  const version = (hash: string): string =>
    [
      `apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: { name: web-${hash}, namespace: shop, ${refs('Deployment', 'web')} }\n${template}`,
      `apiVersion: v1\nkind: Pod\nmetadata: { name: web-${hash}-x, namespace: shop, ${refs('ReplicaSet', `web-${hash}`)} }\nspec: {}\nstatus: { phase: Running }`,
    ].join('\n---\n');
  const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\n${template}`;
  const { snapshot } = await read({ 'a.yaml': [deployment, version('a1'), version('b2')].join('\n---\n') });
  expect(snapshot.pods.map(({ name, workload, workloadBy }) => [name, workload, workloadBy])).toEqual([
    ['web-a1-x', 'Deployment/web', undefined],
    ['web-b2-x', 'Deployment/web', undefined],
  ]);
});
