import { describe, expect, it } from 'vitest';
import { runPostern } from '../cli/testing/run-postern.ts';
import { codes, deployment, imported, of } from '../cli/testing/imported.ts';

/* What each reader writes and reports of single objects; that it permits no more than they did is a law (test/import-policies.test.ts). */

describe('postern import', () => {
  it.each([
    ['network-policy', 1],
    ['cilium', 2],
    ['calico', 2],
    ['istio', 2],
    ['otterize', 2],
    ['uds', 2],
    ['ces', 2],
  ])('%s says once of each kind that may decide and is not read how many there are', async (from, kinds) => {
    const stranger = of('security.example.com/v1', 'Fence', {}, '', 'a');
    const policy = of('networking.k8s.io/v1', 'NetworkPolicy', { podSelector: {}, policyTypes: ['Egress'] });
    const { report } = await imported(from, [stranger, policy, deployment, stranger, policy]);
    const passed = report.filter(({ code }) => code === 'kind-not-read');
    expect(passed).toHaveLength(kinds);
    expect(passed[0]).toMatchObject({ subject: 'security.example.com/Fence', effect: 'lost', severity: 'info' });
    expect(passed[0]).toMatchObject({ message: expect.stringContaining('2 objects') as string });
  });
});

describe('postern import network-policy', () => {
  it('takes a field that is null for absent, and a podSelector for that of every pod, as the API server does', async () => {
    const spec = {
      podSelector: null,
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '198.51.100.0/24', except: null }, podSelector: null }], ports: null }],
    };
    const { objects } = await imported('network-policy', [of('networking.k8s.io/v1', 'NetworkPolicy', spec)]);
    expect(objects.map((object) => object.spec)).toEqual([
      { subject: { allPods: true }, action: 'Accept', to: [{ networks: ['198.51.100.0/24'], allPorts: true }] },
    ]);
  });

  it('takes a policy without podSelector for one about every pod, and a peer without one for the namespaces that it names', async () => {
    const peer = { podSelector: null, namespaceSelector: { matchLabels: { a: 'b' } } };
    const egress = [{}, { to: [peer] }];
    const { objects, report } = await imported('network-policy', [
      of('networking.k8s.io/v1', 'NetworkPolicy', { policyTypes: ['Egress'], egress }),
    ]);
    expect(objects.map((object) => object.spec)).toMatchObject([{ subject: { allPods: true } }]);
    expect(report).toContainEqual(expect.objectContaining({ field: 'spec.egress[1].to' }));
  });

  it('takes a label whose value is null for an empty one, and not for no label, which would be every pod', async () => {
    const spec = {
      podSelector: { matchLabels: { app: null, podSelector: null } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '198.51.100.0/24' } }] }],
    };
    const { objects } = await imported('network-policy', [of('networking.k8s.io/v1', 'NetworkPolicy', spec)]);
    const subject = { podSelector: { matchLabels: { app: '', podSelector: '' } } };
    expect(objects.map((object) => object.spec)).toMatchObject([{ subject, action: 'Accept' }]);
  });

  it('makes no destination of a peer in which everything is null', async () => {
    const spec = { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ podSelector: null }] }] };
    const { objects } = await imported('network-policy', [of('networking.k8s.io/v1', 'NetworkPolicy', spec)]);
    expect(objects).toEqual([]);
  });

  it('says what was given where it cannot be read', async () => {
    const policy = of('networking.k8s.io/v1', 'NetworkPolicy', { podSelector: {}, policyTypes: 'Egress' });
    const { report } = await imported('network-policy', [policy]);
    expect(report[0]).toMatchObject({
      field: 'spec.policyTypes',
      code: 'unreadable',
      message: expect.stringMatching(/^Invalid value: "Egress": must be of type array: nothing of this/) as string,
    });
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
