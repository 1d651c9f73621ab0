import { afterEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/model/plan.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { MemoryDesiredStore } from '../../../src/store/memory-store.ts';
import { monday, oneGroup, oneGroupEach, sealed } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { VirtualTime } from '../../../test/kit/virtual-time.ts';
import { virtualWorker } from '../../../test/kit/virtual-worker.ts';
import { azureFirewall } from '../adapter.ts';
import { startAzureFirewall, type AzureOptions, type AzureSimulator } from '../simulator/simulator.ts';
import { texts } from '../../../kit/simulator/json-values.ts';
import { enforced, ids, ofType, propertiesOf } from '../simulator/state.ts';
import { harness } from '../testing/harness.ts';
import { idsIn } from './policy.ts';

let simulator: AzureSimulator | undefined;
afterEach(() => simulator?.close());

/** Every request takes a second. */
async function rigWith(
  options: Partial<AzureOptions> = {},
  config: JsonObject = {},
): Promise<{ readonly rig: Rig; readonly azure: AzureSimulator }> {
  const azure = await startAzureFirewall({
    port: 0,
    operationMs: 3_000,
    now: (requests) => requests * 1_000,
    ...options,
  });
  simulator = azure;
  return { azure, rig: new Rig(azureFirewall, harness(azure, config)) };
}

const accepts = (azure: AzureSimulator, src: string, dst = '203.0.113.5'): boolean =>
  azure.verdict({ src, dst, port: 443, protocol: 'TCP' }).action === 'Accept';
const written = (azure: AzureSimulator): readonly string[] =>
  azure
    .requests()
    .filter(({ method }) => method !== 'GET' && method !== 'POST')
    .map(({ method, path }) => `${method} ${/(ipGroups|ruleCollectionGroups)/.exec(path)?.[0] ?? path}`);

describe('a change', () => {
  it('of several groups and rules is one update of the firewall, at one instant', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(oneGroupEach(['10.0.0.1', '10.0.0.2', '10.0.0.3']));
    const before = written(azure).length;
    await rig.settle(oneGroupEach(['10.0.0.4', '10.0.0.5', '10.0.0.3']));
    expect(written(azure).slice(before)).toEqual([
      'PUT ipGroups',
      'PUT ipGroups',
      'PUT ruleCollectionGroups',
      'DELETE ipGroups',
      'DELETE ipGroups',
    ]);
  });

  it('never touches an IP group that a rule names', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(monday);
    const named = new Set(ofType(azure.state, 'ipGroups').map(({ id }) => id));
    azure.onRequest(({ method, path }) => {
      if (method === 'PUT' && named.has(path.split('?')[0] ?? '')) throw new Error(`${path} was in use`);
    });
    for (const members of [['10.0.0.1'], [], ['10.0.0.2', '10.0.0.3']]) await rig.settle(oneGroup(members));
  });

  it('beside a rule that somebody has changed leaves that rule what it names', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1']));
    rig.harness.plantForeign();
    const office = ids.ipGroup('office');
    azure.edit((state) =>
      ofType(state, 'ruleCollectionGroups')
        .filter(({ id }) => id.endsWith('pn-east-rules'))
        .reduce((all, { type, id, body }) => {
          const text = JSON.stringify(body).replace(/"sourceIpGroups":\[/, `$&"${office}",`);
          return enforced(all, { type, id, body: JSON.parse(text) as JsonObject });
        }, state),
    );
    const { session } = await rig.connect();
    const { resources } = await session.observe();
    const name = resources.find(({ kind }) => kind === 'ip-group')?.name ?? '';
    const key = { kind: 'ip-group', name };
    const change: Change = { key, op: 'members', phase: 'extend', add: ['10.0.0.2'], remove: [] };
    const batch = { changes: [change], atomic: true, nativeCalls: 1 };
    const outcomes = await session.send(batch, new AbortController().signal);
    expect(outcomes).toMatchObject([{ result: 'pending' }]);
    await rig.ended(outcomes);
    expect(['10.0.0.1', '10.0.0.2', '192.168.0.1'].map((src) => accepts(azure, src))).toEqual([true, true, true]);
  });

  it('that leaves a group without members keeps its rule: a denying one would be a hole', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(sealed);
    const emptied = { ...sealed, groups: sealed.groups.map((group) => ({ ...group, members: [] })) };
    await rig.settle(emptied);
    const contents = ofType(azure.state, 'ipGroups').map((group) => texts(propertiesOf(group)['ipAddresses']));
    expect(contents).toEqual([['255.255.255.255'], ['255.255.255.255']]);
    expect(accepts(azure, '10.0.0.1', '198.51.100.7')).toBe(false);
  });

  it('of a policy with several pages of IP groups reads them all', async () => {
    const { rig } = await rigWith({ pageSize: 2 });
    const state = oneGroupEach(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']);
    await rig.settle(state);
    rig.crash();
    expect((await rig.settle(state)).plan.changes).toEqual([]);
  });
});

