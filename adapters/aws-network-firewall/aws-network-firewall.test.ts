import { describeAdapter } from '../../test/kit/conformance.ts';
import { followedLaws, following } from '../../test/kit/following.ts';
import { awsNetworkFirewall } from './adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from './simulator/simulator.ts';
import { harness } from './testing/harness.ts';

const skip = [
  {
    law: 'keeps the order of changes, and tells how many requests they take',
    reason:
      'which rule groups a change of rules touches, the session knows and a plan does not; session.test.ts has the order',
  },
];

const noNames = [
  'a name that is taken is told, and nothing of theirs is overwritten',
  'nothing opens beneath a denying group whose name is taken',
].map((law) => ({ law, reason: 'variables stand in rule groups of ours, where nobody else has names' }));

/** Each takes every request of two syncs: with one family a sync has half of them. */
const atLength = [
  'ends in the same state when a request is answered with an error',
  'ends in the same state when a request is carried out and answered with an error',
  'ends in the same state when the connection is cut before a request is carried out',
  'ends in the same state when the connection is cut before a request is answered',
  'ends in the same state when the device wants to be asked later',
  'ends in the same state when a proxy answers with a page for people',
  'ends in the same state when the device says yes and does nothing',
  'ends in the same state when a read shows how it was before',
  'converges after a crash between any two requests',
].map((law) => ({ law, reason: 'the same requests are put to it with one family' }));

const variants = [
  { name: 'with both families', config: {}, options: {}, skip: atLength },
  { name: 'with one family', config: { addressFamilies: ['IPv4'] }, options: {}, skip: [] },
  { name: 'with variables', config: { addressFamilies: ['IPv4'], sources: 'inline' }, options: {}, skip: noNames },
];

for (const { name, config, options, skip: more } of variants) {
  describeAdapter({
    name: `aws-network-firewall ${name}`,
    adapter: awsNetworkFirewall,
    timeoutMs: 300_000,
    start: async () => harness(await startAwsNetworkFirewall({ port: 0, ...options }), config),
    skip: [...skip, ...more],
  });
}

const skippedOfFollowed = [
  ...followedLaws,
  ...[...noNames.map(({ law }) => law), 'one refused object does not stop the others'].map((law) => ({
    law,
    reason: 'these find an object by its members, and an association tells none; device/associations.test.ts has them',
  })),
];

const containers = { cluster: 'arn:aws:eks:eu-west-1:123456789012:cluster/east', filtersCombine: true };
let followed: AwsSimulator;

describeAdapter({
  name: 'aws-network-firewall with container associations',
  adapter: following(awsNetworkFirewall, (change) =>
    followed.edit((state) => ({ ...state, pods: change(state.pods) })),
  ),
  timeoutMs: 300_000,
  start: async () => {
    followed = await startAwsNetworkFirewall({ port: 0 });
    return harness(followed, { sources: 'container-association', containers });
  },
  skip: [...skip, ...skippedOfFollowed],
});
