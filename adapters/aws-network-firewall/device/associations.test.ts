import { afterEach, describe, expect, it } from 'vitest';
import type { GroupSubject } from '../../../src/core/model/desired.ts';
import { stateOfSubjects } from '../../../test/kit/following.ts';
import { oneGroup } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { awsNetworkFirewall } from '../adapter.ts';
import { startAwsNetworkFirewall, type AwsOptions, type AwsSimulator } from '../simulator/simulator.ts';
import { withItem } from '../../../kit/simulator/held-state.ts';
import { harness } from '../testing/harness.ts';

let simulator: AwsSimulator | undefined;
afterEach(() => simulator?.close());

const cluster = 'arn:aws:eks:eu-west-1:123456789012:cluster/east';

async function following(
  containers = {},
  options: Omit<AwsOptions, 'port'> = {},
): Promise<{ readonly rig: Rig; readonly aws: AwsSimulator }> {
  const aws = await startAwsNetworkFirewall({ port: 0, ...options });
  simulator = aws;
  const config = {
    sources: 'container-association',
    containers: { cluster, filtersCombine: true, ...containers },
  };
  return { aws, rig: new Rig(awsNetworkFirewall, harness(aws, config)) };
}

const shop: GroupSubject = { namespaces: ['shop'], namespaceSelector: {}, podSelector: {} };
const checkout: GroupSubject = { ...shop, podSelector: { matchLabels: { app: 'checkout' } } };

const stateFor = (subjects: readonly GroupSubject[], deniedFor: readonly GroupSubject[] = []) =>
  stateOfSubjects(subjects, deniedFor, ['198.51.100.0/24']);

const accepts = (aws: AwsSimulator, src: string): boolean =>
  aws.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' }).action === 'Accept';
const pods = [
  { namespace: 'shop', labels: { app: 'checkout' }, addresses: ['10.0.0.1', '2001:db8::1'] },
  { namespace: 'shop', labels: { app: 'cart' }, addresses: ['10.0.0.2'] },
  { namespace: 'bank', labels: { app: 'checkout' }, addresses: ['10.0.0.3'] },
];

