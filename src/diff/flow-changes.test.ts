import { describe, expect, it } from 'vitest';
import { aClusterPolicy, aNamespace, aPod, aPoint, aPolicy, aService, aSnapshot } from '../../test/kit/builders.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { flowChanges, type FlowChange } from './flow-changes.ts';
import { withSharedWorkloads } from './shared-workloads.ts';

const remaining = (): number => 1;

const web = aPod({ name: 'web-1', labels: { app: 'web' }, workload: 'Deployment/web' });
const world: Snapshot = aSnapshot({
  namespaces: [aNamespace('shop')],
  pods: [web],
  externalServices: [aService({ domainNames: ['api.pay.test'], networks: undefined })],
  egressPolicies: [
    aPolicy({ subject: { podSelector: { matchLabels: { app: 'web' } } }, to: [{ externalService: 'payments' }] }),
  ],
});

const line = ({ change, destination, targets, port, protocol, before, after, workloads }: FlowChange): string =>
  [
    change,
    workloads.map(({ workload }) => workload).join('+'),
    `${destination}[${targets.join()}]`,
    `${port}/${protocol}`,
    `${before?.policy ?? '-'} > ${after?.policy ?? '-'}`,
  ].join(' ');
const changes = (before: Snapshot, after: Snapshot): string[] => flowChanges(before, after, remaining).map(line);
const withTo = (...to: object[]): Snapshot => ({
  ...world,
  egressPolicies: [aPolicy({ subject: { podSelector: { matchLabels: { app: 'web' } } }, to })],
});

