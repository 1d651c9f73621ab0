import { withItem } from '../../../kit/simulator/held-state.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { anOrigin } from '../../../test/kit/builders.ts';
import { monday, oneGroup, oneGroupEach } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { awsNetworkFirewall } from '../adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../simulator/simulator.ts';
import { textOf } from '../simulator/state/state.ts';
import { harness } from '../testing/harness.ts';

/* What people, other administrators and regions do wrong: each is told on the object concerned, and everything else goes on. */

let simulator: AwsSimulator | undefined;
afterEach(() => simulator?.close());

async function rigWith(config = {}): Promise<{ readonly rig: Rig; readonly aws: AwsSimulator }> {
  const aws = await startAwsNetworkFirewall({ port: 0 });
  simulator = aws;
  return { aws, rig: new Rig(awsNetworkFirewall, harness(aws, { addressFamilies: ['IPv4'], ...config })) };
}

const isAccepted = (aws: AwsSimulator, src: string, dst = '203.0.113.5'): boolean =>
  aws.verdict({ src, dst, port: 443, protocol: 'TCP' }).action === 'Accept';
const written = (aws: AwsSimulator, operation: string): number =>
  aws.requests().filter(({ path }) => path.endsWith(operation)).length;

describe('a name', () => {
  it.each([
    'a"; sid:1; rev:1;) pass ip any any -> any any (msg:"b',
    'a\npass ip any any -> any any (sid:1; rev:1;)',
    'a\'; content:"|00|"; \\',
    '# a',
  ])('gets nothing into the rules but itself: %j', async (name) => {
    const { rig, aws } = await rigWith();
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
    const { rig, aws } = await rigWith();
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

  it('who writes to the policy without end is told of after one attempt, and members go on', async () => {
    const { rig, aws } = await rigWith();
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
      expect.stringMatching(/UpdateFirewallPolicy: somebody has changed it since it was read \(InvalidTokenException/),
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
    const { rig, aws } = await rigWith();
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
  it('that has no flow flush is told of on the group whose members left, and everything else goes on', async () => {
    const { rig, aws } = await rigWith({ flushWithdrawn: true });
    await rig.settle(oneGroupEach(['10.0.0.1', '10.0.0.2']));
    aws.fault({ kind: 'error-before', status: 404, match: 'StartFlowFlush', times: 100 });
    const after = oneGroupEach(['10.0.0.3', '10.0.0.2']);
    const result = await rig.sync(after);
    const told = [...result.quarantined.map(({ error }) => error), ...(result.error ? [result.error] : [])];
    expect(told.map(({ errorClass, message }) => [errorClass, message])).toContainEqual([
      'unsupported',
      expect.stringMatching(/StartFlowFlush: the region does not have this operation/),
    ]);
    expect(['10.0.0.1', '10.0.0.2'].map((src) => isAccepted(aws, src))).toEqual([false, true]);
  });

  it('whose endpoint is of another service says so', async () => {
    const { rig, aws } = await rigWith();
    aws.fault({ kind: 'html', status: 404, times: 100 });
    expect((await rig.sync(monday)).error?.message).toMatch(/check the region and the URLs in config/);
  });
});
