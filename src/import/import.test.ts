import { describe, expect, it, vi } from 'vitest';
import { runPostern } from '../cli/testing/run-postern.ts';
import { importCalicoPolicies } from './calico/calico.ts';

/* What each reader writes and reports of single objects; that it permits no more than they did is a law (test/import-policies.test.ts). */

interface Read {
  readonly code: number;
  readonly objects: readonly {
    readonly kind: string;
    readonly metadata: { name: string; namespace?: string };
    readonly spec: object;
  }[];
  readonly report: readonly { readonly effect: string; readonly code: string; readonly field: string }[];
}

async function imported(from: string, objects: readonly object[], ...argv: readonly string[]): Promise<Read> {
  const stdin = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const { code, out } = await runPostern(['import', from, '-f', '-', '-o', 'json', ...argv], { stdin });
  return { code, ...(JSON.parse(out) as Omit<Read, 'code'>) };
}

const codes = ({ report }: Read): readonly string[] => report.map(({ effect, code }) => `${effect} ${code}`);
const of = (apiVersion: string, kind: string, spec: object, namespace = 'shop', name = 'web'): object => ({
  ...{ apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, spec },
});
const deployment = of('apps/v1', 'Deployment', { selector: { matchLabels: { app: 'web' } } });
const intents = (target: object, workload: object = { name: 'web', kind: 'Deployment' }): object =>
  of('k8s.otterize.com/v2beta1', 'ClientIntents', { workload, targets: [target] });

describe('postern import', () => {
  it.each([
    ['network-policy', 2],
    ['cilium', 3],
    ['calico', 3],
    ['istio', 3],
    ['otterize', 2],
    ['uds', 3],
    ['ces', 3],
  ])('%s says once of each kind that it does not read how many there are', async (from, kinds) => {
    const stranger = of('security.example.com/v1', 'Fence', {}, '', 'a');
    const policy = of('networking.k8s.io/v1', 'NetworkPolicy', { podSelector: {}, policyTypes: ['Egress'] });
    const { report } = await imported(from, [stranger, policy, deployment, stranger, policy]);
    const passed = report.filter(({ code }) => code === 'kind-not-read');
    expect(passed).toHaveLength(kinds);
    expect(passed[0]).toMatchObject({ subject: 'security.example.com/Fence', effect: 'lost', severity: 'info' });
    expect(passed[0]).toMatchObject({ message: expect.stringContaining('2 objects') as string });
  });
});

describe('postern import calico', () => {
  it('takes twice as much work for twice as many policies', () => {
    const stringify = vi.spyOn(JSON, 'stringify');
    const work = (count: number): number => {
      const spec = {
        order: 1,
        types: ['Egress'],
        egress: [{ action: 'Allow', destination: { nets: ['192.0.2.0/24'] } }],
      };
      const policies = Array.from({ length: count }, (_, at) =>
        of('projectcalico.org/v3', 'GlobalNetworkPolicy', spec, '', `p${at}`),
      );
      stringify.mockClear();
      importCalicoPolicies(policies, { home: 'shop', point: 'edge' });
      return stringify.mock.calls.length;
    };
    try {
      // What is done once and for all is done.
      work(1);
      expect(work(40)).toBe(2 * work(20));
    } finally {
      stringify.mockRestore();
    }
  });
});

describe('postern import otterize', () => {
  const internet = { internet: { domains: ['api.example.com'], ips: ['192.0.2.1', '198.51.100.0/24'], ports: [443] } };

  it('finds the pods of a workload by its own selector', async () => {
    const read = await imported('otterize', [intents(internet), deployment]);
    expect(read.code).toBe(0);
    expect(read.objects).toMatchObject([
      {
        kind: 'EgressPolicy',
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          subject: { podSelector: { matchLabels: { app: 'web' } } },
          to: [
            { domainNames: ['api.example.com'], ports: [{ port: 443 }] },
            { networks: ['192.0.2.1/32', '198.51.100.0/24'], ports: [{ port: 443 }] },
          ],
        },
      },
    ]);
  });

  it('permits no pattern, and nobody whose pods are called otherwise', async () => {
    const { objects, report } = await imported('otterize', [
      intents({ internet: { domains: ['*.example.com', 'API.example.com.'], ports: [443] } }),
      deployment,
    ]);
    expect(objects).toMatchObject([{ spec: { to: [{ domainNames: ['api.example.com'] }] } }]);
    expect(report.map(({ code }) => code)).toContain('pattern-not-expressible');
    const template = { metadata: { annotations: { 'intents.otterize.com/workload-name': 'other' } } };
    const renamed = of('apps/v1', 'Deployment', { selector: { matchLabels: { app: 'web' } }, template });
    expect((await imported('otterize', [intents(internet), renamed])).objects).toEqual([]);
  });

  it('takes the form before v2, and asks for workloads that are not there', async () => {
    const old = of('k8s.otterize.com/v1alpha3', 'ClientIntents', {
      service: { name: 'web' },
      calls: [{ type: 'internet', internet: { domains: ['a.example.com'] } }, { name: 'db' }],
    });
    expect((await imported('otterize', [old, deployment])).objects).toHaveLength(1);
    const alone = await imported('otterize', [intents(internet)]);
    expect([alone.code, alone.objects, codes(alone)]).toMatchObject([
      1,
      [],
      expect.arrayContaining(['lost workload-not-found']),
    ]);
    const job = await imported('otterize', [intents(internet, { name: 'web', kind: 'Job' }), deployment]);
    expect(job.objects).toEqual([]);
  });
});