describe('what opens and what closes', () => {
  it('is nothing where nothing changes, or only the order of what is allowed', () => {
    expect(changes(world, structuredClone(world))).toEqual([]);
    const [a, b] = [{ externalService: 'payments' }, { domainNames: ['b.test'], ports: [{ port: 443 }] }];
    expect(changes(withTo(a, b), withTo(b, a))).toEqual([]);
  });

  it('is told of a service by its name, and both ways', () => {
    const less = { ...world, egressPolicies: [] };
    const policy = 'EgressPolicy/shop/checkout';
    expect(changes(less, world)).toEqual([`opened Deployment/web payments[api.pay.test] 443/TCP - > ${policy}`]);
    expect(changes(world, less)).toEqual([`closed Deployment/web payments[api.pay.test] 443/TCP ${policy} > -`]);
  });

  it('is exact: of a network that grows, only what it grows by', () => {
    const to = (network: string): Snapshot => withTo({ networks: [network], ports: [{ port: 443 }] });
    expect(changes(to('203.0.113.0/25'), to('203.0.113.0/24'))).toEqual([
      'opened Deployment/web 203.0.113.128/25[203.0.113.128/25] 443/TCP - > EgressPolicy/shop/checkout',
    ]);
    expect(changes(to('203.0.113.0/24'), to('203.0.113.4/32'))).toEqual([
      expect.stringContaining('203.0.113.0/30'),
      expect.stringContaining('203.0.113.5-203.0.113.255'),
    ]);
  });

  it('is exact: of a name that becomes a pattern, all but the name', () => {
    const to = (name: string): Snapshot => withTo({ domainNames: [name], ports: [{ port: 443 }] });
    const target = '*.b.test except a.b.test';
    expect(changes(to('a.b.test'), to('*.b.test'))).toEqual([
      `opened Deployment/web ${target}[${target}] 443/TCP - > EgressPolicy/shop/checkout`,
    ]);
  });

  it('is exact: of ports only those that are new', () => {
    const to = (ports: object): Snapshot => withTo({ networks: ['203.0.113.0/24'], ports: [ports] });
    expect(changes(to({ port: 440, endPort: 445 }), to({ port: 440, endPort: 450 })).join()).toContain('446-450/TCP');
  });

  it('names the service that a rule for everywhere closes, and not what was closed before', () => {
    const everywhere = [{ networks: ['0.0.0.0/0', '::/0'] }];
    const stop = aClusterPolicy({ egress: [{ action: 'Deny', to: everywhere }] }, { name: 'stop' });
    expect(changes(world, { ...world, clusterEgressPolicies: [stop] })).toEqual([
      'closed Deployment/web payments[api.pay.test] 443/TCP EgressPolicy/shop/checkout > ClusterEgressPolicy/stop',
    ]);
  });

  it('is everything where the default changes', () => {
    const after = changes(
      { ...world, enforcementPoints: [] },
      { ...world, enforcementPoints: [aPoint({ defaultAction: 'Accept' })] },
    );
    expect(after).toContain('opened Deployment/web 0.0.0.0/0[0.0.0.0/0] any/any - > -');
    expect(after).toContain('opened Deployment/web every other name[every other name] any/any - > -');
    expect(after.join()).not.toContain('payments[api.pay.test] 443/TCP');
  });

  it('calls it moved where only another policy decides', () => {
    const other = { ...world, egressPolicies: [aPolicy({ to: [{ externalService: 'payments' }] }, { name: 'all' })] };
    expect(changes(world, other)).toEqual([
      'moved Deployment/web payments[api.pay.test] 443/TCP EgressPolicy/shop/checkout > EgressPolicy/shop/all',
    ]);
  });

  it('does not miss a single new pod that may more than the others of its workload', () => {
    const fresh = aPod({ name: 'web-2', labels: { app: 'web', tier: 'new' }, workload: 'Deployment/web' });
    const only = aPolicy(
      { subject: { podSelector: { matchLabels: { tier: 'new' } } }, to: [{ domainNames: ['b.test'] }] },
      { name: 'new' },
    );
    const after = { ...world, pods: [web, fresh], egressPolicies: [...world.egressPolicies, only] };
    const [found, ...others] = flowChanges(world, after, remaining);
    expect(others).toEqual([]);
    expect([found?.change, found?.destination, found?.after]).toEqual([
      'opened',
      'b.test',
      { verdict: 'Accept', policy: 'EgressPolicy/shop/new', tier: 'Namespace', partial: true },
    ]);
  });

  it('counts the flows of workloads that come and go', () => {
    const api = aPod({ name: 'api-1', labels: { app: 'web' }, workload: 'Deployment/api' });
    expect(changes(world, { ...world, pods: [api] })).toEqual([
      'closed Deployment/web payments[api.pay.test] 443/TCP EgressPolicy/shop/checkout > -',
      'opened Deployment/api payments[api.pay.test] 443/TCP - > EgressPolicy/shop/checkout',
    ]);
  });
});

describe('whose flows are compared', () => {
  const bare = { ...world, pods: [], namespaces: [aNamespace('shop')] };

  it('are those of the world that has workloads', () => {
    const { before, after, workloadsFrom } = withSharedWorkloads({ ...bare, egressPolicies: [] }, world);
    expect([before.pods, workloadsFrom]).toEqual([[web], 'after']);
    expect(changes(before, after)).toHaveLength(1);
    expect(withSharedWorkloads(world, bare).workloadsFrom).toBe('before');
    expect(withSharedWorkloads(world, world).workloadsFrom).toBe('both');
  });

  it('are those that policies select where nobody has any', () => {
    const expression = { matchExpressions: [{ key: 'app', operator: 'In' as const, values: ['api', 'web'] }] };
    const policy = aPolicy({ subject: { podSelector: expression }, to: [{ externalService: 'payments' }] });
    const next = { ...bare, egressPolicies: [policy] };
    const { before, after, workloadsFrom } = withSharedWorkloads({ ...bare, egressPolicies: [] }, next);
    expect(workloadsFrom).toBe('policies');
    expect(changes(before, after)).toEqual([
      'opened pods app=api payments[api.pay.test] 443/TCP - > EgressPolicy/shop/checkout',
    ]);
  });
});
