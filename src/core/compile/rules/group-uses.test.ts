import { afterEach, expect, it, vi } from 'vitest';
import { aClusterPolicy, aNamespace, aPod, aPoint, aPolicy } from '../../../../test/kit/builders.ts';
import type { ObjectChange } from '../../model/snapshot.ts';
import { Compiler } from '../compiler.ts';
import { AddressGroups } from '../pods/address-groups.ts';
import { changesOf, clusterPolicy, pod, point, policy } from '../testing/builders.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('keeps no way of seeing pods that no rule of the table needs any more', () => {
  const acquired = vi.spyOn(AddressGroups.prototype, 'acquireView');
  const released = vi.spyOn(AddressGroups.prototype, 'releaseView');
  const kept = (): number => acquired.mock.calls.length - released.mock.calls.length;
  const compiler = new Compiler();
  const now = '2026-01-01T00:00:00Z';
  const apply = (...changes: ObjectChange[]): void => void compiler.apply(changes, now);
  const written = (seconds: number): ObjectChange => {
    const object = aPolicy({ terminating: 'KeepUntilGone', terminatingLimitSeconds: seconds });
    return { kind: 'EgressPolicy', key: 'shop/checkout', object };
  };
  apply(
    { kind: 'EnforcementPoint', key: 'edge', object: aPoint({}, { name: 'edge' }) },
    { kind: 'Namespace', key: 'shop', object: aNamespace('shop') },
    { kind: 'Pod', key: 'shop/web', object: aPod({ namespace: 'shop', name: 'web', addresses: ['10.0.0.1'] }) },
  );
  const before = kept();
  for (let seconds = 1; seconds <= 50; seconds += 1) apply(written(seconds));
  expect(compiler.desired('edge')?.groups.map(({ members }) => members)).toEqual([['10.0.0.1']]);
  expect(kept() - before).toBe(1);
  apply({ kind: 'EgressPolicy', key: 'shop/checkout', object: undefined });
  expect(kept()).toBe(before);
  apply(written(50));
  expect(kept() - before).toBe(1);
});

it('gives everything back when the point goes', () => {
  const acquired = {
    views: vi.spyOn(AddressGroups.prototype, 'acquireView'),
    groups: vi.spyOn(AddressGroups.prototype, 'acquire'),
  };
  const released = {
    views: vi.spyOn(AddressGroups.prototype, 'releaseView'),
    groups: vi.spyOn(AddressGroups.prototype, 'release'),
  };
  const kept = (what: 'views' | 'groups'): number =>
    acquired[what].mock.calls.length - released[what].mock.calls.length;
  const compiler = new Compiler();
  const apply = (...changes: ObjectChange[]): void => void compiler.apply(changes, '2026-01-01T00:00:00Z');
  apply(
    { kind: 'EnforcementPoint', key: 'edge', object: aPoint({}, { name: 'edge' }) },
    { kind: 'Namespace', key: 'shop', object: aNamespace('shop') },
    // Two rules of one group.
    {
      kind: 'EgressPolicy',
      key: 'shop/checkout',
      object: aPolicy({
        to: [{ networks: ['203.0.113.0/24'] }, { networks: ['198.51.100.0/24'], ports: [{ port: 25 }] }],
      }),
    },
    { kind: 'ClusterEgressPolicy', key: 'floor', object: aClusterPolicy() },
  );
  expect([kept('views'), kept('groups')].every((count) => count > 0)).toBe(true);
  apply({ kind: 'EnforcementPoint', key: 'edge', object: undefined });
  expect([kept('views'), kept('groups')]).toEqual([0, 0]);
});

it('names the groups of cluster-wide rules as these change, where no namespace has rules', () => {
  const compiler = new Compiler();
  const apply = (...changes: ObjectChange[]): void => void compiler.apply(changes, '2026-01-01T00:00:00Z');
  const named = (): readonly (readonly string[])[] => {
    const { groups = [], rules = [] } = compiler.desired('edge') ?? {};
    return [groups.map(({ id }) => id), [...new Set(rules.flatMap(({ sources }) => sources))].sort()];
  };
  apply(
    { kind: 'EnforcementPoint', key: 'edge', object: aPoint({}, { name: 'edge' }) },
    { kind: 'Namespace', key: 'shop', object: aNamespace('shop') },
  );
  const seen = new Set<string>();
  for (const app of ['web', 'api', 'db']) {
    const object = aClusterPolicy({ subject: { podSelector: { matchLabels: { app } } } });
    apply({ kind: 'ClusterEgressPolicy', key: 'floor', object });
    const [groups, sources] = named();
    expect(groups).toEqual(sources);
    seen.add(JSON.stringify(groups));
  }
  expect(seen.size).toBe(3);
});

