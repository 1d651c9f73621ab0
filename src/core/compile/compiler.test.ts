import { describe, expect, it } from 'vitest';
import type { DesiredState } from '../model/desired.ts';
import type { Pod, Snapshot } from '../model/snapshot.ts';
import { Compiler } from './compiler.ts';
import { changesOf, clusterPolicy, gone, namespace, node, pod, point, policy, service } from './testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
const everywhere = { networks: ['0.0.0.0/0', '::/0'] };
const web = { labels: { app: 'web' } };

function compiled(parts: Partial<Snapshot>): Compiler {
  const compiler = new Compiler();
  compiler.apply(changesOf({ enforcementPoints: [point('edge')], ...parts }), now);
  return compiler;
}

/** `Accept pods app=web in namespace shop -> api.test TCP/443`, one line per rule. */
function lines(desired: DesiredState | undefined): string[] {
  return (desired?.rules ?? []).map(({ action, sources, destination: { any, names, networks }, ports, origin }) => {
    const who = desired?.groups.filter(({ id }) => sources.includes(id)).map(({ title }) => title);
    const where = any ? 'any' : [...names, ...networks].join(' ');
    const over = ports
      .map(({ protocol, port, endPort }) => ` ${protocol}/${port}${endPort ? `-${endPort}` : ''}`)
      .join('');
    return `${action} ${who?.join(' or ') ?? ''} -> ${where}${over}${origin.via === undefined ? '' : ' (passed)'}`;
  });
}