describe('sources container-association', () => {
  it('say namespace and labels, and AWS follows the pods', async () => {
    const { rig, aws } = await following({}, { settleRequests: 3 });
    await rig.settle(stateFor([checkout]));
    expect([...aws.state.associations.values()].map(({ configurations, status }) => [configurations, status])).toEqual([
      [
        [
          {
            ClusterArn: cluster,
            AttributeFilters: [
              { Key: 'namespace', Value: 'shop' },
              { Key: 'app', Value: 'checkout' },
            ],
          },
        ],
        'ACTIVE',
      ],
    ]);
    const before = aws.requests().length;
    aws.edit((state) => ({ ...state, pods }));
    expect(['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((src) => accepts(aws, src))).toEqual([true, false, false]);
    expect(aws.requests()).toHaveLength(before);
  });

  it('are judged by the pods that match in the cluster', async () => {
    const { rig } = await following();
    await rig.settle(stateFor([checkout]));
    const { session, context } = await rig.connect();
    const { resources } = await session.observe();
    const { rules = [] } = awsNetworkFirewall.table?.(resources, context as never) ?? {};
    expect(rules.map(({ sources, pods: followed }) => [sources, followed])[0]).toEqual([
      [],
      [{ namespaces: ['shop'], podSelector: { matchLabels: { app: 'checkout' } } }],
    ]);
  });

  it('are one for each namespace, and none where there is none', async () => {
    const { rig, aws } = await following();
    await rig.settle(stateFor([{ ...shop, namespaces: ['bank', 'shop'] }]));
    aws.edit((state) => ({ ...state, pods }));
    expect([aws.state.associations.size, ...pods.map(({ addresses: [src = ''] }) => accepts(aws, src))]).toEqual([
      ...[2, true, true, true],
    ]);
    await rig.settle(stateFor([{ ...shop, namespaces: [] }]));
    expect([aws.state.associations.size, accepts(aws, '10.0.0.1')]).toEqual([0, false]);
  });

  it.each<[string, GroupSubject, RegExp, object?]>([
    ['ServiceAccounts', { ...shop, serviceAccounts: ['shop/a'] }, /AWS knows no ServiceAccounts/],
    [
      'expressions',
      { ...shop, podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
      /no matchExpressions but In with one value/,
    ],
    [
      'a label that is called as the namespace is',
      { ...shop, podSelector: { matchLabels: { namespace: 'a' } } },
      /a label is called/,
    ],
    [
      'labels, if nobody has said that filters combine',
      checkout,
      /filtersCombine does not say/,
      { filtersCombine: false },
    ],
  ])('leave out what they cannot say exactly: %s', async (_, subject, message, containers = {}) => {
    const { rig, aws } = await following(containers);
    const { losses } = await rig.settle(stateFor([subject, shop]));
    expect(losses.map(({ id, effect, code, message: told }) => [id, effect, code, message.test(told)])).toEqual([
      ['100000000000', 'rejected', 'not-for-associations', true],
    ]);
    expect(aws.state.associations.size).toBe(1);
  });

  it('accept nothing beneath a denying rule that they cannot say', async () => {
    const { rig, aws } = await following();
    const desired = stateFor([shop], [{ ...shop, serviceAccounts: ['shop/a'] }]);
    const { losses } = await rig.settle(desired);
    expect(losses.map(({ id, effect }) => [id, effect])).toEqual([
      [desired.rules[0]?.id, 'rejected'],
      [desired.rules[1]?.id, 'rejected'],
    ]);
    expect([aws.state.associations.size, aws.state.groups.size]).toEqual([0, 0]);
  });

  it('stand in rule groups of their own, up to thirty of them', async () => {
    const { rig, aws } = await following();
    const namespaces = Array.from({ length: 30 }, (_, at) => `n${at}`);
    const many = namespaces.map((namespace) => ({ ...shop, namespaces: [namespace] }));
    await rig.settle(stateFor(many.slice(0, 10)));
    expect([aws.state.associations.size, aws.state.groups.size]).toEqual([10, 1]);
    const lists = new Rig(awsNetworkFirewall, harness(aws, { addressFamilies: ['IPv4'] }));
    const desired = oneGroup(['10.0.0.1']);
    lists.expectAsDesired(desired, await lists.settle(desired));
    expect([aws.state.associations.size, aws.state.lists.size]).toEqual([0, 1]);
    await rig.settle(stateFor([shop]));
    expect([aws.state.associations.size, aws.state.lists.size]).toEqual([1, 0]);
  });

  it('are told and left alone where the name is taken, and one that is refused stops no other', async () => {
    const { rig, aws } = await following();
    const [taken] = await rig.lower(stateFor([shop]));
    const name = taken?.name ?? '';
    rig.harness.collide({ kind: 'container-association', name });
    const theirs = aws.state.associations.get(name);
    expect((await rig.sync(stateFor([shop]))).state).toBe('held');
    expect(aws.state.associations.get(name)).toBe(theirs);
    aws.edit((state) => ({ ...state, associations: withItem(state.associations, name, undefined) }));
    rig.harness.refuse({ kind: 'container-association', name });
    const result = await rig.sync(stateFor([shop, { ...shop, namespaces: ['bank'] }]));
    aws.edit((state) => ({ ...state, pods }));
    expect([result.state, accepts(aws, '10.0.0.3'), accepts(aws, '10.0.0.2')]).toEqual(['partial', true, false]);
  });

  it('are refused where the region does not have them, in words', async () => {
    const { rig, aws } = await following();
    aws.fault({ kind: 'error-before', status: 404, match: 'ListContainerAssociations', times: 10 });
    const { error } = await rig.sync(stateFor([shop]));
    expect([error?.errorClass, error?.message]).toEqual([
      'unsupported',
      expect.stringMatching(/the region does not have this operation/),
    ]);
  });

  it('are told labels, at vantage Labels, and know the cluster', () => {
    const base = { region: 'eu-west-1', firewall: 'edge' };
    const refused = (config: object, type: 'Pod' | 'Labels') =>
      awsNetworkFirewall.refusesVantage?.(type, awsNetworkFirewall.config.parse({ ...base, ...config }));
    const container = { sources: 'container-association', containers: { cluster } };
    expect([refused(container, 'Labels'), refused({}, 'Pod')]).toEqual([undefined, undefined]);
    expect([refused(container, 'Pod'), refused({}, 'Labels')]).toEqual([
      expect.stringMatching(/set vantage type Labels/),
      expect.stringMatching(/cannot work with Labels/),
    ]);
    expect(
      awsNetworkFirewall.config.safeParse({ ...base, sources: 'container-association' }).error?.issues,
    ).toMatchObject([{ path: ['containers'], message: expect.stringMatching(/needs it/) as string }]);
  });
});