describe('postern import uds', () => {
  const pkg = (...allow: readonly object[]): object => of('uds.dev/v1alpha1', 'Package', { network: { allow } });

  it('reads names, networks and what is generated', async () => {
    const read = await imported('uds', [
      pkg(
        { direction: 'Egress', selector: { app: 'w' }, remoteHost: 'api.github.com', remoteProtocol: 'TLS' },
        { direction: 'Egress', remoteCidr: '192.0.2.0/24', ports: [80, 443] },
        { direction: 'Egress', remoteGenerated: 'Anywhere', serviceAccount: 'runner' },
        { direction: 'Egress', remoteGenerated: 'KubeAPI' },
        { direction: 'Ingress', remoteGenerated: 'Anywhere' },
      ),
    ]);
    expect(read.code).toBe(0);
    expect(read.objects.map(({ metadata }) => metadata.name)).toEqual(['web-1', 'web-2', 'web-3']);
    const [first, second, third] = read.objects.map(({ spec }) => JSON.stringify(spec));
    expect(first).toContain('"domainNames":["api.github.com"],"ports":[{"port":443,"protocol":"TCP"}]');
    expect(second).toContain('"networks":["192.0.2.0/24"]');
    expect(third).toContain('"serviceAccounts":["runner"]');
    expect(third).not.toContain('169.254.169.254');
    expect(codes(read)).toContain('lost api-server');
  });

  it.each<[string, object, string]>([
    ['a pattern', { remoteHost: '*.example.com' }, 'lost pattern-not-expressible'],
    ['two remotes', { remoteHost: 'a.example.com', remoteNamespace: 'b' }, 'lost limit-not-expressible'],
    [
      'two subjects',
      { remoteCidr: '192.0.2.0/24', selector: { a: 'b' }, podLabels: { c: 'd' } },
      'lost limit-not-expressible',
    ],
    ['the API server', { remoteGenerated: 'KubeAPI' }, 'lost api-server'],
  ])('permits nothing by %s, and says so', async (_, allow, code) => {
    const read = await imported('uds', [pkg({ direction: 'Egress', ...allow })]);
    expect([read.objects, codes(read)]).toEqual([[], expect.arrayContaining([code])]);
  });

  it('carries nothing over of an object with a field that is not known', async () => {
    const read = await imported('uds', [pkg({ direction: 'Egress', remoteCidr: '192.0.2.0/24', onlyOnSundays: true })]);
    expect([read.code, read.objects]).toEqual([1, []]);
    expect(read.report[0]).toMatchObject({ code: 'unreadable', field: 'spec.network.allow[0]' });
  });
});