describe('the compiler', () => {
  it('turns a policy, a service and a pod into a rule with a group', () => {
    const compiler = compiled({
      pods: [
        pod('shop/web-1', { ...web, addresses: ['10.0.0.1', 'fd00::1'] }),
        pod('shop/db-1', { addresses: ['10.0.0.2'] }),
      ],
      externalServices: [
        service('api', { domainNames: ['api.test'], ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }] }),
      ],
      egressPolicies: [
        policy(
          'shop/web',
          {
            subject: { podSelector: { matchLabels: { app: 'web' } } },
            to: [{ externalService: 'api' }],
            profile: 'strict',
            governance: { log: true, expiresAt: '2027-01-01T00:00:00Z' },
          },
          { uid: 'u1', generation: 3 },
        ),
      ],
    });
    const desired = compiler.desired('edge');
    const [rule] = desired?.rules ?? [];
    expect(desired).toEqual({
      point: 'edge',
      defaultAction: 'Deny',
      groups: [
        {
          id: rule?.sources[0],
          role: 'Accept',
          title: 'pods app=web in namespace shop',
          members: ['10.0.0.1', 'fd00::1'],
        },
      ],
      rules: [
        {
          id: rule?.id,
          action: 'Accept',
          sources: [expect.stringMatching(/^[0-9a-f]{12}$/)],
          destination: { any: false, names: ['api.test'], networks: [] },
          ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }],
          log: true,
          profile: 'strict',
          expiresAt: '2027-01-01T00:00:00Z',
          origin: {
            kind: 'EgressPolicy',
            namespace: 'shop',
            name: 'web',
            uid: 'u1',
            generation: 3,
            tier: 'Namespace',
            field: 'spec.to[0]',
            externalService: 'api',
          },
        },
      ],
    });
    expect(compiler.nextDeadline()).toBe('2027-01-01T00:00:00Z');
    expect(compiler.problems().map(({ code }) => code)).toEqual(['default-deny-by-device']);
  });

  it('leaves the rules of a namespace as they are, object by object, when a policy comes or goes beside theirs', () => {
    const stays = policy('shop/stays', { to: [{ networks: ['192.0.2.0/24'] }, { networks: ['203.0.113.0/24'] }] });
    const comes = policy('shop/comes', {
      to: [{ networks: ['198.51.100.0/24'] }],
      subject: { serviceAccounts: ['a'] },
    });
    const compiler = compiled({ pods: [pod('shop/a', { addresses: ['10.0.0.1'] })], egressPolicies: [stays] });
    const before = compiler.desired('edge')!;
    compiler.apply(changesOf({ egressPolicies: [comes] }), now);
    const [first, ...others] = compiler.desired('edge')!.rules;
    expect(first?.origin.name).toBe('comes');
    compiler.apply([gone('EgressPolicy', 'shop/comes')], now);
    const after = compiler.desired('edge')!;
    expect(before.rules).toHaveLength(2);
    for (const [at, rule] of before.rules.entries())
      for (const list of [others, after.rules]) expect(list[at]).toBe(rule);
    for (const [at, group] of before.groups.entries()) expect(after.groups[at]).toBe(group);
  });

  it('lets an expired policy go when its time comes, and nothing else has to happen', () => {
    const governance = { expiresAt: '2026-07-01T00:00:00Z' };
    const compiler = compiled({ egressPolicies: [policy('shop/p', { to: [everywhere], governance })] });
    expect(lines(compiler.desired('edge'))).toEqual(['Accept pods in namespace shop -> any']);
    const { points } = compiler.apply([], '2026-07-01T00:00:00Z');
    expect(points).toEqual(new Map([['edge', { gone: false, rulesChanged: true, groups: [] }]]));
    expect(lines(compiler.desired('edge'))).toEqual([]);
    expect(compiler.problems().map(({ code }) => code)).toContain('expired');
  });

  it('orders Admin by priority, then namespaces with Deny first, then Baseline, then the default', () => {
    const on = (network: string): { networks: string[] }[] => [{ networks: [`198.51.100.${network}/32`] }];
    const compiler = compiled({
      clusterEgressPolicies: [
        clusterPolicy('base', { tier: 'Baseline', priority: 1, egress: [{ action: 'Accept', to: on('9') }] }),
        clusterPolicy('second', { priority: 2, egress: [{ action: 'Deny', to: on('2') }] }),
        clusterPolicy('first', { priority: 1, egress: [{ action: 'Accept', to: on('1') }] }),
      ],
      egressPolicies: [
        policy('shop/a', { to: [...on('5'), ...on('6')] }),
        policy('shop/z', { action: 'Deny', to: on('4') }),
        policy('blog/a', { to: on('3') }),
      ],
      enforcementPoints: [point('edge', { clusterNetworks: ['10.0.0.0/8'] })],
    });
    expect(lines(compiler.desired('edge'))).toEqual([
      'Accept pods in every namespace -> 198.51.100.1/32',
      'Deny networks of the cluster -> 198.51.100.2/32',
      'Accept pods in namespace blog -> 198.51.100.3/32',
      'Deny pods in namespace shop -> 198.51.100.4/32',
      'Accept pods in namespace shop -> 198.51.100.5/32',
      'Accept pods in namespace shop -> 198.51.100.6/32',
      'Accept pods in every namespace -> 198.51.100.9/32',
      'Deny networks of the cluster -> any',
    ]);
  });

  it('says where a name is handed down above a rule that accepts more', () => {
    const under = (destination: object, action: 'Accept' | 'Deny'): string[] => {
      const egress = [
        { action: 'Pass' as const, to: [destination] },
        { action, to: [everywhere] },
      ];
      const compiler = compiled({ clusterEgressPolicies: [clusterPolicy('c', { egress })] });
      return compiler.problems().map(({ code, field }) => `${code} ${field}`);
    };
    const leak = 'pass-by-name-leaks spec.egress[0].to[0]';
    expect(under({ domainNames: ['api.test'] }, 'Accept')).toContain(leak);
    expect(under({ domainNames: ['api.test'] }, 'Deny')).not.toContain(leak);
    expect(under({ networks: ['198.51.100.0/24'] }, 'Accept')).not.toContain(leak);
  });

  it('denies everybody by network, and beside it every address that was seen outside of the networks', () => {
    const compiler = compiled({
      enforcementPoints: [point('edge', { clusterNetworks: ['10.0.0.0/24'] })],
      pods: [pod('shop/in', { addresses: ['10.0.0.1'] }), pod('shop/out', { addresses: ['10.1.0.1'] })],
    });
    const members = (): unknown => compiler.desired('edge')?.groups.map((group) => group.members);
    expect(members()).toEqual([['10.0.0.0/24', '10.1.0.1']]);
    const { points } = compiler.apply([gone('Pod', 'shop/in'), gone('Pod', 'shop/out')], now);
    expect(points.get('edge')).toMatchObject({ rulesChanged: false, groups: [{ added: [], removed: ['10.1.0.1'] }] });
    expect(members()).toEqual([['10.0.0.0/24']]);
  });

  it('puts what is below a Pass in its place, and closes only what something later could open', () => {
    const pass = { action: 'Pass' as const, to: [{ networks: ['198.51.100.0/24'] }] };
    const egressPolicies = [
      policy('shop/p', { to: [{ networks: ['198.51.100.0/25'] }, { networks: ['203.0.113.0/24'] }] }),
    ];
    const under = (action: 'Accept' | 'Deny'): string[] => {
      const clusterEgressPolicies = [clusterPolicy('c', { egress: [pass, { action, to: [everywhere] }] })];
      return lines(compiled({ egressPolicies, clusterEgressPolicies }).desired('edge'));
    };
    const passed = 'Accept pods in namespace shop -> 198.51.100.0/25 (passed)';
    expect(under('Deny')).toEqual([passed, 'Deny pods in every namespace -> any']);
    expect(under('Accept')).toEqual([
      passed,
      'Deny pods in every namespace -> 198.51.100.0/24 (passed)',
      'Accept pods in every namespace -> any',
    ]);
    const alone = compiled({ egressPolicies, clusterEgressPolicies: [clusterPolicy('c', { egress: [pass] })] });
    expect(lines(alone.desired('edge'))).toEqual([
      'Accept pods in namespace shop -> 198.51.100.0/25',
      'Accept pods in namespace shop -> 203.0.113.0/24',
    ]);
  });

  it('does not guess where a Pass by name meets a rule by network: less is permitted, and it says so', () => {
    const pass = { action: 'Pass' as const, to: [{ domainNames: ['api.test'] }] };
    const compiler = compiled({
      clusterEgressPolicies: [clusterPolicy('c', { egress: [pass, { action: 'Accept', to: [everywhere] }] })],
      egressPolicies: [
        policy('shop/accept', { to: [{ networks: ['198.51.100.0/24'] }] }),
        policy('shop/deny', { action: 'Deny', to: [{ networks: ['203.0.113.0/24'] }] }),
      ],
    });
    expect(lines(compiler.desired('edge'))).toEqual([
      'Deny pods in namespace shop -> 203.0.113.0/24 (passed)',
      'Deny pods in every namespace -> api.test (passed)',
      'Accept pods in every namespace -> any',
    ]);
    expect(compiler.problems().map(({ code, subject, field }) => [code, subject, field])).toEqual([
      ['pass-by-name-leaks', 'ClusterEgressPolicy/c', 'spec.egress[0].to[0]'],
      ['pass-narrowed', 'ClusterEgressPolicy/c', 'spec.egress[0].to[0]'],
      ['redundant', 'EgressPolicy/shop/accept', 'spec.to[0]'],
      ['default-deny-by-device', 'EnforcementPoint/edge', 'spec.clusterNetworks'],
    ]);
  });

  it('leaves out what an earlier rule covers, and says which', () => {
    const compiler = compiled({
      egressPolicies: [
        policy('shop/a', { to: [{ networks: ['198.51.100.0/24'] }] }),
        policy('shop/b', { subject: { serviceAccounts: ['runner'] }, to: [{ networks: ['198.51.100.1/32'] }] }),
        policy('shop/c', { to: [{ networks: ['192.0.2.7/32'] }] }),
        policy('shop/d', { action: 'Deny', to: [{ networks: ['192.0.2.0/24'] }] }),
      ],
    });
    expect(lines(compiler.desired('edge'))).toEqual([
      'Deny pods in namespace shop -> 192.0.2.0/24',
      'Accept pods in namespace shop -> 198.51.100.0/24',
    ]);
    expect(compiler.problems().filter(({ severity }) => severity === 'warning')).toEqual([
      {
        severity: 'warning',
        subject: 'EgressPolicy/shop/b',
        field: 'spec.to[0]',
        code: 'redundant',
        message: 'EgressPolicy/shop/a spec.to[0] already says the same for all of its flows; delete one of them',
      },
      {
        severity: 'warning',
        subject: 'EgressPolicy/shop/c',
        field: 'spec.to[0]',
        code: 'shadowed',
        message:
          'never matches, because EgressPolicy/shop/d spec.to[0] (Deny) comes first for all of its flows; delete it or reorder',
      },
    ]);
  });

  it('keeps both ways to a destination, by TLS of the application and by TLS that is originated', () => {
    const api = { domainNames: ['api.test'], ports: [{ port: 443, protocol: 'TCP' as const }] };
    const compiler = compiled({
      externalServices: [service('made', { ...api, tls: 'Originate' }), service('itself', api)],
      egressPolicies: [policy('shop/a', { to: [{ externalService: 'made' }, { externalService: 'itself' }] })],
    });
    expect(compiler.desired('edge')?.rules.map(({ originate }) => originate)).toEqual([true, undefined]);
    expect(compiler.problems().map(({ code }) => code)).not.toContain('redundant');
  });

  it('keeps the id of an accepting rule whose content changes, and changes that of a denying one', () => {
    const compiler = compiled({});
    const idsWith = (network: string): Record<string, string> => {
      const accept = policy('shop/a', { to: [{ networks: [network], ports: [{ port: 443, protocol: 'TCP' }] }] });
      const deny = policy('shop/d', {
        action: 'Deny',
        to: [{ networks: [network], ports: [{ port: 80, protocol: 'TCP' }] }],
      });
      compiler.apply(changesOf({ egressPolicies: [accept, deny] }), now);
      return Object.fromEntries((compiler.desired('edge')?.rules ?? []).map(({ action, id }) => [action, id]));
    };
    const before = idsWith('198.51.100.0/24');
    const after = idsWith('203.0.113.0/24');
    expect(Object.keys(before)).toEqual(['Deny', 'Accept']);
    expect(after['Accept']).toBe(before['Accept']);
    expect(after['Deny']).not.toBe(before['Deny']);
  });

  it('gives equal selectors one group per role, whoever asks', () => {
    const to = (n: number): { networks: string[] }[] => [{ networks: [`192.0.2.${n}/32`] }];
    const compiler = compiled({
      pods: [pod('shop/web-1', { addresses: ['10.0.0.1'] })],
      egressPolicies: [
        policy('shop/a', { to: to(1) }),
        policy('shop/b', { to: to(2) }),
        policy('shop/d', { action: 'Deny', to: to(3) }),
      ],
      enforcementPoints: [point('one'), point('two', { namespaceSelector: { matchLabels: { team: 'a' } } })],
      namespaces: [namespace('shop', { team: 'a' })],
    });
    const [one, two] = ['one', 'two'].map((name) => compiler.desired(name)?.groups);
    expect(one?.map(({ role, members }) => ({ role, members })).sort((a, b) => (a.role < b.role ? -1 : 1))).toEqual([
      { role: 'Accept', members: ['10.0.0.1'] },
      { role: 'Deny', members: ['10.0.0.1'] },
    ]);
    expect(two).toEqual(one);
    compiler.apply(changesOf({ namespaces: [namespace('shop', { team: 'b' })] }), now);
    expect(compiler.desired('two')?.rules).toEqual([]);
    expect(compiler.desired('one')?.groups).toEqual(one);
  });

  it('says which members of which group changed, and nothing when nothing did', () => {
    const compiler = compiled({
      pods: [pod('shop/web-1', { ...web, addresses: ['10.0.0.1'] })],
      egressPolicies: [
        policy('shop/a', { subject: { podSelector: { matchLabels: { app: 'web' } } }, to: [everywhere] }),
      ],
    });
    const id = compiler.desired('edge')!.groups[0]!.id;
    const apply = (fields: Partial<Pod>): unknown => {
      const { points, ended } = compiler.apply(changesOf({ pods: [pod('shop/web-1', fields)] }), now);
      return { groups: points.get('edge')?.groups, ended };
    };
    const change = (added: string[], removed: string[]): unknown[] => [{ id, role: 'Accept', added, removed }];
    expect(apply({ ...web, addresses: ['10.0.0.1'] })).toEqual({ groups: undefined, ended: [] });
    expect(apply({ ...web, addresses: ['10.0.0.2'] })).toEqual({
      groups: change(['10.0.0.2'], ['10.0.0.1']),
      ended: ['10.0.0.1'],
    });
    expect(apply({ addresses: ['10.0.0.2'] })).toEqual({ groups: change([], ['10.0.0.2']), ended: [] });
    expect(apply({ ...web, addresses: ['10.0.0.2'] })).toEqual({ groups: change(['10.0.0.2'], []), ended: [] });
    expect(apply({ ...web, addresses: ['10.0.0.2'], phase: 'Succeeded' })).toEqual({
      groups: change([], ['10.0.0.2']),
      ended: ['10.0.0.2'],
    });
    expect(compiler.apply([gone('EnforcementPoint', 'edge')], now).points).toEqual(
      new Map([['edge', { gone: true, rulesChanged: false, groups: [] }]]),
    );
    expect(compiler.desired('edge')).toBeUndefined();
  });
});

