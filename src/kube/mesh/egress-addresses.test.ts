import { expect, it } from 'vitest';
import type { KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import { egressAddressObjects } from './egress-addresses.ts';

it('reads the kinds that a cluster serves, and those alone', async () => {
  const policy = { apiVersion: 'projectcalico.org/v3', kind: 'EgressGatewayPolicy', metadata: { name: 'out' } };
  const cluster: Pick<KubernetesObjects, 'version' | 'list'> = {
    version: ({ group }) => Promise.resolve(group === 'projectcalico.org' ? 'v3' : undefined),
    list: ({ group }) => (group === 'projectcalico.org' ? Promise.resolve([policy]) : Promise.reject(new Error(group))),
  };
  expect(await egressAddressObjects(cluster)).toEqual([policy]);
});
