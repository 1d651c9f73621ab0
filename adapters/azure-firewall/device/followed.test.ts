import { afterEach, describe, expect, it } from 'vitest';
import type { GroupSubject } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { aGroup } from '../../../test/kit/builders.ts';
import { stateOfSubjects } from '../../../test/kit/following.ts';
import { oneGroup } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { azureFirewall } from '../adapter.ts';
import { startAzureFirewall, type AzureOptions, type AzureSimulator } from '../simulator/simulator.ts';
import { enforced, ofType, propertiesOf } from '../simulator/state.ts';
import { harness } from '../testing/harness.ts';

let azure: AzureSimulator;
afterEach(() => azure.close());

async function following(config: JsonObject = {}, options: Partial<AzureOptions> = {}): Promise<Rig> {
  azure = await startAzureFirewall({ port: 0, operationMs: 3_000, now: (requests) => requests * 1_000, ...options });
  azure.edit((state) => ({ ...state, pods }));
  return new Rig(azureFirewall, harness(azure, { sources: 'kube-selector-groups', selectorsCombine: true, ...config }));
}

const pods = [
  { namespace: 'shop', labels: { app: 'checkout' }, addresses: ['10.0.0.1'] },
  { namespace: 'shop', labels: { app: 'cart', tier: 'web' }, addresses: ['10.0.0.2'] },
  { namespace: 'bank', labels: { app: 'checkout' }, addresses: ['10.0.0.3'] },
];
const sources = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const accepted = (): readonly boolean[] =>
  sources.map((src) => azure.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' }).action === 'Accept');

const shop: GroupSubject = { namespaces: ['shop'], namespaceSelector: {}, podSelector: {} };
const checkout: GroupSubject = { ...shop, podSelector: { matchLabels: { app: 'checkout' } } };

const stateFor = (subjects: readonly GroupSubject[], deniedFor: readonly GroupSubject[] = []) =>
  stateOfSubjects(subjects, deniedFor, ['203.0.113.0/25']);

type LabelExpression = NonNullable<GroupSubject['podSelector']['matchExpressions']>[number];

const groupsThere = (): readonly JsonObject[] =>
  ofType(azure.state, 'kubeSelectorGroups').map((group) => propertiesOf(group));

describe('sources kube-selector-groups', () => {
  it('say namespaces and labels, and Azure follows the pods', async () => {
    const rig = await following();
    await rig.settle(stateFor([checkout]));
    expect(groupsThere()).toEqual([
      {
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop'] }],
        },
        podSelector: { matchLabels: { app: 'checkout' } },
      },
    ]);
    expect(accepted()).toEqual([true, false, false]);
    const before = azure.requests().length;
    azure.edit((state) => ({ ...state, pods: pods.map((pod) => ({ ...pod, labels: { app: 'checkout' } })) }));
    expect([accepted(), azure.requests().length]).toEqual([[true, true, false], before]);
  });

  it.each<readonly [LabelExpression, readonly boolean[]]>([
    [{ key: 'app', operator: 'In', values: ['checkout', 'cart'] }, [true, true, false]],
    [{ key: 'app', operator: 'NotIn', values: ['cart'] }, [true, false, false]],
    [{ key: 'tier', operator: 'Exists' }, [false, true, false]],
    [{ key: 'tier', operator: 'DoesNotExist' }, [true, false, false]],
  ])('say %o as it is', async (expression, expected) => {
    const rig = await following();
    await rig.settle(stateFor([{ ...shop, podSelector: { matchExpressions: [expression] } }]));
    expect(accepted()).toEqual(expected);
  });

  it('are judged by the pods that match in the cluster', async () => {
    const rig = await following();
    await rig.settle(stateFor([checkout]));
    const { session, context } = await rig.connect();
    const { resources } = await session.observe();
    expect(azureFirewall.table!(resources, context as never).rules).toMatchObject([
      { sources: [], pods: [{ namespaces: ['shop'], podSelector: { matchLabels: { app: 'checkout' } } }] },
    ]);
  });

  it('change at one instant when a namespace comes, and leave no group behind', async () => {
    const rig = await following();
    await rig.settle(stateFor([checkout], [shop]));
    await rig.settle(stateFor([{ ...checkout, namespaces: ['bank', 'shop'] }], [shop]));
    expect([accepted(), groupsThere().length]).toEqual([[false, false, true], 2]);
    await rig.settle(oneGroupless);
    expect(groupsThere()).toEqual([]);
  });

  it('leave out what selectors cannot say, and accept nothing beneath a denying rule of it', async () => {
    const rig = await following();
    const account = { ...shop, serviceAccounts: ['shop/web'] };
    const { context } = await rig.connect();
    const lowered = azureFirewall.lower(stateFor([checkout], [account]), context as never);
    expect([lowered.resources, lowered.losses.map(({ code, message }) => [code, message])]).toEqual([
      [],
      [
        ['not-for-selectors', 'Kube selector groups cannot express its subject: Azure knows no ServiceAccounts.'],
        ['not-for-selectors', expect.stringMatching(/a denying rule above it .* ServiceAccounts/)],
      ],
    ]);
  });

  it('take only whole namespaces until somebody says that all must match', async () => {
    const rig = await following({ selectorsCombine: false });
    await rig.settle(stateFor([shop]));
    expect([accepted(), groupsThere()[0]]).toEqual([
      [true, true, false],
      expect.not.objectContaining({ podSelector: expect.anything() as unknown }),
    ]);
    const { context } = await rig.connect();
    expect(azureFirewall.lower(stateFor([checkout]), context as never).losses).toMatchObject([
      { code: 'not-for-selectors', effect: 'rejected' },
    ]);
  });

  it('that somebody has changed are left alone, told, and not used any more', async () => {
    const rig = await following();
    await rig.settle(stateFor([checkout]));
    const [edited] = ofType(azure.state, 'kubeSelectorGroups');
    azure.edit((state) => enforced(state, { ...edited!, body: { properties: {} } }));
    expect(accepted()).toEqual([true, true, true]);
    const { foreign } = await rig.sync(stateFor([checkout]));
    expect(foreign).toMatchObject([{ kind: 'kube-selector-group' }]);
    expect([accepted(), groupsThere().length]).toEqual([[true, false, false], 2]);
  });

  it('take the place of IP groups, and give it back', async () => {
    const rig = await following();
    await rig.settle(stateFor([checkout]));
    const withAddresses = new Rig(azureFirewall, harness(azure));
    await withAddresses.settle({
      ...stateFor([checkout]),
      groups: [aGroup({ id: 'a00000000000', members: ['10.0.0.1'] })],
    });
    expect([accepted(), groupsThere(), ofType(azure.state, 'ipGroups').length]).toEqual([[true, false, false], [], 1]);
  });
});

