import { afterEach, describe, expect, it } from 'vitest';
import { syncDelta } from '../../../src/worker/sync/sync-delta.ts';
import { aRule } from '../../../test/kit/builders.ts';
import { monday, oneGroup } from '../../../test/kit/laws/states.ts';
import { Rig } from '../../../test/kit/rig.ts';
import { stateOf } from '../../../test/kit/universe.ts';
import { awsNetworkFirewall } from '../adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../simulator/simulator.ts';
import { textOf, variablesIn } from '../simulator/state/state.ts';
import { harness } from '../testing/harness.ts';

let simulator: AwsSimulator | undefined;
afterEach(() => simulator?.close());

async function inline(config = {}): Promise<{ readonly rig: Rig; readonly aws: AwsSimulator }> {
  const aws = await startAwsNetworkFirewall({ port: 0 });
  simulator = aws;
  const known = harness(aws, { addressFamilies: ['IPv4'], sources: 'inline', ...config });
  return { aws, rig: new Rig(awsNetworkFirewall, known) };
}

const operations = (requests: readonly { readonly path: string }[]): readonly string[] =>
  requests.map(({ path }) => path.replace(/^.*\//, ''));
const accepts = (aws: AwsSimulator, src: string): boolean =>
  aws.verdict({ src, dst: '203.0.113.5', port: 443, protocol: 'TCP' }).action === 'Accept';
const setsOf = ({ state }: AwsSimulator) => [...state.groups.values()].map(({ document }) => variablesIn(document));

describe('sources inline', () => {
  it('are variables of the rule groups, and nothing is asked of EC2', async () => {
    const { rig, aws } = await inline();
    const requests = await rig.requestsDuring(() => rig.settle(oneGroup(['10.0.0.1', '10.0.0.2'])));
    expect(requests.filter(({ path }) => path.includes('/ec2/'))).toEqual([]);
    expect(setsOf(aws)).toEqual([{ A4_A00000000001: { Definition: ['10.0.0.1/32', '10.0.0.2/32'] } }]);
    expect([...aws.state.groups.values()].map(({ document }) => textOf(document))[0]).toMatch(
      /^pass tcp \$A4_A0+1 any/,
    );
  });

  it('change by one call, without reading anything', async () => {
    const { rig, aws } = await inline();
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    const { session, context } = await rig.connect();
    const carrier = { adapter: rig.adapter, session, context, signal: new AbortController().signal };
    const delta = { id: 'a00000000001', role: 'Accept', added: ['10.0.0.7'], removed: ['10.0.0.1'] } as const;
    const requests = await rig.requestsDuring(() => syncDelta([delta], carrier));
    expect([...new Set(operations(requests))]).toEqual(['UpdateRuleGroup']);
    expect(['10.0.0.7', '10.0.0.1', '10.0.0.2'].map((src) => accepts(aws, src))).toEqual([true, false, true]);
  });

  it('are never empty, and go to several variables where a rule would be too long with their values', async () => {
    const { rig, aws } = await inline({ addressFamilies: ['IPv4', 'IPv6'] });
    const anywhere = (members: readonly string[]) =>
      stateOf(
        [aRule({ id: '100000000001', sources: ['a00000000001'], to: 'any' })],
        new Map([['a00000000001', members]]),
      );
    await rig.settle(anywhere([]));
    expect(setsOf(aws)).toEqual([
      { A4_A00000000001: { Definition: ['0.0.0.0/32'] }, A6_A00000000001: { Definition: ['::/128'] } },
    ]);
    const many = Array.from(
      { length: 400 },
      (_, at) => `2001:db8:ffff:ffff:ffff:ffff:ffff:${(at + 4_096).toString(16)}`,
    );
    await rig.settle(anywhere(many));
    const sizes = Object.values(setsOf(aws)[0] ?? {}).map(({ Definition }) => Definition.length);
    expect([sizes.length > 4, Math.max(...sizes) <= 120]).toEqual([true, true]);
  });

  it('become prefix lists and variables again when the config says so, and leave nothing behind', async () => {
    const { rig, aws } = await inline();
    await rig.settle(monday);
    const lists = new Rig(awsNetworkFirewall, harness(aws, { addressFamilies: ['IPv4'] }));
    lists.expectAsDesired(monday, await lists.settle(monday));
    expect([setsOf(aws).flatMap(Object.keys), aws.state.lists.size > 0]).toEqual([[], true]);
    rig.expectAsDesired(monday, await rig.settle(monday));
    expect([setsOf(aws).flatMap(Object.keys).length > 0, aws.state.lists.size]).toEqual([true, 0]);
  });
});