describe('an update that is at work', () => {
  const minute = 60_000;

  it('is asked after by whichever worker there is, and never sent again', async () => {
    const time = new VirtualTime(Date.UTC(2026, 10, 29));
    const azure = await startAzureFirewall({ port: 0, operationMs: 4 * minute, now: () => time.clock.now() });
    simulator = azure;
    const store = new MemoryDesiredStore();
    const first = virtualWorker(time, azureFirewall, harness(azure), { store });
    await first.publish(() => oneGroup(['10.0.0.1']));
    await time.runUntil(time.clock.now() + minute);
    expect(first.reports.at(-1)).toMatchObject({ pending: [{ deviceSays: 'InProgress' }] });
    const second = virtualWorker(time, azureFirewall, harness(azure), { store });
    await time.runUntil(time.clock.now() + 5 * minute);
    expect(second.reports.at(-1)).toMatchObject({ result: { state: 'programmed' } });
    expect(written(azure).filter((one) => one === 'PUT ruleCollectionGroups')).toHaveLength(1);
    expect(accepts(azure, '10.0.0.1')).toBe(true);
  });

  it('without an end is given up, and told with what can be done', async () => {
    const time = new VirtualTime(Date.UTC(2026, 10, 29));
    const azure = await startAzureFirewall({ port: 0, operationMs: Infinity, now: () => time.clock.now() });
    simulator = azure;
    const worker = virtualWorker(time, azureFirewall, harness(azure));
    await worker.publish(() => oneGroup(['10.0.0.1']));
    await time.runUntil(time.clock.now() + 25 * minute);
    const errors = worker.reports.flatMap((report) => ('error' in report ? [report.error.message] : []));
    expect(errors).toEqual([
      expect.stringMatching(/has been at work on .* since .*InProgress.* longer than 20 minutes/),
    ]);
    expect(worker.reports.at(-1)).toMatchObject({
      result: { state: 'activating', evidence: 'The rule collection group is Updating' },
    });
    const before = azure.requests().length;
    await time.runUntil(time.clock.now() + 60 * minute);
    expect(azure.requests().length - before).toBeLessThan(60 * 3 * 8);
  });

  it('of somebody else keeps ours waiting, and nothing is written beside it', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1']));
    azure.edit((state) => ({
      ...state,
      operations: new Map([
        ...state.operations,
        [
          'theirs',
          {
            id: 'theirs',
            target: 'theirs',
            puts: true,
            endsAt: 1e9,
            occupies: [ids.firewall.toLowerCase()],
            hasEnded: false,
          },
        ],
      ]),
    }));
    const { error } = await rig.sync(oneGroup(['10.0.0.2']));
    expect([error?.errorClass, error?.message]).toEqual([
      'busy',
      expect.stringMatching(/Firewall edge-firewall is Updating/),
    ]);
    expect(written(azure).filter((one) => one === 'PUT ruleCollectionGroups')).toHaveLength(1);
  });
});