const oneGroupless = { ...oneGroup([]), groups: [], rules: [] };

describe('are refused with a reason', () => {
  it('where the API of the cloud does not have them', async () => {
    const rig = await following({}, { version: '2025-05-01' });
    const { error } = await rig.sync(stateFor([checkout]));
    expect([error?.errorClass, error?.message]).toEqual([
      'unsupported',
      expect.stringMatching(/they need version 2026-03-01 of its API.*sources: ip-groups/),
    ]);
  });

  it('where a firewall knows no cluster', async () => {
    const rig = await following({}, { containers: false });
    const { error } = await rig.sync(stateFor([checkout]));
    expect([error?.errorClass, error?.message]).toEqual([
      'unsupported',
      expect.stringMatching(
        /^Firewall edge-firewall is not connected to a cluster.*control plane of Azure Firewall for Containers/,
      ),
    ]);
  });

  it('with any vantage but Labels, and Labels without them', () => {
    const config = (sources: string) => azureFirewall.config.parse({ ...azure.config, sources });
    expect(azureFirewall.refusesVantage?.('Node', config('kube-selector-groups'))).toMatch(/set vantage type Labels/);
    expect(azureFirewall.refusesVantage?.('Labels', config('kube-selector-groups'))).toBeUndefined();
    expect(azureFirewall.refusesVantage?.('Labels', config('ip-groups'))).toMatch(/sources ip-groups/);
  });
});

it('an older cloud works with IP groups, in the version that it has', async () => {
  azure = await startAzureFirewall({
    port: 0,
    operationMs: 3_000,
    now: (requests) => requests * 1_000,
    version: '2025-05-01',
  });
  const rig = new Rig(azureFirewall, harness(azure));
  await rig.settle(oneGroup(['10.0.0.1']));
  expect((await rig.connect()).context.capabilities.version).toBe('2025-05-01');
});

it('the newest version of the API is not given up for one thing that is not there in it for once', async () => {
  const rig = await following();
  await rig.settle(stateFor([checkout]));
  const { session } = await rig.connect();
  const before = await session.observe();
  const body = JSON.stringify({
    error: { code: 'InvalidResourceType', message: 'The resource type could not be found.' },
  });
  azure.fault({ kind: 'answer', match: 'GET .*kubeSelectorGroups', times: 1, status: 404, body });
  await expect(session.observe()).rejects.toThrow(/The resource type could not be found/);
  expect((await session.observe()).resources).toEqual(before.resources);
});