describe('a point with another vantage', () => {
  const membersOf = (compiler: Compiler): readonly string[] =>
    (compiler.desired('edge')?.groups ?? []).flatMap(({ members }) => members);
  const parts = {
    nodes: [node('n1', '192.0.2.1'), node('n2', '192.0.2.2')],
    pods: [
      pod('shop/a', { node: 'n1', addresses: ['10.0.0.1'], workload: 'Deployment/a' }),
      pod('shop/b', { node: 'n1', addresses: ['192.0.2.1'], hostNetwork: true, workload: 'DaemonSet/b' }),
      pod('blog/c', { node: 'n1', addresses: ['10.0.0.3'], workload: 'Deployment/c' }),
      pod('blog/d', { node: 'n2', addresses: ['10.0.0.4'], workload: 'Deployment/d' }),
      pod('gate/g', { addresses: ['10.0.9.9'], labels: { app: 'gate' }, workload: 'Deployment/g' }),
    ],
    egressPolicies: [policy('shop/p', { to: [everywhere] })],
  };

  it('sees the nodes on which pods run, those of the host network too, until the last one leaves', () => {
    const compiler = compiled({ ...parts, enforcementPoints: [point('edge', { vantage: { type: 'Node' } })] });
    expect(membersOf(compiler)).toEqual(['192.0.2.1']);
    expect(compiler.overGrants('edge').map(({ workloads, count }) => ({ workloads, count }))).toEqual([
      { workloads: ['blog/Deployment/c'], count: 1 },
    ]);
    expect(compiler.apply([gone('Pod', 'shop/a')], now)).toEqual({ points: new Map(), ended: ['10.0.0.1'] });
    const { points, ended } = compiler.apply([gone('Pod', 'shop/b')], now);
    expect(points.get('edge')?.groups[0]?.removed).toEqual(['192.0.2.1']);
    expect(ended).toEqual(['192.0.2.1']);
    compiler.apply(changesOf({ pods: [pod('shop/a', { node: 'n2' })], nodes: [node('n2', '192.0.2.22')] }), now);
    expect(membersOf(compiler)).toEqual(['192.0.2.22']);
  });

  it('sees a gateway, as long as there is somebody behind it', () => {
    const gateway = { namespace: 'gate', podSelector: { matchLabels: { app: 'gate' } } };
    const compiler = compiled({
      ...parts,
      enforcementPoints: [point('edge', { vantage: { type: 'EgressGateway', gateway } })],
    });
    expect(membersOf(compiler)).toEqual(['10.0.9.9']);
    expect(compiler.overGrants('edge').map(({ workloads, count }) => ({ workloads, count }))).toEqual([
      { workloads: ['blog/Deployment/c', 'blog/Deployment/d', 'gate/Deployment/g'], count: 3 },
    ]);
    compiler.apply(changesOf({ pods: [pod('gate/g2', { addresses: ['10.0.9.8'], labels: { app: 'gate' } })] }), now);
    expect(membersOf(compiler)).toEqual(['10.0.9.8', '10.0.9.9']);
    const { points } = compiler.apply([gone('Pod', 'shop/a')], now);
    expect(points.get('edge')?.groups[0]?.removed).toEqual(['10.0.9.8', '10.0.9.9']);
    expect(membersOf(compiler)).toEqual([]);
  });

  it('sees the nodes of a gateway, where it leaves with their addresses', () => {
    const gateway = { namespace: 'gate', podSelector: { matchLabels: { app: 'gate' } }, addresses: 'Node' as const };
    const compiler = compiled({
      ...parts,
      nodes: [node('exit', '192.0.2.9')],
      pods: [
        ...parts.pods.map((one) => (one.name === 'g' ? { ...one, node: 'exit' } : one)),
        pod('lab/e', { node: 'exit', addresses: ['192.0.2.9'], hostNetwork: true, workload: 'DaemonSet/e' }),
      ],
      enforcementPoints: [
        point('edge', {
          vantage: { type: 'EgressGateway', gateway },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
        }),
      ],
    });
    expect(membersOf(compiler)).toEqual(['192.0.2.9']);
    // Whoever else runs there, of whatever namespace.
    expect(compiler.overGrants('edge').map(({ workloads }) => workloads)).toEqual([['lab/DaemonSet/e']]);
    compiler.apply([gone('Pod', 'shop/a')], now);
    expect(membersOf(compiler)).toEqual([]);
  });

  it('sees fixed networks, as long as there is somebody behind them', () => {
    const vantage = { type: 'Static' as const, networks: ['192.0.2.128/25', '192.0.2.0/25'] };
    const compiler = compiled({ ...parts, enforcementPoints: [point('edge', { vantage })] });
    expect(membersOf(compiler)).toEqual(['192.0.2.0/24']);
    compiler.apply([gone('Pod', 'shop/a')], now);
    expect(membersOf(compiler)).toEqual([]);
  });

  it('that cannot be read has no rules of policies, and says why', () => {
    const compiler = compiled({ ...parts, enforcementPoints: [point('edge', { vantage: { type: 'Static' } })] });
    expect(compiler.desired('edge')?.rules).toEqual([]);
    expect(compiler.problems().map(({ code, field }) => [code, field])).toEqual([
      ['invalid-vantage', 'spec.vantage'],
      ['default-deny-by-device', 'spec.clusterNetworks'],
    ]);
  });
});

