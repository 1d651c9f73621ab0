import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { TableRule } from '../../../src/core/model/table.ts';
import { readTable } from '../../../src/verify/perimeter/table.ts';
import { oneGroup } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { azureFirewall } from '../adapter.ts';
import { startAzureFirewall, type AzureSimulator } from '../simulator/simulator.ts';
import { enforced, ids, names, type State } from '../simulator/state.ts';
import { harness } from '../testing/harness.ts';

let azure: AzureSimulator;
afterEach(() => azure.close());

/** With one group of ours: 10.0.0.1 may reach 203.0.113.5:443. */
async function programmed(): Promise<Rig> {
  azure = await startAzureFirewall({ port: 0, operationMs: 3_000, now: (requests) => requests * 1_000 });
  const rig = new Rig(azureFirewall, harness(azure));
  await rig.settle(oneGroup(['10.0.0.1']));
  return rig;
}

const networkRule = (name: string, more: JsonObject = {}): JsonObject => ({
  ruleType: 'NetworkRule',
  name,
  ipProtocols: ['TCP'],
  sourceAddresses: ['10.0.0.0/24'],
  destinationAddresses: ['203.0.113.0/24'],
  destinationPorts: ['443'],
  ...more,
});
const applicationRule = (name: string, more: JsonObject = {}): JsonObject => ({
  ruleType: 'ApplicationRule',
  name,
  sourceAddresses: ['*'],
  protocols: [{ protocolType: 'Https', port: 443 }],
  targetFqdns: ['*.example.com'],
  ...more,
});

interface Their {
  readonly priority: number;
  readonly action?: string;
  readonly rules: readonly JsonObject[];
  /** Of another policy than that of ours. */
  readonly policy?: string;
}

const theirId = ({ policy = ids.policy, priority }: Their): string => `${policy}/ruleCollectionGroups/at-${priority}`;

function put(state: State, their: Their): State {
  const { priority, action = 'Allow', rules } = their;
  const collection = {
    ruleCollectionType: 'FirewallPolicyFilterRuleCollection',
    ...{ name: 'theirs', priority: 100, action: { type: action }, rules },
  };
  const properties = { priority, ruleCollections: [collection] };
  return enforced(state, { type: 'ruleCollectionGroups', id: theirId(their), body: { properties } });
}

const policyId = (name: string): string => ids.policy.replace(names.policy, name);

/** A policy above ours, and one below it that a second firewall uses. */
function family(state: State): State {
  const { location } = names;
  const policy = (id: string, properties: JsonObject) =>
    ({ type: 'firewallPolicies', id, body: { location, properties } }) as const;
  const properties = { firewallPolicy: { id: policyId('below') } };
  const body = { location, properties };
  return [
    policy(policyId('above'), {}),
    policy(ids.policy, { basePolicy: { id: policyId('above') }, dnsSettings: { enableProxy: true } }),
    policy(policyId('below'), { basePolicy: { id: ids.policy } }),
    { type: 'azureFirewalls' as const, id: ids.firewall.replace(names.firewall, 'second'), body },
  ].reduce(enforced, state);
}

async function rulesNow(rig: Rig): Promise<readonly TableRule[]> {
  const { session, context } = await rig.connect();
  const { resources, others } = await session.observe();
  return azureFirewall.table!(resources, context as never, others).rules;
}

const told = (rules: readonly TableRule[]): readonly string[] =>
  rules.map(({ name, action, foreign, doubt }) =>
    foreign ? `${name} ${action}${doubt === undefined ? '' : ` ? ${doubt}`}` : 'ours',
  );

