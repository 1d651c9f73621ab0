import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { groupByKind, readKind } from './objects.ts';

describe('an object of another version', () => {
  it.each([
    ['policy.networking.k8s.io/v1alpha1', true],
    ['policy.networking.k8s.io/v1alpha9', true],
    ['policy.networking.k8s.io/v1beta1', true],
    ['policy.networking.k8s.io/v1beta2', false],
    ['policy.networking.k8s.io/v1', false],
    ['policy.networking.k8s.io/v2alpha1', false],
    ['crd.antrea.io/v1alpha1', true],
    ['crd.antrea.io/v1', false],
    ['cilium.io/v2alpha1', true],
    ['cilium.io/v2', true],
    ['cilium.io/v3alpha1', false],
    ['networking.istio.io/v1alpha3', true],
    ['networking.istio.io/v2beta1', false],
    ['v1', true],
    ['v2', false],
  ])('%s', (apiVersion, isUnderstood) => {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const objects = [{ apiVersion, kind: 'Kind', metadata: { name: 'one' } }];
    const read = readKind(groupByKind(objects), `${group}/Kind`, z.unknown(), 'Cluster');
    expect([read.objects.length, read.unreadable.length]).toEqual(isUnderstood ? [1, 0] : [0, 1]);
  });
});

describe('an object that cannot be read', () => {
  it.each([
    ['networking.k8s.io/v1', 'NetworkPolicy', 'NetworkPolicy/shop/one'],
    ['crd.projectcalico.org/v1', 'NetworkPolicy', 'NetworkPolicy.projectcalico.org/shop/one'],
    ['crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'ClusterNetworkPolicy.crd.antrea.io/shop/one'],
    ['cilium.io/v2', 'CiliumNetworkPolicy', 'CiliumNetworkPolicy/shop/one'],
  ])('%s %s is called %s, with the field as people write it', (apiVersion, kind, id) => {
    const object = { apiVersion, kind, metadata: { name: 'one', namespace: 'shop' }, spec: { egress: [{ to: 1 }] } };
    const schema = z.object({ spec: z.object({ egress: z.array(z.object({ to: z.string() })) }) });
    const group = apiVersion.slice(0, apiVersion.indexOf('/'));
    const { unreadable } = readKind(groupByKind([object]), `${group}/${kind}`, schema);
    expect(unreadable).toEqual([
      expect.objectContaining({ id, message: expect.stringMatching(/^spec\.egress\[0\]\.to: /) as string }),
    ]);
  });
});
