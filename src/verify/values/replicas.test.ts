import { describe, expect, it } from 'vitest';
import type { Pod } from '../../core/model/snapshot.ts';
import { replicasAmong } from './replicas.ts';

const pod: Pod = {
  uid: 'a',
  namespace: 'shop',
  name: 'checkout-1',
  labels: { app: 'checkout' },
  serviceAccount: 'checkout',
  node: 'n1',
  hostNetwork: false,
  phase: 'Running',
  deleting: false,
  addresses: ['10.1.0.1'],
  created: '2026-01-01T00:00:00Z',
  started: 1_767_225_600,
  workload: 'Deployment/checkout',
};
const { started: _, ...pending } = pod;

describe('replicas of one template', () => {
  it.each<[string, Pod, number]>([
    [
      'differ in name, address, node and age',
      { ...pod, name: 'b', addresses: ['10.1.0.2'], node: 'n2', started: 1 },
      1,
    ],
    ['are of one namespace', { ...pod, namespace: 'other' }, 2],
    ['have one ServiceAccount', { ...pod, serviceAccount: 'other' }, 2],
    ['have the same labels', { ...pod, labels: { app: 'other' } }, 2],
    ['have the same sidecar', { ...pod, sidecar: { 'sidecar.istio.io/inject': 'false' } }, 2],
    ['have all started, or none', pending, 2],
    ['are not on the network of a node', { ...pod, hostNetwork: true }, 2],
    ['are in the same place', { ...pod, addresses: ['10.9.0.1'] }, 2],
  ])('%s', (_, other, expected) => {
    const placeOf = ([address = '']: readonly string[]): string => address.slice(0, 4);
    expect(replicasAmong([pod, other], placeOf)).toHaveLength(expected);
  });

  it('are of one node where they are on its network', () => {
    const onNode = { ...pod, hostNetwork: true };
    expect(replicasAmong([onNode, { ...onNode, node: 'n2' }], () => '')).toHaveLength(2);
  });
});