describe('postern import cilium', () => {
  const policy = (spec: object, kind = 'CiliumNetworkPolicy', namespace = 'shop'): object =>
    of('cilium.io/v2', kind, spec, namespace);
  const wide = (spec: object): object => policy(spec, 'CiliumClusterwideNetworkPolicy', '');
  const egress = [{ toCIDR: ['192.0.2.0/24'] }];

  it('puts a cluster-wide Accept behind the policies of namespaces, and a Deny before them', async () => {
    const read = await imported('cilium', [
      wide({
        endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'shop', app: 'web' } },
        egress,
        egressDeny: egress,
      }),
    ]);
    const subject = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
      podSelector: { matchLabels: { app: 'web' } },
    };
    expect(read.objects).toMatchObject([
      { metadata: { name: 'web' }, spec: { tier: 'Baseline', subject, egress: [{ action: 'Accept' }] } },
      { metadata: { name: 'web-deny' }, spec: { tier: 'Admin', subject, egress: [{ action: 'Deny' }] } },
    ]);
  });

  it.each([
    ['a label that Cilium does not keep', { matchLabels: { 'pod-template-hash': 'x' } }],
    ['another namespace', { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'other' } }],
    ['something that is no pod of Kubernetes', { matchLabels: { 'reserved:host': '' } }],
  ])('does not guess whom %s selects, and denies everything where a Deny is lost', async (_, endpointSelector) => {
    const read = await imported('cilium', [policy({ endpointSelector, egress })]);
    expect([read.code, read.objects, codes(read)]).toMatchObject([
      1,
      [],
      expect.arrayContaining(['lost selector-not-expressible']),
    ]);
    const denies = await imported('cilium', [policy({ endpointSelector, egress, egressDeny: egress })]);
    expect(denies.objects).toMatchObject([
      { spec: { subject: { allPods: true }, action: 'Deny', to: [{ allPorts: true }] } },
    ]);
  });

  it('takes a wildcard of one label for deeper names only where that is said', async () => {
    const named = policy({ endpointSelector: {}, egress: [{ toFQDNs: [{ matchPattern: '*.example.com' }] }] });
    const without = await imported('cilium', [named]);
    expect([without.code, without.objects]).toEqual([1, []]);
    const deeper = await imported('cilium', [named], '--deeper-names');
    expect([deeper.code, codes(deeper)]).toMatchObject([0, expect.arrayContaining(['changed deeper-names'])]);
    expect(JSON.stringify(deeper.objects)).toContain('*.example.com');
  });
});

describe('postern import calico', () => {
  const policy = (spec: object, namespace = 'shop', name = 'web'): object =>
    of(
      'projectcalico.org/v3',
      namespace ? 'NetworkPolicy' : 'GlobalNetworkPolicy',
      { types: ['Egress'], ...spec },
      namespace,
      name,
    );
  const allow = { action: 'Allow', protocol: 'TCP', destination: { nets: ['192.0.2.0/24'], ports: [443] } };
  const priorities = ({ objects }: Read) =>
    objects.map(({ metadata, spec }) => [metadata.name.split('-')[0], (spec as { priority: number }).priority]);

  it('asks policies in their order, and keeps the rules in theirs', async () => {
    const read = await imported('calico', [
      policy({ order: 20, selector: 'all()', egress: [allow] }, '', 'late'),
      policy(
        {
          order: 10,
          selector: "app == 'web'",
          egress: [{ action: 'Deny', destination: { nets: ['192.0.2.7/32'] } }, allow],
        },
        '',
        'early',
      ),
    ]);
    const [early, late] = [...priorities(read)].sort(([, a], [, b]) => Number(a) - Number(b));
    expect([early?.[0], late?.[0]]).toEqual(['early', 'late']);
    const own = read.objects.find(({ metadata }) => metadata.name === 'early');
    expect(own?.spec).toMatchObject({ tier: 'Admin', egress: [{ action: 'Deny' }, { action: 'Accept' }] });
  });

  it('says what it does not know of their order, and denies everything where a Deny cannot be read', async () => {
    const same = (egress: readonly object[]): Promise<Read> =>
      imported('calico', [
        policy({ selector: 'all()', egress: [allow] }, '', 'a'),
        policy({ selector: 'all()', egress }, '', 'b'),
      ]);
    expect(codes(await same([allow]))).not.toContain('changed equal-order');
    const denies = await same([{ action: 'Deny', destination: { nets: ['192.0.2.7/32'] } }]);
    expect(codes(denies).filter((code) => code === 'changed equal-order')).toHaveLength(2);
    expect([...priorities(denies)].sort(([, a], [, b]) => Number(a) - Number(b)).map(([name]) => name)).toEqual([
      'b',
      'a',
    ]);
    const odd = { selector: "app starts with 'we'", egress: [{ action: 'Deny' }, allow] };
    const read = await imported('calico', [policy(odd)]);
    expect([read.code, codes(read)]).toMatchObject([1, expect.arrayContaining(['changed denies-more'])]);
    expect(read.objects).toMatchObject([{ spec: { subject: { allPods: true }, egress: [{ action: 'Deny' }] } }]);
  });
});

