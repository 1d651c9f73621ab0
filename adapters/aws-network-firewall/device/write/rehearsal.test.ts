import { afterEach, expect, it } from 'vitest';
import { diff } from '../../../../src/core/plan/diff.ts';
import { oneGroup } from '../../../../test/kit/laws/states.ts';
import { Rig } from '../../../../test/kit/rig.ts';
import { awsNetworkFirewall } from '../../adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../../simulator/simulator.ts';
import { harness } from '../../testing/harness.ts';

let simulator: AwsSimulator | undefined;
afterEach(() => simulator?.close());

it('can be rehearsed: AWS says what it would say, and nothing changes', async () => {
  simulator = await startAwsNetworkFirewall({ port: 0 });
  const aws = simulator;
  const rig = new Rig(awsNetworkFirewall, harness(aws, { addressFamilies: ['IPv4'] }));
  const desired = oneGroup(['10.0.0.1']);
  await rig.settle(desired);
  const { session, context } = await rig.connect();
  const { resources } = await session.observe();
  const louder = { ...desired, rules: desired.rules.map((rule) => ({ ...rule, log: true })) };
  const { changes } = diff(awsNetworkFirewall.lower(louder, context as never).resources, resources);
  const { signal } = new AbortController();
  const requests = await rig.requestsDuring(async () => session.rehearse?.(changes, signal));
  expect(requests.map(({ path }) => path.replace(/^.*\//, ''))).toEqual(['UpdateRuleGroup']);
  expect(requests.map(({ wrote }) => wrote)).toEqual([false]);
  aws.fault({ kind: 'error-before', status: 403, match: 'UpdateRuleGroup' });
  await expect(session.rehearse?.(changes, signal)).rejects.toThrow(/Allow network-firewall:UpdateRuleGroup/);
  const group = await rig.settle(louder);
  expect(group.state).toBe('programmed');
});
