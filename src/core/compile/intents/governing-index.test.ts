import { expect, it } from 'vitest';
import type { EgressApproval } from '../../../api/kinds.ts';
import { apiVersion } from '../../../api/meta.ts';
import { GoverningIndex } from './governing-index.ts';

const approval = (uid: string, status?: object): EgressApproval => ({
  apiVersion,
  kind: 'EgressApproval',
  metadata: { namespace: 'shop', name: 'a', uid, generation: 1, labels: {}, annotations: {} },
  spec: {
    policy: { name: 'web', uid: 'uid-web', generation: 1, digest: 'f'.repeat(64) },
    decision: 'Approved',
    approver: 'bob',
    until: '2027-01-01T00:00:00Z',
  },
  ...(status && { status }),
});

it('remembers that an approval is over, whatever comes of it from the cluster, and not of another of its name', () => {
  const index = new GoverningIndex();
  const known = (): number | undefined => index.supersededBy('shop/a');
  index.setApproval('shop/a', approval('uid-1'));
  index.supersede(approval('uid-1'), 2);
  expect(known()).toBe(2);
  // Written before that was known.
  expect(index.setApproval('shop/a', approval('uid-1', { ready: 'True' }))).toEqual(['shop/web']);
  expect(known()).toBe(2);
  expect(index.setApproval('shop/a', approval('uid-1', { supersededBy: 3 }))).toEqual(['shop/web']);
  expect(known()).toBe(3);
  // Deleted and made anew between two lists.
  expect(index.setApproval('shop/a', approval('uid-2'))).toEqual(['shop/web']);
  expect(known()).toBeUndefined();
});
