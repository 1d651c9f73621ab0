import { describe, expect, it } from 'vitest';
import { oneGroup, oneGroupEach } from '../../../test/kit/laws/states.ts';
import { strictPolicy, type AwsSimulator } from '../simulator/simulator.ts';
import { arns } from '../simulator/state/state.ts';
import { anAccount, isAccepted, operations } from '../testing/an-account.ts';

const start = anAccount();
const flushing = { flushWithdrawn: true };
const flushes = (aws: AwsSimulator): readonly unknown[] =>
  [...aws.state.operations.values()].map(({ place, sources }) => [place, sources]);
const inBothZones = (sources: readonly string[]): readonly unknown[] => [
  ['eu-west-1a', sources],
  ['eu-west-1b', sources],
];

describe('a withdrawn address', () => {
  it.each([
    ['at once', 3],
    ['long after', 30],
  ])('is withdrawn when its connections are flushed in every zone: the list changes %s', async (_, settleRequests) => {
    const { rig, aws } = await start({ settleRequests }, flushing);
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    await rig.settle(oneGroup(['10.0.0.2']));
    expect(flushes(aws)).toEqual(inBothZones(['10.0.0.1']));
    expect(operations(aws.requests())).toContain('DescribeFlowOperation');
  });

  it('is flushed with its group, when nobody has that any more', async () => {
    const { rig, aws } = await start({}, flushing);
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    await rig.settle({ ...oneGroup([]), groups: [], rules: [] });
    expect(flushes(aws)).toEqual(inBothZones(['10.0.0.1', '10.0.0.2']));
  });

  it('is flushed at endpoints in other VPCs, too', async () => {
    const { rig, aws } = await start({}, flushing);
    const elsewhere = arns.endpoint('00000000-0000-4000-8000-00000000000e');
    aws.edit((state) => ({ ...state, endpoints: [elsewhere] }));
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    await rig.settle(oneGroup(['10.0.0.2']));
    expect(flushes(aws)).toEqual([...inBothZones(['10.0.0.1']), [elsewhere, ['10.0.0.1']]]);
  });

  it.each([
    ['cannot be begun', 'StartFlowFlush', { kind: 'error-before', status: 500 }],
    ['cannot be asked after', 'DescribeFlowOperation', { kind: 'error-before', status: 500 }],
    [
      'ends with errors',
      'DescribeFlowOperation',
      { kind: 'answer', status: 200, body: '{"FlowOperationStatus":"COMPLETED_WITH_ERRORS"}' },
    ],
  ] as const)('is not called withdrawn while a flush %s', async (_, match, fault) => {
    const { rig, aws } = await start({}, flushing);
    await rig.settle(oneGroup(['10.0.0.1', '10.0.0.2']));
    aws.fault({ ...fault, match, times: 4 });
    const states: string[] = [];
    for (let turn = 0; turn < 8; turn += 1) states.push((await rig.turn(oneGroup(['10.0.0.2']))).state);
    expect([states[0], states.at(-1)]).toEqual(['in-progress', 'programmed']);
    const begun = new Set(flushes(aws).map((flush) => JSON.stringify(flush)));
    expect([...begun]).toEqual(inBothZones(['10.0.0.1']).map((flush) => JSON.stringify(flush)));
  });

  it('is told of for as long as AWS does not flush, and everything else goes on', async () => {
    const { rig, aws } = await start({}, flushing);
    await rig.settle(oneGroupEach(['10.0.0.1', '10.0.0.2']));
    aws.fault({ kind: 'error-before', status: 404, match: 'StartFlowFlush', times: 1_000 });
    const after = oneGroupEach(['10.0.0.3', '10.0.0.2']);
    const first = await rig.sync(after);
    const told = [...first.quarantined.map(({ error }) => error), ...(first.error ? [first.error] : [])];
    expect(told.map(({ errorClass, message }) => [errorClass, message])).toContainEqual([
      'unsupported',
      expect.stringMatching(/StartFlowFlush: the region does not have this operation/),
    ]);
    expect(['10.0.0.1', '10.0.0.2'].map((src) => isAccepted(aws, src))).toEqual([false, true]);
    const { state, evidence } = await rig.sync(after);
    expect([state, evidence]).toEqual([
      'activating',
      expect.stringMatching(/^connections of 1 withdrawn addresses \(10\.0\.0\.1, .* may go on: .*StartFlowFlush/),
    ]);
    aws.clearFaults();
    await rig.settle(after);
    expect(flushes(aws)).toEqual(inBothZones(['10.0.0.1']));
  });

  it('is not called withdrawn under StreamExceptionPolicy CONTINUE, by which its connections go on', async () => {
    const StatefulEngineOptions = { RuleOrder: 'STRICT_ORDER', StreamExceptionPolicy: 'CONTINUE' };
    const { rig } = await start({ policy: { ...strictPolicy, StatefulEngineOptions } }, flushing);
    const { error } = await rig.sync(oneGroup(['10.0.0.1']));
    expect([error?.errorClass, error?.message]).toEqual([
      'unsupported',
      expect.stringMatching(/CONTINUE, under which/),
    ]);
  });
});
