import { expect, it } from 'vitest';
import type { AddressGroup } from '../../core/model/desired.ts';
import type { Pod } from '../../core/model/snapshot.ts';
import { snapshotAfter } from '../../core/model/snapshot-keeper.ts';
import { changesOf, clusterPolicy, namespace, pod, policy } from '../../core/compile/testing/builders.ts';
import { aDesiredRule } from '../testing/records.ts';
import { PolicyCatalogue } from './governance.ts';
import { WorkloadFinder } from './workloads.ts';

const { origin } = aDesiredRule();
const web = { workload: 'Deployment/web', labels: { app: 'web' } };
const api = { workload: 'Deployment/api', labels: { app: 'api' }, serviceAccount: 'api' };

function finder(pods: readonly Pod[]): WorkloadFinder {
  const snapshot = snapshotAfter(
    changesOf({
      namespaces: [namespace('shop', { team: 'a' }), namespace('bank')],
      pods,
      egressPolicies: [policy('shop/a', { subject: { podSelector: { matchLabels: { app: 'web' } } }, to: [] })],
      clusterEgressPolicies: [
        clusterPolicy('teams', {
          subject: { namespaceSelector: { matchLabels: { team: 'a' } }, allPods: true },
          egress: [],
        }),
      ],
    }),
  );
  return new WorkloadFinder(snapshot, new PolicyCatalogue(snapshot));
}

const group = (...members: readonly string[]): AddressGroup => ({ id: 'g1', role: 'Accept', title: '', members });
const names = (who: ReturnType<WorkloadFinder['behind']>): readonly string[] | null =>
  who?.map(({ namespace: place, workload, serviceAccount }) => `${place} ${workload} ${serviceAccount}`) ?? null;

it('finds workloads by the addresses of their pods, each once and sorted', () => {
  const found = finder([
    pod('shop/web-1', { ...web, addresses: ['10.0.0.1'] }),
    pod('shop/web-2', { ...web, addresses: ['10.0.0.2', '2001:db8::2'] }),
    pod('shop/api-1', { ...api, addresses: ['10.0.0.3'] }),
  ]);
  const who = found.behind([group('10.0.0.2', '10.0.0.1', '2001:db8::2'), group('10.0.0.3')], origin, { type: 'Pod' });
  expect(names(who)).toEqual(['shop Deployment/api api', 'shop Deployment/web default']);
});

it('gives an address to the pod that was created last', () => {
  const found = finder([
    pod('shop/api-1', { ...api, addresses: ['10.0.0.1'], created: '2026-02-01T00:00:00Z' }),
    pod('shop/web-1', { ...web, addresses: ['10.0.0.1'] }),
  ]);
  expect(names(found.behind([group('10.0.0.1')], origin, { type: 'Pod' }))).toEqual(['shop Deployment/api api']);
});

it('knows no pod by an address that it shares with its node, and none that has ended', () => {
  const found = finder([
    pod('shop/web-1', { ...web, addresses: ['10.0.0.1'], hostNetwork: true }),
    pod('shop/web-2', { ...web, addresses: ['10.0.0.2'], phase: 'Succeeded' }),
  ]);
  expect(found.behind([group('10.0.0.1', '10.0.0.2')], origin, { type: 'Pod' })).toEqual([]);
});

it('finds workloads by their ServiceAccounts where a point sees identities', () => {
  const found = finder([pod('shop/api-1', api), pod('bank/api-1', api)]);
  expect(names(found.behind([group('shop/api')], origin, { type: 'Identity' }))).toEqual(['shop Deployment/api api']);
});

it.each([
  ['a group holds a whole network', group('10.0.0.0/24'), 'Pod'],
  ['a point sees nodes', group('192.0.2.1'), 'Node'],
] as const)('takes what the policy selects where %s', (_, own, vantage) => {
  const found = finder([pod('shop/web-1', web), pod('shop/api-1', api), pod('bank/web-1', web)]);
  expect(names(found.behind([own], origin, { type: vantage }))).toEqual(['shop Deployment/web default']);
});

it('takes what a policy of the whole cluster selects by the labels of namespaces', () => {
  const found = finder([pod('shop/web-1', web), pod('bank/web-1', web)]);
  const teams = { ...origin, kind: 'ClusterEgressPolicy', namespace: '', name: 'teams' } as const;
  expect(names(found.behind([], teams, { type: 'Node' }))).toEqual(['shop Deployment/web default']);
});

it('does not know where the policy does not exist any more', () => {
  expect(finder([]).behind([], { ...origin, name: 'gone' }, { type: 'Node' })).toBeNull();
});