describe('an update that fails', () => {
  it('is told in the words of Azure, leaves what was in force, and is put again', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1']));
    azure.failNext({ code: 'InternalServerError', message: 'faulted' });
    const { error } = await rig.sync(oneGroup(['10.0.0.2']));
    expect([error?.errorClass, error?.message]).toEqual([
      'failed',
      expect.stringMatching(/given up .*InternalServerError: faulted.*put again/),
    ]);
    expect(['10.0.0.1', '10.0.0.2'].map((src) => accepts(azure, src))).toEqual([true, false]);
    await rig.settle(oneGroup(['10.0.0.2']));
    expect(['10.0.0.1', '10.0.0.2'].map((src) => accepts(azure, src))).toEqual([false, true]);
  });

  it('of somebody else is a condition of its own', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1']));
    azure.edit((state) => ({ ...state, failed: new Set([ids.firewall.toLowerCase()]) }));
    const { state, error } = await rig.sync(oneGroup(['10.0.0.1']));
    expect([state, error?.errorClass, error?.message]).toEqual([
      'failed',
      'failed',
      expect.stringMatching(/^Firewall edge-firewall is in state Failed.*az network firewall update/),
    ]);
  });

  it('is no drift where ids come back in another case, or with another etag', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(monday);
    azure.edit((state) => ({
      ...state,
      resources: new Map(
        [...state.resources].map(([id, one]) => [id, { ...one, etag: 'other', body: inOtherCase(one.body) }]),
      ),
    }));
    expect((await rig.settle(monday)).plan.changes).toEqual([]);
  });
});

describe('a policy', () => {
  it('that Azure itself writes is left alone', async () => {
    const { rig } = await rigWith({ policy: { afcManaged: true } });
    expect((await rig.sync(monday)).error).toMatchObject({
      errorClass: 'foreign-owned',
      message: expect.stringMatching(/afcManaged/) as unknown,
    });
  });

  it('whose collection group of our name is not ours is left alone', async () => {
    const { rig, azure } = await rigWith();
    azure.edit((state) =>
      enforced(state, {
        type: 'ruleCollectionGroups',
        id: ids.rules('pn-east-rules'),
        body: { properties: { priority: 900, ruleCollections: [theirs] } },
      }),
    );
    const { foreign } = await rig.sync(monday);
    expect(foreign).toContainEqual(expect.objectContaining({ kind: 'rule-collection-group', name: 'pn-east-rules' }));
    expect(written(azure).filter((one) => one.includes('ruleCollectionGroups'))).toEqual([]);
  });

  it('whose priority is taken gets our rules at the next', async () => {
    const { rig, azure } = await rigWith({}, { priority: 2_000 });
    rig.harness.plantForeign();
    await rig.settle(monday);
    const ours = ofType(azure.state, 'ruleCollectionGroups').find(({ id }) => id.endsWith('pn-east-rules'));
    expect(ours && propertiesOf(ours)['priority']).toBe(2_001);
  });

  it('is asked after firewalls in resource groups with whatever letters, and after nothing that is no id', () => {
    const zurich = '/subscriptions/1/resourceGroups/Zürich_(ch)/providers/Microsoft.Network/azureFirewalls/edge';
    expect(idsIn([{ id: zurich }, { id: '//evil.example.com/x' }, { id: `${zurich}?x=1` }])).toEqual([zurich]);
  });

  it('without a DNS proxy has names in application rules alone', async () => {
    const { rig } = await rigWith({ policy: { dnsSettings: { enableProxy: false } } });
    const { context } = await rig.connect();
    expect(context.capabilities.choices['names']?.value).toBe('application rules only');
  });
});