it('says the whole of an entry again whose parts were reached in different ways, once they are reached alike', () => {
  const compiler = new Compiler();
  const apply = (...changes: ObjectChange[]): void => void compiler.apply(changes, '2026-01-01T00:00:00Z');
  const networks = ['198.51.100.0/24', '203.0.113.0/24'];
  const leads = (): readonly (readonly string[])[] =>
    (compiler.desired('edge')?.rules ?? []).map(({ destination }) => destination.networks);
  const gateways = {
    name: 'out',
    rules: [{ destination: '203.0.113.0/24', gateway: { selector: 'all()', namespaceSelector: 'all()' } }],
  };
  const source = { id: 'EgressGatewayPolicy/out', takes: [], addresses: [], gateways, object: {} };
  apply(
    { kind: 'EnforcementPoint', key: 'edge', object: aPoint({ vantage: { type: 'EgressIP' } }, { name: 'edge' }) },
    { kind: 'EgressPolicy', key: 'shop/checkout', object: aPolicy({ to: [{ networks }] }) },
  );
  const alike = leads();
  expect(alike[0]).toEqual(networks);
  apply({ kind: 'EgressSource', key: source.id, object: source });
  expect(leads().slice(0, 2).flat().toSorted()).toEqual(networks);
  expect(leads()[0]).toHaveLength(1);
  apply({ kind: 'EgressSource', key: source.id, object: undefined });
  expect(leads()).toEqual(alike);
});

it('says from where an entry is reached now, whatever it was before, and of each part of another from where that is', () => {
  const compiler = new Compiler();
  const apply = (...changes: ObjectChange[]): void => void compiler.apply(changes, '2026-01-01T00:00:00Z');
  const sources = (): readonly string[] => (compiler.desired('edge')?.rules ?? []).flatMap((rule) => rule.sources);
  const entry = (...networks: string[]): ObjectChange => {
    return { kind: 'EgressPolicy', key: 'shop/checkout', object: aPolicy({ to: [{ networks }] }) };
  };
  const rules = [{ destination: '203.0.113.0/24', gateway: { selector: 'all()', namespaceSelector: 'all()' } }];
  const key = 'EgressGatewayPolicy/out';
  const object = { id: key, takes: [], addresses: [], gateways: { name: 'out', rules }, object: {} };
  apply(
    { kind: 'EnforcementPoint', key: 'edge', object: aPoint({ vantage: { type: 'EgressIP' } }, { name: 'edge' }) },
    entry('198.51.100.0/24'),
  );
  const everywhere = sources();
  apply({ kind: 'EgressSource', key, object });
  const beside = sources();
  expect(beside).not.toEqual(everywhere);
  apply({ kind: 'EgressSource', key, object: undefined });
  expect(sources()).toEqual(everywhere);
  apply({ kind: 'EgressSource', key, object }, entry('198.51.100.0/24', '203.0.113.0/24'));
  expect(sources()).toEqual([...beside, ...everywhere]);
});

it('gives a Deny and an Accept in place of one Pass a group each, though both are about the same pods', () => {
  const subject = { allNamespaces: true, podSelector: { matchLabels: { app: 'web' } } } as const;
  const compiler = new Compiler();
  const changes = changesOf({
    pods: [pod('shop/web', { labels: { app: 'web' }, addresses: ['10.0.0.1'] })],
    clusterEgressPolicies: [
      clusterPolicy('pass', {
        subject,
        egress: [
          { action: 'Pass', to: [{ networks: ['203.0.113.0/24'] }] },
          { action: 'Deny', to: [{ networks: ['203.0.0.0/16'] }] },
        ],
      }),
    ],
    egressPolicies: [
      policy('shop/deny', { action: 'Deny', to: [{ networks: ['203.0.113.0/25'] }] }),
      policy('shop/accept', { to: [{ networks: ['203.0.113.128/25'] }] }),
    ],
    enforcementPoints: [point('edge')],
  });
  compiler.apply(changes, '2026-01-01T00:00:00Z');
  const { groups = [], rules = [] } = compiler.desired('edge') ?? {};
  const roles = new Map(groups.map(({ id, role }) => [id, role]));
  const passed = rules.filter(({ origin }) => origin.via !== undefined && origin.kind === 'EgressPolicy');
  expect(passed.map(({ action, sources }) => [action, sources.map((id) => roles.get(id))])).toEqual([
    ['Deny', ['Deny']],
    ['Accept', ['Accept']],
  ]);
});
