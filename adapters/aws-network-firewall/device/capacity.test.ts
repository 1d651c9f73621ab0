import { describe, expect, it } from 'vitest';
import { withItem } from '../../../kit/simulator/held-state.ts';
import { anOrigin, aRule } from '../../../test/kit/builders.ts';
import { oneGroupEach } from '../../../test/kit/laws/states.ts';
import { stateOf } from '../../../test/kit/universe.ts';
import { attachedGroups } from '../simulator/state/state.ts';
import { anAccount, isAccepted } from '../testing/an-account.ts';

const start = anAccount();
const addresses = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `10.3.${at >> 8}.${at & 255}`);

/** Rules of a policy each, the first the oldest, all for one group but where said otherwise; so many names each. */
function policies(names: readonly number[], groupOf: (at: number) => string = () => 'a00000000001') {
  const rules = names.map((count, at) =>
    aRule({
      id: `1${String(at).padStart(11, '0')}`,
      sources: [groupOf(at)],
      to: [...Array.from({ length: count }, (_, of) => `n${of}.p${at}.example.com`), '203.0.113.0/24'],
      ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }],
      origin: anOrigin({ name: `p${at}`, createdAt: `2026-01-${String(at + 1).padStart(2, '0')}T00:00:00Z` }),
    }),
  );
  const groups = [...new Set(rules.flatMap(({ sources }) => sources))];
  return stateOf(rules, new Map(groups.map((id, at) => [id, [`10.0.0.${at + 1}`]])));
}

describe('what a policy has room for', () => {
  it('is counted in lines, and the policy that is too large is left out, not those that came after it', async () => {
    const { rig, aws } = await start({}, { quotas: { rules: 200 } });
    const { losses } = await rig.settle(policies([10, 500, 10]));
    expect(losses.map(({ id, code }) => [id, code])).toEqual([['100000000001', 'too-many-rules']]);
    expect(losses[0]?.message).toMatch(/room for 20 rule groups of Postern with 200 lines/);
    const { session } = await rig.connect();
    expect((await session.observe()).usage).toMatchObject({ 'rule-group': 1, 'rule-line': 22 });
    expect(isAccepted(aws, '10.0.0.1')).toBe(true);
  });

  it('is all used before anything is left out: head-room gives way', async () => {
    const { rig, aws } = await start();
    const names = Array.from({ length: 7 }, () => 4_000);
    const { losses } = await rig.settle(policies(names));
    expect(losses).toEqual([]);
    const reserved = [...aws.state.groups.values()].reduce((sum, { capacity }) => sum + capacity, 0);
    expect(reserved).toBeLessThanOrEqual(30_000);
    expect(reserved).toBeGreaterThanOrEqual(7 * 4_001);
  });

  it('is less where others have reserved some of it', async () => {
    const { rig, aws } = await start();
    await rig.settle(policies([10]));
    const [ours] = attachedGroups(aws.state.policy);
    aws.edit((state) => {
      const model = state.groups.get(ours?.ResourceArn.split('/').at(-1) ?? '')!;
      const document = { ...state.policy.document };
      const references = [
        ...attachedGroups(state.policy),
        { ResourceArn: ours!.ResourceArn.replace(/[^/]+$/, 'theirs'), Priority: 1 },
      ];
      const group = { ...model, name: 'theirs', description: '', capacity: 29_000 };
      return {
        ...state,
        groups: withItem(state.groups, 'theirs', group),
        policy: { ...state.policy, document: { ...document, StatefulRuleGroupReferences: references } },
      };
    });
    rig.crash();
    const { session } = await rig.connect();
    expect((await session.probe()).maxObjects).toMatchObject({ 'rule-group': 19, 'rule-line': 1_000 });
  });

  it('is counted in rule groups as they come out, whatever the order of rules makes of them', async () => {
    const { rig, aws } = await start({}, { quotas: { ruleGroups: 3 } });
    // Ten groups, each in two rules far apart: twice as many references as groups.
    const { losses } = await rig.settle(
      policies(
        Array.from({ length: 20 }, () => 1),
        (at) => `a0000000000${at % 10}`,
      ),
    );
    expect(aws.state.groups.size).toBe(3);
    expect(losses.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'too-many-rules'));
    expect(losses[0]?.id).toBe('100000000019');
  });

  it('is counted in prefix lists, of which a large group takes several', async () => {
    const { rig } = await start({}, { quotas: { prefixLists: 4 } });
    const { losses } = await rig.settle({
      ...oneGroupEach(['10.0.0.1', '10.0.0.2']),
      groups: oneGroupEach(['10.0.0.1', '10.0.0.2']).groups.map((group, at) =>
        at === 0 ? group : { ...group, members: addresses(3_000) },
      ),
    });
    expect(losses.map(({ code, message }) => [code, message.slice(0, 57)])).toEqual([
      ['too-many-groups', 'There is room for 4 prefix lists here, and 5 are needed: '],
    ]);
  });
});