describe('a point that knows workloads', () => {
  const mesh = point('mesh', { vantage: { type: 'Identity' }, namespaceSelector: { matchLabels: { mesh: 'yes' } } });
  const parts = {
    enforcementPoints: [mesh, point('network', { vantage: { type: 'Labels' } })],
    namespaces: [namespace('shop', { mesh: 'yes' }), namespace('bank', { mesh: 'yes' }), namespace('ops', {})],
    pods: [
      pod('shop/web-1', { ...web, serviceAccount: 'checkout', addresses: ['10.0.0.1'] }),
      pod('shop/web-2', { ...web, serviceAccount: 'checkout', addresses: ['10.0.0.2'] }),
      pod('shop/db-1', { serviceAccount: 'checkout', workload: 'StatefulSet/db', addresses: ['10.0.0.3'] }),
      pod('shop/host-1', { ...web, serviceAccount: 'agent', hostNetwork: true, addresses: ['10.9.0.1'] }),
    ],
    externalServices: [
      service('api', { domainNames: ['api.test'], ports: [{ port: 443, protocol: 'TCP' }], tls: 'Originate' }),
    ],
    egressPolicies: [
      policy('shop/web', {
        subject: { podSelector: { matchLabels: { app: 'web' } } },
        to: [{ externalService: 'api' }],
      }),
    ],
  } satisfies Partial<Snapshot>;

  it('is told identities, selectors, the namespaces it covers, and where TLS begins', () => {
    const desired = compiled(parts).desired('mesh');
    expect(desired).toMatchObject({
      namespaces: ['bank', 'shop'],
      groups: [
        {
          members: ['shop/checkout'],
          subject: {
            namespaces: ['shop'],
            namespace: 'shop',
            namespaceSelector: {},
            podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
          },
        },
      ],
      rules: [{ originate: true }],
    });
  });

  it('keeps an identity until the last pod that has it is gone', () => {
    const compiler = compiled(parts);
    const first = compiler.apply([gone('Pod', 'shop/web-1')], now);
    expect(first.points.get('mesh')).toBeUndefined();
    const last = compiler.apply([gone('Pod', 'shop/web-2')], now);
    expect(last.points.get('mesh')?.groups).toMatchObject([{ added: [], removed: ['shop/checkout'] }]);
    expect(last.ended).toEqual(['10.0.0.2', 'shop/checkout']);
  });

  it('says who else has the identity', () => {
    expect(compiled(parts).overGrants('mesh')).toMatchObject([{ workloads: ['shop/StatefulSet/db'], count: 1 }]);
  });

  it('is told of namespaces as they come, change and go', () => {
    const compiler = compiled(parts);
    const change = (name: string, labels: Record<string, string>) =>
      compiler.apply(changesOf({ namespaces: [namespace(name, labels)] }), now).points.get('mesh')?.rulesChanged;
    expect(change('ops', { mesh: 'yes' })).toBe(true);
    expect(compiler.desired('mesh')?.namespaces).toEqual(['bank', 'ops', 'shop']);
    expect(change('shop', { mesh: 'yes', tier: 'gold' })).toBe(true);
    expect(change('bank', {})).toBe(true);
    expect(compiler.apply([gone('Namespace', 'ops')], now).points.get('mesh')?.rulesChanged).toBe(true);
    expect(compiler.desired('mesh')?.namespaces).toEqual(['shop']);
  });

  it('that goes by labels has no members to follow, and no pod changes anything for it', () => {
    const compiler = compiled(parts);
    expect(compiler.desired('network')?.groups).toMatchObject([{ members: [] }]);
    expect(
      compiler.apply([gone('Pod', 'shop/web-1'), gone('Pod', 'shop/web-2')], now).points.get('network'),
    ).toBeUndefined();
    // Nobody but the pods that no network policy binds.
    expect(compiler.overGrants('network')).toMatchObject([{ kind: 'host-network', workloads: ['shop/Pod/host-1'] }]);
  });
});
