import { afterEach, expect, it } from 'vitest';
import { oneGroup } from '../../../../test/kit/laws/states.ts';
import { Rig } from '../../../../test/kit/rig.ts';
import { awsNetworkFirewall } from '../../adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../../simulator/simulator.ts';
import { harness } from '../../testing/harness.ts';

let simulator: AwsSimulator | undefined;
afterEach(() => simulator?.close());

it('makes a list smaller alone, when it has been too large for an hour', async () => {
  simulator = await startAwsNetworkFirewall({ port: 0 });
  const aws = simulator;
  const { config: raw, secret } = harness(aws, { addressFamilies: ['IPv4'] });
  const many = Array.from({ length: 300 }, (_, at) => `10.2.${at >> 7}.${at & 127}`);
  const rig = new Rig(awsNetworkFirewall, harness(aws, { addressFamilies: ['IPv4'] }));
  await rig.settle(oneGroup(many));
  await rig.settle(oneGroup(many.slice(0, 3)));
  const sizes = (): readonly number[] => [...aws.state.lists.values()].map(({ maxEntries }) => maxEntries);
  let passedMs = 0;
  const session = await awsNetworkFirewall.connect(awsNetworkFirewall.config.parse(raw), {
    point: 'edge',
    secret,
    owner: { cluster: 'east' },
    clock: {
      now: () => Date.now(),
      elapsed: () => performance.now() + passedMs,
      sleep: () => Promise.resolve(),
    },
    signal: new AbortController().signal,
  });
  await session.observe();
  expect(await session.live()).toMatchObject({
    state: 'live',
    lookAgainAfterMs: expect.closeTo(3_600_000, -4) as number,
  });
  passedMs += 30 * 60_000;
  await session.live();
  expect(sizes()).toEqual([512]);
  passedMs += 31 * 60_000;
  expect((await session.live()).lookAgainAfterMs).toBeUndefined();
  expect(sizes()).toEqual([16]);
  const modified = aws.requests().filter(({ path }) => path.endsWith('ModifyManagedPrefixList'));
  expect([...new URLSearchParams(modified.at(-1)?.body).keys()].sort()).toEqual([
    'Action',
    'MaxEntries',
    'PrefixListId',
    'Version',
  ]);
});
