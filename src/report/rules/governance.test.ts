import { expect, it } from 'vitest';
import type { Origin } from '../../core/model/desired.ts';
import { snapshotAfter } from '../../core/model/snapshot-keeper.ts';
import { changesOf, clusterPolicy, policy, service } from '../../core/compile/testing/builders.ts';
import { aDesiredRule } from '../testing/records.ts';
import { PolicyCatalogue } from './governance.ts';

const origin: Origin = { ...aDesiredRule().origin, externalService: 'github' };

function catalogue(own: object, shared: object): PolicyCatalogue {
  return new PolicyCatalogue(
    snapshotAfter(
      changesOf({
        egressPolicies: [policy('shop/a', { to: [], governance: own })],
        clusterEgressPolicies: [clusterPolicy('everyone', { egress: [], governance: { owner: 'security' } })],
        externalServices: [service('github', { governance: shared })],
      }),
    ),
  );
}

it('tells what the policy says, and beside it what its service says', () => {
  const known = catalogue(
    { owner: 'team-a', justification: 'source code', ticket: 'A-1' },
    { owner: 'team-dev', justification: 'hosts code', ticket: 'D-1' },
  );
  expect(known.governance(origin, '2027-01-31T00:00:00Z')).toEqual({
    owner: 'team-a',
    justification: 'source code',
    ticket: 'A-1',
    expiresAt: '2027-01-31T00:00:00Z',
    reviewBy: '',
    serviceOwner: 'team-dev',
    serviceJustification: 'hosts code',
    serviceTicket: 'D-1',
  });
});

it('says nothing where nobody would see what is said', () => {
  const unseen = { owner: '\u200b', justification: '\u3164 ' };
  expect(catalogue(unseen, unseen).governance(origin)).toMatchObject({
    owner: '',
    justification: '',
    serviceOwner: '',
    serviceJustification: '',
  });
});

it('finds the policies of the whole cluster', () => {
  const everyone = { ...origin, kind: 'ClusterEgressPolicy', namespace: '', name: 'everyone' } as const;
  expect(catalogue({}, {}).governance(everyone)?.owner).toBe('security');
});

it.each([
  ['2027-05-01', '2027-04-30T23:00:00Z', '2027-04-30T23:00:00Z'],
  ['2027-05-01', '2027-05-02', '2027-05-01'],
  ['2027-05-01', undefined, '2027-05-01'],
  [undefined, '2027-05-01', '2027-05-01'],
  [undefined, undefined, ''],
])('takes the earlier of two reviews: %s and %s', (own, shared, expected) => {
  const known = catalogue({ reviewBy: own }, { reviewBy: shared });
  expect(known.governance(origin)?.reviewBy).toBe(expected);
});

it('tells a policy that says nothing from one that does not exist any more', () => {
  expect(catalogue({}, {}).governance({ ...origin, externalService: '' })).toMatchObject({
    owner: '',
    serviceOwner: '',
  });
  expect(catalogue({}, {}).governance({ ...origin, name: 'gone' })).toBeNull();
});

it('asks nobody about the default of a point', () => {
  const own = { ...origin, kind: 'EnforcementPoint', namespace: '', name: 'edge' } as const;
  expect(catalogue({ owner: 'team-a' }, {}).governance(own)).toMatchObject({
    owner: '',
    serviceOwner: '',
    expiresAt: '',
  });
});
