import { withItem } from '../../../kit/simulator/held-state.ts';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { syncDelta } from '../../../src/worker/sync/sync-delta.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { monday, oneGroup, oneGroupEach, tuesday } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { stateOf } from '../../../test/kit/universe.ts';
import { awsNetworkFirewall } from '../adapter.ts';
import { attachedGroups } from '../simulator/state/state.ts';
import { anAccount, operations } from '../testing/an-account.ts';
import { harness } from '../testing/harness.ts';

const rigWith = anAccount();
const writes = (requests: Awaited<ReturnType<Rig['requestsDuring']>>): readonly string[] =>
  operations(requests.filter(({ wrote }) => wrote));

describe('a session with Network Firewall', () => {
  it('brings rules into force at one instant: in place in one rule group, by the policy in several', async () => {
    const { rig } = await rigWith();
    const eight = oneGroupEach(Array.from({ length: 8 }, (_, at) => `10.1.0.${at + 1}`));
    expect(writes(await rig.requestsDuring(() => rig.settle(eight))).slice(8)).toEqual([
      'CreateRuleGroup',
      'CreateRuleGroup',
      'UpdateFirewallPolicy',
    ]);
    const one = { ...eight, rules: eight.rules.map((rule, at) => (at === 0 ? { ...rule, log: true } : rule)) };
    expect(writes(await rig.requestsDuring(() => rig.settle(one)))).toEqual(['UpdateRuleGroup']);
    const all = { ...eight, rules: eight.rules.map((rule) => ({ ...rule, log: true })) };
    expect(
      writes(
        await rig.requestsDuring(() =>
          rig.settle({ ...all, rules: all.rules.with(0, { ...all.rules[0]!, log: false }) }),
        ),
      ),
    ).toEqual(['CreateRuleGroup', 'CreateRuleGroup', 'UpdateFirewallPolicy', 'DeleteRuleGroup', 'DeleteRuleGroup']);
  });

  it('reads what others have in the policy, before ours and behind them', async () => {
    const { rig, aws } = await rigWith();
    await rig.settle(monday);
    const { session, context } = await rig.connect();
    const tableNow = async (): Promise<readonly string[]> => {
      const { resources, others } = await session.observe();
      const { rules } = awsNetworkFirewall.table!(resources, context as never, others);
      const named = rules.map(({ foreign, name, doubt }) =>
        foreign ? `${name}${doubt === undefined ? '' : ' ?'}` : 'ours',
      );
      return named.filter((name, at) => name !== named[at - 1]);
    };
    expect(await tableNow()).toEqual(['ours']);
    const add = (name: string, RulesSource: JsonObject, Priority: number): void =>
      aws.edit((state) => {
        const [ours] = attachedGroups(state.policy);
        const model = state.groups.get(ours?.ResourceArn.split('/').at(-1) ?? '')!;
        const group = { ...model, name, description: '', document: { ...model.document, RulesSource } };
        const ResourceArn = ours!.ResourceArn.replace(/[^/]+$/, name);
        const references = [...attachedGroups(state.policy), { ResourceArn, Priority }];
        const document = { ...state.policy.document, StatefulRuleGroupReferences: references };
        return { ...state, groups: withItem(state.groups, name, group), policy: { ...state.policy, document } };
      });
    add('before', { RulesString: '# everybody\npass ip any any -> any any (sid:1;)' }, 1);
    const Header = {
      Protocol: 'TCP',
      Source: 'ANY',
      SourcePort: 'ANY',
      Direction: 'FORWARD',
      Destination: '10.0.0.0/8',
      DestinationPort: 'ANY',
    };
    add(
      'behind',
      { StatefulRules: [{ Action: 'PASS', Header, RuleOptions: [{ Keyword: 'sid', Settings: ['1'] }] }] },
      60_000,
    );
    expect(await tableNow()).toEqual(['before line 1', 'ours', 'behind line 1']);
    add(
      'names',
      { RulesSourceList: { Targets: ['.example.com'], TargetTypes: ['TLS_SNI'], GeneratedRulesType: 'ALLOWLIST' } },
      2,
    );
    expect(await tableNow()).toEqual(['before line 1', 'names ?', 'ours', 'behind line 1']);
    aws.edit((state) => {
      const document = { ...state.policy.document, StatelessDefaultActions: ['aws:pass'] };
      return { ...state, policy: { ...state.policy, document } };
    });
    expect((await tableNow())[0]).toBe('StatelessDefaultActions line 1');
  });

  it('puts no more references into a rule group, and no more rule groups into the policy, than they take', async () => {
    const { rig, aws } = await rigWith();
    await rig.settle(oneGroupEach(Array.from({ length: 23 }, (_, at) => `10.1.0.${at + 1}`)));
    expect(attachedGroups(aws.state.policy)).toHaveLength(5);
    const { session } = await rig.connect();
    expect((await session.observe()).usage).toEqual({ 'prefix-list': 23, 'rule-group': 5, 'rule-line': 23 });
    expect(attachedGroups(aws.state.policy).map(({ Priority }) => Priority)).toEqual([1000, 1001, 1002, 1003, 1004]);
  });

  it('sends a hundred entries a call, and grows a list alone before they come', async () => {
    const { rig, aws } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1']));
    const many = Array.from({ length: 250 }, (_, at) => `10.2.${at >> 7}.${at & 127}`);
    const requests = await rig.requestsDuring(() => rig.settle(oneGroup(many)));
    const modified = requests
      .filter(({ path }) => path.endsWith('ModifyManagedPrefixList'))
      .map(({ body }) => new URLSearchParams(body));
    expect(
      modified.map((form) => [
        form.get('MaxEntries'),
        [...form.keys()].filter((key) => key.startsWith('AddEntry')).length,
      ]),
    ).toEqual([
      ['512', 0],
      [null, 100],
      [null, 100],
      [null, 50],
    ]);
    expect([...aws.state.lists.values()].map(({ entries }) => entries.size)).toEqual([250]);
  });

  it('carries members that come and go by one call, without reading anything', async () => {
    const { rig } = await rigWith();
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    const { session, context } = await rig.connect();
    const carrier = { adapter: rig.adapter, session, context, signal: new AbortController().signal };
    const delta = { id: 'a00000000001', role: 'Accept', added: ['10.0.0.7'], removed: ['10.0.0.1'] } as const;
    const requests = await rig.requestsDuring(() => syncDelta([delta], carrier));
    expect(operations(requests)).toEqual(['ModifyManagedPrefixList', 'DescribeManagedPrefixLists']);
  });

  it('leaves what takes long pending, and is done when it is', async () => {
    const { rig, aws } = await rigWith({ settleRequests: 12 });
    expect((await rig.turn(monday)).state).toBe('in-progress');
    for (const desired of [monday, tuesday]) rig.expectAsDesired(desired, await rig.settle(desired));
    expect([...aws.state.lists.values()].map(({ state }) => state)).not.toContain('create-in-progress');
  });

  it('reads again and plans again when somebody else was faster', async () => {
    const { rig, aws } = await rigWith();
    await rig.settle(monday);
    const { session } = await rig.connect();
    await session.observe();
    aws.edit((state) => ({ ...state, policy: { ...state.policy, token: crypto.randomUUID() } }));
    aws.edit((state) => ({
      ...state,
      lists: new Map([...state.lists].map(([id, list]) => [id, { ...list, version: list.version + 1 }])),
    }));
    rig.expectAsDesired(tuesday, await rig.settle(tuesday));
  });

  it('says what is missing, in words and with what AWS says', async () => {
    const { rig, aws } = await rigWith();
    aws.fault({ kind: 'error-before', status: 403, times: 1_000 });
    expect((await rig.sync(monday)).error).toMatchObject({
      errorClass: 'forbidden',
      message: expect.stringMatching(/Allow network-firewall:DescribeFirewall for the role/) as string,
    });
    aws.clearFaults();
    const wrong = { ...rig.harness.secret, secretAccessKey: 'wrong' };
    const config = rig.adapter.config.parse(rig.harness.config);
    const deps = {
      point: 'edge',
      secret: wrong,
      owner: { cluster: 'east' },
      clock: { now: () => Date.now(), elapsed: () => performance.now(), sleep: () => Promise.resolve() },
      signal: new AbortController().signal,
    };
    const session = await rig.adapter.connect(config, deps);
    await expect(session.probe()).rejects.toThrow(/the secret key is wrong/);
    await expect(
      rig.adapter.connect(config, { ...deps, secret: { accessKeyId: 'AKIA' } }).then((half) => half.probe()),
    ).rejects.toThrow(AdapterError);
  });

  it('tells from the alert log which rules were hit, and asks nobody where the config has none', async () => {
    const { rig, aws } = await rigWith({}, { alertLog: { group: '/aws/network-firewall/edge/alert' } });
    const two = oneGroupEach(['10.1.0.1', '10.1.0.2']);
    const [logged, silent] = two.rules;
    await rig.settle({ ...two, rules: [{ ...logged!, log: true }, silent!] });
    for (const src of ['10.1.0.1', '10.1.0.1', '10.1.0.2', '10.9.9.9'])
      aws.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' });
    const { session } = await rig.connect();
    const hits = await session.evidence?.();
    expect(hits).toMatchObject([{ rule: logged?.id, hits: 2, lastHit: expect.stringMatching(/^20\d\d-/) as string }]);
    const other = new Rig(awsNetworkFirewall, harness(aws, { addressFamilies: ['IPv4'] }));
    expect(typeof (await other.connect()).session.evidence).toBe('undefined');
  });

  it('removes at the next reading the rule groups that it could not remove when the policy was refused', async () => {
    const { rig, aws } = await rigWith();
    const eight = oneGroupEach(Array.from({ length: 8 }, (_, at) => `10.1.0.${at + 1}`));
    await rig.settle(eight);
    const before = [...aws.state.groups.keys()];
    const logged = { ...eight, rules: eight.rules.map((rule) => ({ ...rule, log: true })) };
    aws.fault({ kind: 'error-before', status: 403, match: 'UpdateFirewallPolicy', times: 100 });
    aws.fault({ kind: 'error-before', status: 500, match: 'DeleteRuleGroup', times: 100 });
    expect((await rig.sync(logged)).state).not.toBe('programmed');
    expect([...aws.state.groups.keys()].length).toBeGreaterThan(before.length);
    aws.clearFaults();
    await rig.settle(eight);
    expect([...aws.state.groups.keys()]).toEqual(before);
  });

  it('leaves out before anything is sent what there is no room for', async () => {
    const { rig } = await rigWith({}, { quotas: { prefixLists: 100, ruleGroups: 2 } });
    const result = await rig.settle(oneGroupEach(Array.from({ length: 12 }, (_, at) => `10.1.0.${at + 1}`)));
    expect(result.losses.map(({ code }) => code)).toEqual(['too-many-groups', 'too-many-groups']);
    expect(result.losses[0]?.message).toMatch(
      /^There is room for 10 prefix lists here, and 12 are needed: the rule is left out/,
    );
  });

  it('tells a quota on the group concerned, and everything else goes on', async () => {
    const { rig, aws } = await rigWith();
    const [list] = (await rig.settle(oneGroup(['10.0.0.1'])), [...aws.state.lists.values()]);
    if (list === undefined) throw new Error('there is no list');
    const full = Array.from({ length: 98 }, (_, at) => ({
      ...list,
      id: `pl-${String(at).padStart(8, '0')}`,
      name: `theirs-${at}`,
      tags: {},
    }));
    aws.edit((state) => full.reduce((next, one) => ({ ...next, lists: withItem(next.lists, one.id, one) }), state));
    const result = await rig.sync(oneGroupEach(['10.0.0.1', '10.0.0.2', '10.0.0.3']));
    expect(result.state).toBe('partial');
    expect(result.quarantined.map(({ error }) => error.errorClass)).toContain('quota');
    const reached = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].filter(
      (src) => aws.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' }).action === 'Accept',
    );
    expect(reached).toHaveLength(2);
  });

  it('divides a group that is larger than a list, and finds the part that a member is in', async () => {
    const { rig, aws } = await rigWith();
    const members = Array.from({ length: 1_500 }, (_, at) => `10.3.${at >> 8}.${at & 255}`);
    const desired = stateOf(
      [aRule({ id: '100000000001', sources: ['a00000000001'] })],
      new Map([['a00000000001', members]]),
    );
    await rig.settle(desired);
    expect([...aws.state.lists.values()].map(({ entries }) => entries.size).reduce((sum, size) => sum + size, 0)).toBe(
      1_500,
    );
    const { session, context } = await rig.connect();
    const carrier = { adapter: rig.adapter, session, context, signal: new AbortController().signal };
    await syncDelta([{ id: 'a00000000001', role: 'Accept', added: ['10.9.9.9'], removed: ['10.3.0.1'] }], carrier);
    const verdicts = ['10.9.9.9', '10.3.0.1', '10.3.0.2'].map(
      (src) => aws.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' }).action,
    );
    expect(verdicts).toEqual(['Accept', 'Deny', 'Accept']);
  });
});
