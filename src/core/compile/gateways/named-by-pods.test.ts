import { expect, it } from 'vitest';
import { Compiler } from '../compiler.ts';
import { changesOf, namespace, pod, point, policy } from '../testing/builders.ts';

const victims = { selector: 'all()', namespaceSelector: "projectcalico.org/name == 'payments'" };

/** Who gains what a pod of namespace dev may, where it or its namespace chooses pods of another one for its gateways. */
function gaining(chosen: { readonly byPod?: object; readonly byNamespace?: object }): readonly string[] {
  const { byPod, byNamespace } = chosen;
  const compiler = new Compiler();
  const objects = {
    namespaces: [
      { ...namespace('dev'), ...(byNamespace && { egressGateway: { ...byNamespace } }) },
      namespace('payments'),
    ],
    enforcementPoints: [point('edge', { vantage: { type: 'EgressIP' } })],
    egressPolicies: [policy('dev/web', { to: [{ networks: ['203.0.113.0/24'] }] })],
    pods: [
      pod('dev/web', { addresses: ['10.0.0.1'], ...(byPod && { egressGateway: { ...byPod } }) }),
      pod('payments/db', { addresses: ['10.0.0.9'] }),
    ],
  };
  compiler.apply(changesOf(objects), '2026-06-01T00:00:00Z');
  expect(compiler.desired('edge')?.groups.map(({ members }) => members)).toEqual([['10.0.0.9']]);
  return compiler.overGrants('edge').flatMap(({ workloads }) => workloads);
}

it('tells which pods gain what another may that names them its gateways, as anybody may who makes a pod', () => {
  expect(gaining({ byPod: victims })).toEqual(['payments/Pod/db']);
});

it('takes the gateways of a namespace, which its tenants do not choose, for what they are', () => {
  expect(gaining({ byNamespace: victims })).toEqual([]);
});

it('tells of nobody whom a pod names in vain, as its namespace has a policy, which counts before that', () => {
  const compiler = new Compiler();
  const egressGateway = { egressGatewayPolicy: 'shared' };
  const shared = [
    {
      destination: '0.0.0.0/0',
      gateway: { selector: 'all()', namespaceSelector: "projectcalico.org/name == 'gateways'" },
    },
  ];
  const objects = {
    namespaces: [{ ...namespace('dev'), egressGateway }, namespace('payments'), namespace('gateways')],
    enforcementPoints: [point('edge', { vantage: { type: 'EgressIP' } })],
    egressPolicies: [policy('dev/web', { to: [{ networks: ['203.0.113.0/24'] }] })],
    egressSources: [
      { id: 'calico/shared', takes: [], addresses: [], gateways: { name: 'shared', rules: shared }, object: {} },
    ],
    pods: [
      pod('dev/web', { addresses: ['10.0.0.1'], egressGateway: { ...victims } }),
      pod('payments/db', { addresses: ['10.0.0.9'] }),
      pod('gateways/out', { addresses: ['10.0.0.7'] }),
    ],
  };
  compiler.apply(changesOf(objects), '2026-06-01T00:00:00Z');
  expect(compiler.desired('edge')?.groups.map(({ members }) => members)).toEqual([['10.0.0.7']]);
  expect(compiler.overGrants('edge')).toEqual([]);
});
