import { expect, it } from 'vitest';
import type { EgressSource } from '../../model/snapshot.ts';
import { Compiler } from '../compiler.ts';
import { changesOf, namespace, pod, point, policy } from '../testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
const objects = {
  namespaces: [{ ...namespace('dev'), egressGateway: { egressGatewayPolicy: 'out' } }, namespace('other')],
  enforcementPoints: [point('edge', { vantage: { type: 'EgressIP' } })],
  egressPolicies: [policy('dev/web', { to: [{ networks: ['203.0.113.128/25'] }] })],
  pods: [
    pod('dev/web', { addresses: ['10.0.0.1'] }),
    pod('gateways/a', { addresses: ['10.0.0.7'], labels: { a: '1' } }),
    pod('gateways/b', { addresses: ['10.0.0.8'], labels: { a: '2' } }),
  ],
};

function out(...rules: readonly (readonly [destination: string, a: string])[]): EgressSource {
  const written = rules.map(([destination, a]) => ({
    destination,
    gateway: { selector: `a == '${a}'`, namespaceSelector: 'all()' },
  }));
  return { id: 'calico/out', takes: [], addresses: [], gateways: { name: 'out', rules: written }, object: {} };
}

it('leads destinations another way in the same round in which a policy of another namespace changes', () => {
  const before = { egressSources: [out(['0.0.0.0/0', '1'])] };
  const after = {
    egressSources: [out(['0.0.0.0/0', '1'], ['203.0.113.128/25', '2'])],
    egressPolicies: [policy('other/more', { to: [{ networks: ['198.51.100.0/24'] }] })],
  };
  const [moved, anew] = [new Compiler(), new Compiler()];
  moved.apply(changesOf({ ...objects, ...before }), now);
  moved.apply(changesOf(after), now);
  anew.apply([...changesOf(objects), ...changesOf(after)], now);
  expect(anew.desired('edge')?.groups.map(({ members }) => members)).toContainEqual(['10.0.0.8']);
  expect(moved.desired('edge')).toEqual(anew.desired('edge'));
});
