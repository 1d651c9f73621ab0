import { describe, expect, it } from 'vitest';
import { withItem } from '../../../kit/simulator/held-state.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { monday } from '../../../test/kit/laws/states.ts';
import { expectSetBack } from '../../../test/kit/set-back.ts';
import type { AwsSimulator } from '../simulator/simulator.ts';
import { attachedGroups, textOf, type RuleGroup, type State } from '../simulator/state/state.ts';
import { anAccount } from '../testing/an-account.ts';

/* What an administrator does in the console to rule groups of ours, and to the policy that names them. */

const rigWith = anAccount();

const oursIn = ({ groups }: State): readonly RuleGroup[] =>
  [...groups.values()].filter(({ name }) => name.startsWith('pn-'));

const isPass = (line: string): boolean => line.startsWith('pass');
const perLine =
  (edit: (line: string) => string) =>
  (lines: readonly string[]): readonly string[] =>
    lines.map((line) => (isPass(line) ? edit(line) : line));

const texts: Readonly<Record<string, (lines: readonly string[]) => readonly string[]>> = {
  'the action': perLine((line) => line.replace(/^pass/, 'alert')),
  'the source': perLine((line) => line.replace(/^(pass \S+) \S+/, '$1 any')),
  'a negated source': perLine((line) => line.replace(/^(pass \S+) /, '$1 !')),
  'the protocol': perLine((line) => line.replace(/^pass \S+/, 'pass ip')),
  'the destination': perLine((line) => line.replace(/-> \S+/, '-> any')),
  'the port': perLine((line) => line.replace(/(-> \S+) \S+/, '$1 any')),
  'the direction': perLine((line) => line.replace('->', '<>')),
  'the message': perLine((line) => line.replace(/msg:"[^"]*"/, 'msg:"reviewed"')),
  'the flow': perLine((line) => line.replace('flow:to_server', 'flow:to_client')),
  'the number': perLine((line) => line.replace(/sid:\d+/, 'sid:4711')),
  'the revision': perLine((line) => line.replace('rev:1', 'rev:2')),
  'a comment in its place': perLine((line) => `# ${line}`),
  'the order': (lines) => lines.toReversed(),
  'a clone': (lines) => [...lines, ...lines.map((line) => line.replace(/sid:\d/, 'sid:9'))],
  'a clone that is open': (lines) => [
    ...lines,
    ...lines.filter(isPass).map((line) => line.replace(/sid:\d/, 'sid:9').replace(/-> \S+ \S+/, '-> any any')),
  ],
  'a rule of somebody else': (lines) => ['pass ip any any -> any any (sid:4711; rev:1;)', ...lines],
};

function edited(aws: AwsSimulator, edit: (group: RuleGroup) => RuleGroup): void {
  aws.edit((state) =>
    oursIn(state).reduce(
      (all, group) => ({
        ...all,
        groups: withItem(all.groups, group.name, { ...edit(group), token: crypto.randomUUID() }),
      }),
      state,
    ),
  );
}

function editPolicy(aws: AwsSimulator, edit: (document: JsonObject) => JsonObject): void {
  aws.edit((state) => ({
    ...state,
    policy: { ...state.policy, document: edit(state.policy.document), token: crypto.randomUUID() },
  }));
}

describe('an edit of a rule group of ours is seen and set back', () => {
  it.each(Object.entries(texts))('%s', async (_, edit) => {
    const { rig, aws } = await rigWith();
    await expectSetBack(rig, monday, () =>
      edited(aws, (group) => {
        const RulesString = edit(textOf(group.document).trim().split('\n')).join('\n');
        return { ...group, document: { ...group.document, RulesSource: { RulesString } } };
      }),
    );
  });

  it('a variable', async () => {
    const { rig, aws } = await rigWith({}, { sources: 'inline' });
    await expectSetBack(rig, monday, () =>
      edited(aws, (group) => {
        const text = JSON.stringify(group.document).replace(/"Definition":\["10\.0\.0\.1\/32"/, '$&,"10.0.0.0/8"');
        return { ...group, document: JSON.parse(text) as JsonObject };
      }),
    );
  });

  it('a reference that leads to another list', async () => {
    const { rig, aws } = await rigWith();
    rig.harness.plantForeign();
    await rig.settle(monday);
    edited(aws, (group) => {
      const text = JSON.stringify(group.document).replace(/prefix-list\/[\w-]+/, 'prefix-list/pl-0ff1ce');
      return { ...group, document: JSON.parse(text) as JsonObject };
    });
    expect((await rig.sync(monday, { mode: 'Observe' })).plan.changes).not.toEqual([]);
    rig.expectAsDesired(monday, await rig.settle(monday));
  });
});

describe('an edit of the policy', () => {
  const ours = ({ ResourceArn }: { readonly ResourceArn: string }): boolean => ResourceArn.includes('/pn-');

  it('that takes our rule groups out is set back', async () => {
    const { rig, aws } = await rigWith();
    await rig.settle(monday);
    editPolicy(aws, (document) => ({
      ...document,
      StatefulRuleGroupReferences: attachedGroups(aws.state.policy).filter((one) => !ours(one)),
    }));
    expect((await rig.sync(monday, { mode: 'Observe' })).plan.changes).not.toEqual([]);
    rig.expectAsDesired(monday, await rig.settle(monday));
  });

  const stateless = { ResourceArn: 'arn:aws:network-firewall:eu-west-1:1:stateless-rulegroup/steering', Priority: 1 };
  const withGroups = { StatelessRuleGroupReferences: [stateless] };
  it.each([
    [{ StatefulDefaultActions: ['aws:drop_strict'] }, 'activating', 'has the default actions aws:drop_strict'],
    [{ StatefulDefaultActions: ['aws:alert_strict'] }, 'activating', 'has the default actions aws:alert_strict'],
    [{ StatelessDefaultActions: ['aws:pass'] }, 'activating', 'all packets come to no stateful rule: set it to'],
    [{ StatelessDefaultActions: ['aws:drop'] }, 'activating', 'all packets come to no stateful rule: set it to'],
    [{ StatelessFragmentDefaultActions: ['aws:pass'] }, 'activating', 'fragments of UDP packets come to no'],
    [{ StatelessFragmentDefaultActions: ['aws:drop'] }, 'programmed', 'in sync'],
    [{ StatelessDefaultActions: ['aws:drop'], ...withGroups }, 'programmed', 'unless a stateless rule group sends'],
  ] satisfies readonly (readonly [JsonObject, string, string])[])('%j: %s', async (change, is, why) => {
    const { rig, aws } = await rigWith();
    await rig.settle(monday);
    editPolicy(aws, (document) => ({ ...document, ...change }));
    const { state, evidence } = await rig.sync(monday);
    expect([state, evidence]).toEqual([is, expect.stringContaining(why)]);
  });

  it('that makes the rules decide otherwise holds up no withdrawal, and is looked at once a minute', async () => {
    const { rig, aws } = await rigWith();
    const pods = ({ observed }: { readonly observed: readonly Resource[] }): readonly string[] =>
      observed.flatMap(({ members = [] }) => members.filter((member) => member.startsWith('10.0.0.1')));
    expect(pods(await rig.settle(monday))).not.toEqual([]);
    editPolicy(aws, (document) => ({ ...document, StatefulDefaultActions: ['aws:alert_strict'] }));
    const empty = { ...monday, groups: monday.groups.map((group) => ({ ...group, members: [] })) };
    const result = await rig.sync(empty, { limits: { maxRemovals: 100, maxRemovalsPercent: 100 } });
    expect([result.state, result.lookAgainAfterMs, pods(result)]).toEqual(['activating', 60_000, []]);
  });

  it('of variables changes nothing about rules that do not name them', async () => {
    const { rig, aws } = await rigWith();
    await rig.settle(monday);
    const RuleVariables = { HOME_NET: { Definition: ['192.0.2.0/24'] } };
    editPolicy(aws, (document) => ({ ...document, PolicyVariables: { RuleVariables } }));
    expect((await rig.sync(monday)).state).toBe('programmed');
  });
});
