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