describe('what would be wider if it were taken lightly', () => {
  const bare = of('cilium.io/v2', 'CiliumNetworkPolicy', {}, 'shop', 'web');
  const cilium = (spec: object, more: object = {}): object => ({
    ...bare,
    spec: { endpointSelector: {}, ...spec },
    ...more,
  });
  const calico = (...egress: readonly object[]): object =>
    of('projectcalico.org/v3', 'GlobalNetworkPolicy', { selector: 'all()', types: ['Egress'], egress }, '');
  const allow = { action: 'Allow', destination: { nets: ['0.0.0.0/0'] } };
  const deniesAll = { action: 'Deny', to: [{ networks: ['0.0.0.0/0', '::/0'], allPorts: true }] };

  it.each([
    ['ICMP alone', { toCIDR: ['192.0.2.0/24'], icmps: [{ fields: [{ type: 8 }] }] }, 'icmp'],
    [
      'a port that is a name',
      { toCIDR: ['192.0.2.0/24'], toPorts: [{ ports: [{ port: '1e3' }] }] },
      'port-not-expressible',
    ],
    ['a pattern as a name', { toFQDNs: [{ matchName: '*.example.com' }] }, 'pattern-not-expressible'],
    ['a Service', { toServices: [{ k8sService: { serviceName: 'x' } }] }, 'network-not-expressible'],
    ['a list of no names', { toFQDNs: [], toPorts: [{ ports: [{ port: '443' }] }] }, 'empty-list'],
    ['a list of no Services', { toServices: [], toPorts: [{ ports: [{ port: '443' }] }] }, 'empty-list'],
  ])('cilium: %s permits nothing', async (_, rule, code) => {
    const read = await imported('cilium', [cilium({ egress: [rule] })]);
    expect([read.objects, codes(read)]).toEqual([[], [`lost ${code}`, 'changed not-selected']]);
  });

  it.each<[string, object]>([
    ['a name', { egressDeny: [{ toFQDNs: [{ matchName: 'bad.example.com' }] }, { toCIDR: ['198.51.100.0/24'] }] }],
    ['a Service', { egressDeny: [{ toServices: [{ k8sService: { serviceName: 'x' } }] }] }],
    ['no groups', { egressDeny: [{ toGroups: [], toPorts: [{ ports: [{ port: '443' }] }] }] }],
    [
      'a label with two values',
      {
        endpointSelector: { matchLabels: { 'any:app': 'x', 'k8s:app': 'y' } },
        egressDeny: [{ toCIDR: ['198.51.100.0/24'] }],
      },
    ],
  ])('cilium: a Deny of %s denies everything', async (_, spec) => {
    const read = await imported('cilium', [cilium(spec)]);
    expect(read.objects).toMatchObject([{ metadata: { name: 'web-deny' }, spec: deniesAll }]);
    expect(codes(read)).toContain('changed denies-more');
  });

  it('cilium: a part that only permits, and whose pods cannot be named, denies nothing', async () => {
    const [of1, of2] = [{ toCIDR: ['169.254.169.254/32'] }, { toCIDR: ['1.1.1.1/32'] }];
    const value = {
      ...cilium({}),
      spec: undefined,
      specs: [
        { endpointSelector: {}, egressDeny: [of1] },
        { endpointSelector: { matchLabels: { 'any:app': 'x', 'k8s:app': 'y' } }, egress: [of2] },
      ],
    };
    const read = await imported('cilium', [value]);
    expect(read.objects).toMatchObject([{ spec: { action: 'Deny', to: [{ networks: ['169.254.169.254/32'] }] } }]);
    expect(codes(read)).toEqual(['lost selector-not-expressible', 'carried carried-over', 'changed not-selected']);
  });

  it('otterize: says of permissions in a cloud that they name no address', async () => {
    const spec = {
      workload: { name: 'web' },
      targets: [{ aws: { arn: 'arn:aws:s3:::x' } }, { kubernetes: { name: 'x' } }],
    };
    const read = await imported('otterize', [of('k8s.otterize.com/v2beta1', 'ClientIntents', spec)]);
    expect(codes(read).slice(0, 2)).toEqual(['lost no-destination', 'lost within-the-cluster']);
  });

  it('cilium: a cluster-wide Deny for a ServiceAccount of any namespace denies everything', async () => {
    const endpointSelector = { matchLabels: { 'io.cilium.k8s.policy.serviceaccount': 'job' } };
    const spec = { endpointSelector, egressDeny: [{ toEntities: ['world'] }] };
    const read = await imported('cilium', [of('cilium.io/v2', 'CiliumClusterwideNetworkPolicy', spec, '')]);
    expect(read.objects).toMatchObject([
      { spec: { tier: 'Admin', subject: { allNamespaces: true, allPods: true }, egress: [deniesAll] } },
    ]);
    expect(read.code).toBe(1);
  });

  it('cilium: a policy of the name that a Deny has here leaves it where it is', async () => {
    const toCIDR = ['192.0.2.0/24'];
    const read = await imported('cilium', [
      cilium({ egressDeny: [{ toCIDR }] }),
      cilium({ egress: [{ toCIDR }] }, { metadata: { namespace: 'shop', name: 'web-deny' } }),
    ]);
    expect(read.objects.map(({ spec }) => (spec as { action: string }).action).sort()).toEqual(['Accept', 'Deny']);
    expect(new Set(read.objects.map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  it.each<[string, object]>([
    ['by selector, which may be about NetworkSets', { destination: { selector: "threat == 'feed'" } }],
    ['of ports that are no range', { protocol: 'TCP', destination: { nets: ['192.0.2.0/24'], ports: ['500:400'] } }],
  ])('calico: a Deny %s denies everything from there on', async (_, rule) => {
    const read = await imported('calico', [calico({ action: 'Deny', ...rule }, allow)]);
    const [first] = (read.objects[0]?.spec as { egress: readonly object[] }).egress;
    expect(first).toEqual(deniesAll);
    expect(codes(read)).toContain('changed denies-more');
  });

  it('calico: a policy of another tier denies whom it selects all that it does not allow', async () => {
    const other = (more: object): object =>
      of(
        'projectcalico.org/v3',
        'GlobalNetworkPolicy',
        { tier: 'sec', selector: "app == 'x'", types: ['Egress'], ...more },
        '',
      );
    const tier = of('projectcalico.org/v3', 'Tier', { order: 10, defaultAction: 'Pass' }, '', 'sec');
    const { objects } = await imported('calico', [other({ egress: [allow] })]);
    expect(objects).toMatchObject([
      { spec: { subject: { podSelector: { matchExpressions: [{ key: 'app' }] } }, egress: [deniesAll] } },
    ]);
    expect((await imported('calico', [other({ egress: [allow] }), tier])).objects).toEqual([]);
  });

  it('calico: an empty list of types or networks is as good as none', async () => {
    const egress = [{ action: 'Deny', destination: { nets: [] } }];
    const spec = { selector: 'all()', types: [], egress };
    const read = await imported('calico', [of('projectcalico.org/v3', 'NetworkPolicy', spec)]);
    expect(read.objects).toMatchObject([{ spec: { egress: [deniesAll] } }]);
  });

  it('calico: domains without what limits them, and labels of namespaces, permit nothing', async () => {
    const named = { action: 'Allow', destination: { domains: ['x.example.com'], notNets: ['10.0.0.0/8'] } };
    expect((await imported('calico', [calico(named)])).objects).toEqual([]);
    const spec = { selector: "pcns.env != 'prod'", types: ['Egress'], egress: [allow] };
    const read = await imported('calico', [of('projectcalico.org/v3', 'NetworkPolicy', spec)]);
    expect([read.objects, codes(read)]).toMatchObject([[], ['lost selector-not-expressible', 'changed not-selected']]);
  });

  it('network-policy: an end of a range without its begin permits nothing', async () => {
    const egress = [{ ports: [{ protocol: 'TCP', endPort: 90 }] }];
    const read = await imported('network-policy', [
      of('networking.k8s.io/v1', 'NetworkPolicy', { podSelector: {}, egress }),
    ]);
    expect([read.objects, codes(read)]).toEqual([[], ['lost port-not-expressible', 'changed not-selected']]);
  });

  it('tells of a policy without a name', async () => {
    const nameless = cilium({ egress: [{ toEntities: ['world'] }] }, { metadata: { generateName: 'x-' } });
    const read = await imported('cilium', [nameless]);
    expect([read.code, read.objects]).toEqual([1, []]);
  });
});

describe('what cannot be imported', () => {
  it.each(['network-policy', 'cilium', 'calico', 'otterize', 'uds'])(
    '%s: nothing of the kind is an error',
    async (from) => {
      const read = await imported(from, [deployment]);
      expect([read.code, codes(read)]).toEqual([1, expect.arrayContaining(['lost nothing-to-import'])]);
    },
  );

  it('names what is there for a product that is not known', async () => {
    const { code, err } = await runPostern(['import', 'checkpoint', '-f', '-'], { stdin: '' });
    expect([code, err]).toEqual([1, expect.stringContaining('there is: ces, network-policy, cilium')]);
  });

  it('an object without its namespace is not put into one', async () => {
    const policy = of(
      'networking.k8s.io/v1',
      'NetworkPolicy',
      { podSelector: {}, policyTypes: ['Egress'], egress: [{}] },
      '',
    );
    const read = await imported('network-policy', [policy]);
    expect([read.objects, codes(read)]).toMatchObject([[], expect.arrayContaining(['lost no-namespace'])]);
  });
});
