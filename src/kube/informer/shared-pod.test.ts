import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Pod } from '../../core/model/snapshot.ts';
import { SharedTexts } from '../encoding/shared-texts.ts';
import { sharedPod } from './shared-pod.ts';

const few = fc.constantFrom('', 'a', 'b', 'shop', 'ä');
const pods = fc.record<Pod, keyof Pod>(
  {
    uid: fc.uuid(),
    namespace: few,
    name: few,
    labels: fc.dictionary(fc.constantFrom('app', 'tier', '__proto__'), few),
    serviceAccount: few,
    node: few,
    hostNetwork: fc.boolean(),
    phase: fc.constantFrom('Running', 'Failed'),
    deleting: fc.boolean(),
    addresses: fc.array(fc.ipV4(), { maxLength: 2 }),
    created: few,
    started: fc.constantFrom(0, 1_767_225_601, 1_767_225_601.5, 4_102_444_800),
    workload: few,
    workloadBy: fc.constant('convention'),
    failedBy: few,
    deletionAsked: fc.nat(),
    attachments: fc.constantFrom('unreadable' as const, [{ network: 'telco/sriov', addresses: ['192.0.2.1'] }]),
    gate: fc.constantFrom('open', 'closed'),
    sidecar: fc.constantFrom(
      { 'sidecar.istio.io/status': '' },
      { 'traffic.sidecar.istio.io/excludeOutboundPorts': '22' },
    ),
  },
  {
    requiredKeys: [
      ...(['uid', 'namespace', 'name', 'labels', 'serviceAccount', 'node', 'hostNetwork', 'phase'] as const),
      ...(['deleting', 'addresses', 'created', 'workload'] as const),
    ],
  },
);

it('changes nothing of a pod', () => {
  const texts = new SharedTexts();
  const property = fc.property(pods, (pod) => {
    const kept = sharedPod(pod, texts);
    expect(kept).toEqual({ ...pod });
    expect(Object.keys(kept).sort()).toEqual(Object.keys(pod).sort());
  });
  fc.assert(property, { seed: 20260101, numRuns: 500 });
});

it('gives equal labels as one object, and others as others', () => {
  const texts = new SharedTexts();
  const [sample] = fc.sample(pods, { seed: 1, numRuns: 1 });
  const labelsOf = (labels: Pod['labels']): Pod['labels'] => sharedPod({ ...sample!, labels }, texts).labels;
  const first = labelsOf({ app: 'shop', 'pod-template-hash': '7' });
  expect(labelsOf({ app: 'shop', 'pod-template-hash': '7' })).toBe(first);
  expect(labelsOf({ app: 'shop', 'pod-template-hash': '8' })).toEqual({ app: 'shop', 'pod-template-hash': '8' });
});
