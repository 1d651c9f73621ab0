import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/adapter/kubernetes-objects.ts';
import { bypassOf, podsIn } from './pods.ts';

const granted = new Set([443, 5432]);
const injected = { 'sidecar.istio.io/status': '{}' };

function pod(annotations: Readonly<Record<string, string>>, spec: object = {}, status: object = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'checkout-1', namespace: 'shop', annotations },
    spec,
    status: { phase: 'Running', ...status },
  };
}

const past = (annotations: Readonly<Record<string, string>>, spec: object = {}): string | undefined => {
  const [read] = podsIn([pod(annotations, spec)]);
  return read && bypassOf(read, 'sidecar', granted);
};

it.each([
  ['has a sidecar', injected, undefined],
  ['has none', {}, 'runs without a sidecar'],
  [
    'has it catch nothing',
    { ...injected, 'sidecar.istio.io/interceptionMode': 'none' },
    'has its sidecar catch nothing (sidecar.istio.io/interceptionMode)',
  ],
  [
    'takes a granted port around it',
    { ...injected, 'traffic.sidecar.istio.io/excludeOutboundPorts': '22, 5432' },
    'takes port 5432 around its sidecar (traffic.sidecar.istio.io/excludeOutboundPorts)',
  ],
  ['takes another port around it', { ...injected, 'traffic.sidecar.istio.io/excludeOutboundPorts': '22' }, undefined],
  [
    'takes everything around it',
    { ...injected, 'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.0.0.0/8,0.0.0.0/0' },
    'takes everything around its sidecar (traffic.sidecar.istio.io/excludeOutboundIPRanges)',
  ],
  [
    'takes networks of the cluster around it',
    { ...injected, 'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.0.0.0/8' },
    undefined,
  ],
  [
    'has it catch no network',
    { ...injected, 'traffic.sidecar.istio.io/includeOutboundIPRanges': '' },
    'has its sidecar catch nothing (traffic.sidecar.istio.io/includeOutboundIPRanges)',
  ],
])('a pod that %s', (_, annotations, reason) => {
  expect(past(annotations)).toBe(reason);
});

it('a pod on the network of its node is past any proxy', () => {
  expect(past(injected, { hostNetwork: true })).toBe('is on the network of its node, which no proxy catches');
});

it('a pod in ambient mode is one that the CNI plugin has marked', () => {
  const [unmarked] = podsIn([pod({})]);
  const [marked] = podsIn([pod({ 'ambient.istio.io/redirection': 'enabled' })]);
  expect(unmarked && bypassOf(unmarked, 'ambient', granted)).toBe('is not redirected to ztunnel');
  expect(marked && bypassOf(marked, 'ambient', granted)).toBeUndefined();
});

it('pods that have ended, have not begun or are going count as none', () => {
  const going = pod(injected);
  const deleted = { ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-11-29T08:00:00Z' } };
  expect(podsIn([pod({}, {}, { phase: 'Succeeded' }), pod({}, {}, { phase: 'Pending' }), deleted])).toEqual([]);
});

it('a pod without a ServiceAccount has that of its namespace', () => {
  expect(podsIn([pod({})])).toMatchObject([{ account: 'shop/default', ready: false }]);
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  expect(podsIn([pod({}, { serviceAccountName: 'checkout' }, ready)])).toMatchObject([
    { account: 'shop/checkout', ready: true },
  ]);
});