const theirs = {
  ruleCollectionType: 'FirewallPolicyFilterRuleCollection',
  name: 'out',
  priority: 100,
  action: { type: 'Allow' },
  rules: [
    {
      ruleType: 'NetworkRule',
      name: 'x',
      ipProtocols: ['Any'],
      sourceAddresses: ['192.168.0.1'],
      destinationAddresses: ['*'],
      destinationPorts: ['*'],
    },
  ],
};

describe('Azure', () => {
  const said = (
    status: number,
    code: string,
    message = 'said',
  ): { readonly status: number; readonly body: string } => ({
    status,
    body: JSON.stringify({ error: { code, message } }),
  });

  it.each([
    ['a lock', said(409, 'ScopeLocked'), 'forbidden', /a lock stops it/],
    ['a deny assignment', said(403, 'DenyAssignmentAuthorizationFailed'), 'forbidden', /deny assignment/],
    [
      'a right that is missing',
      said(403, 'AuthorizationFailed', "perform action 'Microsoft.Network/ipGroups/write'"),
      'forbidden',
      /ipGroups\/write/,
    ],
    ['a policy of Azure', said(403, 'RequestDisallowedByPolicy'), 'forbidden', /forbids it/],
    ['another update', said(409, 'AnotherOperationInProgress'), 'busy', /another operation/],
    ['a limit', said(400, 'QuotaExceeded'), 'quota', /limit of the subscription/],
    [
      'details that say more',
      {
        status: 400,
        body: JSON.stringify({
          error: { code: 'BadRequest', message: 'm', details: [{ code: 'ScopeLocked', message: 'd' }] },
        }),
      },
      'forbidden',
      /a lock/,
    ],
  ] as const)('that refuses a write for %s is told so', async (_, answer, errorClass, message) => {
    const { rig, azure } = await rigWith();
    azure.fault({ kind: 'answer', match: 'PUT', times: 1_000, ...answer });
    const { error, quarantined } = await rig.sync(monday);
    const told = error ?? quarantined[0]?.error;
    expect([told?.errorClass, told?.message]).toEqual([errorClass, expect.stringMatching(message)]);
  });

  it('that answers an update with null, as where it changes nothing, is believed what is read back', async () => {
    const { rig, azure } = await rigWith();
    azure.fault({ kind: 'answer', match: 'PUT .*ruleCollectionGroups', status: 200, body: 'null' });
    const result = await rig.sync(monday);
    expect(result.state).toBe('programmed');
    rig.expectAsDesired(monday, result);
  });

  it.each([
    ['a subscription', said(404, 'SubscriptionNotFound'), 'invalid', /config\.subscriptionId/],
    ['a resource group', said(404, 'ResourceGroupNotFound'), 'invalid', /config\.resourceGroup/],
    ['a tenant', said(401, 'InvalidAuthenticationTokenTenant'), 'auth', /config\.tenantId/],
    ['a time', said(401, 'ExpiredAuthenticationToken'), 'auth', /clock of the node/],
  ] as const)('that does not know %s is told what to look at', async (_, answer, errorClass, message) => {
    const { rig, azure } = await rigWith();
    azure.fault({ kind: 'answer', match: 'GET', times: 1_000, ...answer });
    const { error } = await rig.sync(monday);
    expect([error?.errorClass, error?.message]).toEqual([errorClass, expect.stringMatching(message)]);
  });

  it('that names an operation at another host is not followed there with a token', async () => {
    const { rig, azure } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1']));
    const elsewhere = JSON.stringify({ value: [], nextLink: 'https://evil.example.com/more' });
    azure.fault({ kind: 'answer', match: 'GET .*ipGroups\\?', status: 200, body: elsewhere, times: 1 });
    expect((await rig.sync(oneGroup([]))).error?.message).toMatch(/at another host/);
    expect(accepts(azure, '10.0.0.1')).toBe(true);
  });
});

function inOtherCase(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body).replaceAll('/resourceGroups/edge/', '/resourcegroups/EDGE/')) as JsonObject;
}