describe('rules of others', () => {
  it('are read in the order in which firewalls ask them: policies above, the same one, those below', async () => {
    const rig = await programmed();
    azure.edit((state) =>
      [
        { priority: 64_000, policy: policyId('above'), rules: [networkRule('first')] },
        { priority: 200, action: 'Deny', rules: [networkRule('second')] },
        { priority: 5_000, rules: [networkRule('third')] },
        { priority: 100, rules: [applicationRule('names')] },
        { priority: 100, policy: policyId('below'), rules: [networkRule('last')] },
      ].reduce(put, family(state)),
    );
    expect(told(await rulesNow(rig))).toEqual([
      'at-64000/first Accept',
      'at-200/second Deny',
      'ours',
      'at-5000/third Accept',
      'at-100/last Accept ? only firewalls of policy below',
      'at-100/names Accept',
    ]);
  });

  it('decide in the table as the firewall decides', async () => {
    const rig = await programmed();
    const office = { type: 'ipGroups', id: ids.ipGroup('office') } as const;
    azure.edit((state) =>
      [
        { priority: 64_000, policy: policyId('above'), rules: [networkRule('high', { destinationPorts: ['80-90'] })] },
        { priority: 200, action: 'Deny', rules: [networkRule('range', { sourceAddresses: ['10.0.0.1-10.0.0.3'] })] },
        {
          priority: 300,
          rules: [networkRule('group', { sourceAddresses: [], sourceIpGroups: [office.id.toUpperCase()] })],
        },
        { priority: 2_000, rules: [applicationRule('names')] },
        { priority: 3_000, rules: [networkRule('udp', { ipProtocols: ['UDP', 'ICMP'], destinationPorts: ['*'] })] },
      ].reduce(put, enforced(family(state), { ...office, body: { properties: { ipAddresses: ['10.0.0.0/29'] } } })),
    );
    const rules = await rulesNow(rig);
    expect(rules.flatMap(({ doubt }) => doubt ?? [])).toEqual([]);
    const decide = readTable({ rules, fallback: 'Deny' });
    const flows = ['10.0.0.1', '10.0.0.4', '10.0.0.9', '192.0.2.1'].flatMap((src) =>
      [80, 443, 8443].flatMap((port) =>
        [{ dst: '203.0.113.5' }, { host: 'a.example.com' }].flatMap((to) =>
          (['TCP', 'UDP'] as const).map((protocol) => ({ src, port, protocol, ...to })),
        ),
      ),
    );
    const decided = flows.map((flow) => decide(flow).action);
    expect(decided).toEqual(flows.map((flow) => azure.verdict(flow).action));
    expect(new Set(decided).size).toBe(2);
  });

  it('of which something is not understood may match less than is said', async () => {
    const rig = await programmed();
    const rules = [
      networkRule('tag', { destinationAddresses: ['AzureCloud'] }),
      networkRule('geo', { sourceGeoLocations: ['CH'] }),
      networkRule('pods', { sourceAddresses: [], sourceKubeSelectorGroups: [`${ids.policy}/kubeSelectorGroups/x`] }),
      networkRule('unsaid', { sourceAddresses: [] }),
      networkRule('gone', { sourceAddresses: [], sourceIpGroups: [ids.ipGroup('nowhere')] }),
      networkRule('portless', { destinationPorts: [] }),
      networkRule('odd', { destinationPorts: ['https'] }),
      networkRule('ping', { ipProtocols: ['ICMP'], destinationPorts: ['*'] }),
    ];
    const application = [applicationRule('category', { targetFqdns: [], webCategories: ['gambling'] })];
    azure.edit((state) =>
      [
        { priority: 200, rules },
        { priority: 300, rules: application },
      ].reduce(put, state),
    );
    expect(told(await rulesNow(rig))).toEqual([
      'at-200/tag Accept ? AzureCloud',
      'at-200/geo Accept ? sourceGeoLocations',
      'at-200/pods Accept ? sourceKubeSelectorGroups, sources',
      'at-200/unsaid Accept ? sources',
      'at-200/gone Accept ? sourceIpGroups, sources',
      'at-200/portless Accept ? ports',
      'at-200/odd Accept ? port https',
      'ours',
      'at-300/category Accept ? destination, webCategories',
    ]);
  });

  it('about an IP group that is empty are skipped', async () => {
    const rig = await programmed();
    const office = { type: 'ipGroups', id: ids.ipGroup('office') } as const;
    azure.edit((state) =>
      put(enforced(state, { ...office, body: { properties: { ipAddresses: [] } } }), {
        priority: 200,
        rules: [networkRule('empty', { sourceAddresses: [], sourceIpGroups: [office.id] })],
      }),
    );
    expect(told(await rulesNow(rig))).toEqual(['ours']);
  });

  it('in policies that name each other as their base are unknown, and are not asked for ever', async () => {
    const rig = await programmed();
    azure.edit(family);
    azure.edit((state) =>
      enforced(state, {
        type: 'firewallPolicies',
        id: policyId('above'),
        body: { location: names.location, properties: { basePolicy: { id: policyId('above') } } },
      }),
    );
    expect(told(await rulesNow(rig)).filter((one) => one.includes('policy above'))).toHaveLength(2);
  });

  it('in a policy above that may not be read are unknown', async () => {
    const rig = await programmed();
    azure.edit(family);
    const body = JSON.stringify({ error: { code: 'AuthorizationFailed', message: '' } });
    azure.fault({ kind: 'answer', match: 'GET .*/above', times: 10, status: 403, body });
    const [accepts, denies, ...rest] = told(await rulesNow(rig));
    expect([accepts, denies]).toEqual(
      ['Accept', 'Deny'].map((action) => expect.stringContaining(`policy above ${action} ? `) as unknown),
    );
    expect(rest).toEqual(['ours']);
  });

  it('that translate addresses come before all others, and are not understood', async () => {
    const rig = await programmed();
    const rules = [
      { ...networkRule('in'), ruleType: 'NatRule', translatedAddress: '10.9.9.9', translatedPort: '8443' },
    ];
    azure.edit((state) => put(state, { priority: 64_000, action: 'DNAT', rules }));
    expect(told(await rulesNow(rig))).toEqual(['at-64000/in Accept ? translatedAddress, translatedPort', 'ours']);
  });
});
