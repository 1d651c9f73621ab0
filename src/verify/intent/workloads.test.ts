import { expect, it } from 'vitest';
import type { EgressApproval, EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { digestOf, contentToReview } from '../../core/approval/reviewed-policy.ts';
import { SnapshotKeeper } from '../../core/model/snapshot-keeper.ts';
import { changesOf, namespace, pod, policy } from '../../core/compile/testing/builders.ts';
import { remainingFrom } from '../values/time.ts';
import { readIntent } from './intent.ts';
import { policiesOfPods } from './workloads.ts';

const to = [{ networks: ['203.0.113.0/24'], ports: [{ port: 443, protocol: 'TCP' as const }] }];

function text(generation: number, matchLabels: Readonly<Record<string, string>>): EgressPolicy {
  return policy('shop/web', { subject: { podSelector: { matchLabels } }, to }, { generation, uid: 'uid-1' });
}

/** Of a text that the controller has seen. */
function approvalOf(approved: EgressPolicy): EgressApproval {
  const { uid, generation } = approved.metadata;
  return {
    apiVersion,
    kind: 'EgressApproval',
    metadata: { ...approved.metadata, name: 'a', creationTimestamp: '2026-05-30T00:00:00Z' },
    spec: {
      policy: { name: 'web', uid, generation, digest: digestOf(contentToReview(approved)) },
      decision: 'Approved',
      approver: 'bob',
      until: '2026-07-01T00:00:00Z',
    },
    status: { policy: contentToReview(approved) },
  };
}

const waitsForApproval: EgressDelegation = {
  apiVersion,
  kind: 'EgressDelegation',
  metadata: { name: 'd', uid: 'd', generation: 1, labels: {}, annotations: {} },
  spec: {
    allNamespaces: true,
    destinations: 'Any',
    widestNetwork: { ipv4: 25, ipv6: 48 },
    ports: [{ port: 443, protocol: 'TCP' }],
    denyRules: 'Forbidden',
    maxDestinations: 10,
    beyond: 'WaitForApproval',
    approval: { fourEyes: 'NotRequired', maxDays: 90 },
  },
};

it('tells pods apart by what a text asks for that was approved and is written no more', () => {
  const cluster = new SnapshotKeeper();
  const pods = ['a', 'b'].map((tier) => pod(`shop/${tier}`, { labels: { app: 'web', tier } }));
  cluster.apply(
    changesOf({
      namespaces: [namespace('shop')],
      pods,
      egressPolicies: [text(2, { app: 'web' })],
      egressDelegations: [waitsForApproval],
      egressApprovals: [approvalOf(text(1, { tier: 'a' }))],
    }),
  );
  const remaining = remainingFrom(Date.parse('2026-06-01T00:00:00Z'));
  const [alone, together] = [readIntent(cluster.snapshot(), remaining), policiesOfPods(cluster.snapshot(), remaining)];
  const keys = pods.map((one) => alone(one).key);
  expect(new Set(keys).size).toBe(2);
  expect(pods.map((one) => together(one).key)).toEqual(keys);
});
