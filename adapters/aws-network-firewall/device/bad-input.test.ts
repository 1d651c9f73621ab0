import { withItem } from '../../../kit/simulator/held-state.ts';
import { describe, expect, it } from 'vitest';
import { anOrigin } from '../../../test/kit/builders.ts';
import { monday, oneGroup, oneGroupEach } from '../../../test/kit/laws/states.ts';
import type { AwsSimulator } from '../simulator/simulator.ts';
import { textOf } from '../simulator/state/state.ts';
import { anAccount, isAccepted } from '../testing/an-account.ts';

/* What people, other administrators and regions do wrong: each is told on the object concerned, and everything else goes on. */

const start = anAccount();
const written = (aws: AwsSimulator, operation: string): number =>
  aws.requests().filter(({ path }) => path.endsWith(operation)).length;

describe('a name', () => {
  it.each([
    'a"; sid:1; rev:1;) pass ip any any -> any any (msg:"b',
    'a\npass ip any any -> any any (sid:1; rev:1;)',
    'a\'; content:"|00|"; \\',
    '# a',
  ])('gets nothing into the rules but itself: %j', async (name) => {
    const { rig, aws } = await start();
    const state = oneGroup(['10.0.0.1']);
    const rules = state.rules.map((rule) => ({ ...rule, log: true, origin: anOrigin({ name, namespace: name }) }));
    await rig.settle({ ...state, rules });
    const lines = [...aws.state.groups.values()].flatMap(({ document }) => textOf(document).trim().split('\n'));
    const form = /^pass tcp @A4_\w+ any -> [^()"]+ \(msg:"[^";\\]*"; [^"]*; sid:\d+; rev:1;\)$/;
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
    expect([isAccepted(aws, '10.0.0.1'), isAccepted(aws, '10.0.0.2')]).toEqual([true, false]);
  });
});

describe('another administrator', () => {
  it('who changes a prefix list of ours is found out, and what is ours is put back', async () => {
    const { rig, aws } = await start();
    await rig.settle(oneGroup(['10.0.0.1']));
    rig.harness.edit('member-added');
    aws.edit((state) => {
      const [list] = [...state.lists.values()];
      if (list === undefined) return state;
      const entries = new Map([...list.entries, ['10.0.0.99/32', '']]);
      return { ...state, lists: withItem(state.lists, list.id, { ...list, entries, inForce: entries, version: 9 }) };
    });
    expect(isAccepted(aws, '10.0.0.99')).toBe(true);
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    expect(['10.0.0.99', '10.0.0.1', '10.0.0.2'].map((src) => isAccepted(aws, src))).toEqual([false, true, true]);
  });

  it('who changes a prefix list between two calls of ours is found out, and nothing of theirs stays', async () => {
    const { rig, aws } = await start();
    await rig.settle(oneGroup(['10.0.0.1']));
    const many = Array.from({ length: 250 }, (_, at) => `10.2.${at >> 7}.${at & 127}`);
    let left = 3;
    aws.onRequest(({ path }) => {
      if (!path.endsWith('ModifyManagedPrefixList') || left === 0) return;
      left -= 1;
      aws.edit((state) => {
        const lists = [...state.lists].map(([id, list]) => {
          const entries = new Map([...list.entries, ['192.0.2.1/32', '']]);
          return [id, { ...list, version: list.version + 1, entries, inForce: entries }] as const;
        });
        return { ...state, lists: new Map(lists) };
      });
    });
    const seen: (string | undefined)[] = [];
    await rig.recover(oneGroup(many), ({ error }) => void seen.push(error?.errorClass));
    expect([left, new Set(seen.filter(Boolean))]).toEqual([0, new Set(['conflict'])]);
    expect(['192.0.2.1', '10.0.0.1', '10.2.0.0', '10.2.1.121'].map((src) => isAccepted(aws, src))).toEqual([
      ...[false, false, true, true],
    ]);
  });

  it('who writes to the policy without end is told of after one attempt, and members go on', async () => {
    const { rig, aws } = await start();
    const state = oneGroupEach(Array.from({ length: 8 }, (_, at) => `10.1.0.${at + 1}`));
    await rig.settle(state);
    aws.onRequest(() => {
      aws.edit((now) => ({
        ...now,
        policy: { ...now.policy, token: crypto.randomUUID() },
        groups: new Map([...now.groups].map(([name, group]) => [name, { ...group, token: crypto.randomUUID() }])),
      }));
    });
    const before = written(aws, 'UpdateFirewallPolicy');
    const groups = aws.state.groups.size;
    const { state: ended, error } = await rig.sync({
      ...state,
      rules: state.rules.map((rule) => ({ ...rule, log: true })),
    });
    expect([ended, error?.errorClass, error?.message]).toEqual([
      'failed',
      'conflict',
      expect.stringMatching(/UpdateFirewallPolicy: it was changed since Postern read it \(InvalidTokenException/),
    ]);
    expect([written(aws, 'UpdateFirewallPolicy') - before, aws.state.groups.size]).toEqual([1, groups]);
    const [first] = state.groups;
    const grown = state.groups.map((group) =>
      group === first ? { ...group, members: [...group.members, '10.1.0.99'] } : group,
    );
    await rig.sync({ ...state, groups: grown });
    expect(isAccepted(aws, '10.1.0.99')).toBe(true);
  });
});

describe('a policy that AWS refuses', () => {
  it('leaves no rule group behind, and what was in force in force', async () => {
    const { rig, aws } = await start();
    const state = oneGroupEach(Array.from({ length: 8 }, (_, at) => `10.1.0.${at + 1}`));
    await rig.settle(state);
    const before = [...aws.state.groups.keys()];
    aws.fault({ kind: 'error-before', status: 400, match: 'UpdateFirewallPolicy', times: 100 });
    const { state: ended } = await rig.sync({ ...state, rules: state.rules.map((rule) => ({ ...rule, log: true })) });
    expect(ended).not.toBe('programmed');
    expect([...aws.state.groups.keys()]).toEqual(before);
    expect(isAccepted(aws, '10.1.0.1')).toBe(true);
  });
});

describe('a region', () => {
  it('whose endpoint is of another service says so', async () => {
    const { rig, aws } = await start();
    aws.fault({ kind: 'html', status: 404, times: 100 });
    expect((await rig.sync(monday)).error?.message).toMatch(/check the region and the URLs in config/);
  });
});
