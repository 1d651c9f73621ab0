import { expect, it } from 'vitest';
import type { EgressApproval, EgressPolicy } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import * as build from '../compile/testing/builders.ts';
import { digestOf, contentToReview } from './reviewed-policy.ts';
import { supersededBy, supersededNow } from './superseded.ts';

function policyOf(generation: number, networks: string[], uid = 'uid-1'): EgressPolicy {
  const to = [{ networks, ports: [{ port: 443, protocol: 'TCP' as const }] }];
  return build.policy('shop/web', { to }, { generation, uid });
}

/** Of a text of the policy, which the controller has seen. */
function approvalOf(policy: EgressPolicy, name = 'a'): EgressApproval {
  const { uid, generation } = policy.metadata;
  return {
    apiVersion,
    kind: 'EgressApproval',
    metadata: { ...policy.metadata, name, annotations: {} },
    spec: {
      policy: { name: 'web', uid, generation, digest: digestOf(contentToReview(policy)) },
      decision: 'Approved',
      approver: 'bob',
      until: '2027-01-01T00:00:00Z',
    },
    status: { policy: contentToReview(policy) },
  };
}

const [narrow, wide] = [['192.0.2.0/25'], ['192.0.2.0/24']];

it.each([
  { what: 'what the text in force permits still', about: [1, narrow], now: [2, wide], ended: false, over: [] },
  { what: 'what the text in force gave up', about: [1, wide], now: [2, narrow], ended: false, over: [2] },
  { what: 'what was given before one whose time is over', about: [1, narrow], now: [2, wide], ended: true, over: [2] },
  { what: 'the text in force', about: [2, wide], now: [2, wide], ended: true, over: [] },
  { what: 'a text that is not in force yet', about: [3, wide], now: [2, narrow], ended: false, over: [] },
] as const)('an approval of $what is over by $over', ({ about, now, ended, over }) => {
  const [generation, approved] = about;
  const written = policyOf(3, generation === 3 ? [...approved] : ['198.51.100.0/24']);
  const approval = approvalOf(generation === 3 ? written : policyOf(generation, [...approved]));
  const settled = { policy: policyOf(now[0], [...now[1]]), approval: undefined, ended };
  expect([...supersededNow([approval], written, settled).values()]).toEqual(over);
});

it('nothing is over by another policy of the name, nor while only one that waits is there', () => {
  const approval = approvalOf(policyOf(1, [...wide], 'uid-0'));
  const policy = policyOf(2, [...narrow]);
  expect(supersededNow([approval], policy, { policy, approval: undefined, ended: false }).size).toBe(0);
  expect(supersededNow([approvalOf(policyOf(1, [...wide]))], policy, undefined).size).toBe(0);
});

it('is known by its status, and by no other text there', () => {
  const approval = approvalOf(policyOf(1, [...wide]));
  expect(supersededBy(approval)).toBeUndefined();
  expect(supersededBy({ ...approval, status: { supersededBy: 4 } })).toBe(4);
  expect(supersededBy({ ...approval, status: { supersededBy: 'soon' } })).toBeUndefined();
});
