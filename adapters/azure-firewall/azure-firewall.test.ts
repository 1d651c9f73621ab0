import { describeAdapter } from '../../test/kit/conformance.ts';
import { followedLaws, following } from '../../test/kit/following.ts';
import { azureFirewall } from './adapter.ts';
import { startAzureFirewall, type AzureSimulator } from './simulator/simulator.ts';
import { harness } from './testing/harness.ts';

/** Every request takes a second, and every update of the firewall three. */
const start = async (): Promise<AzureSimulator> =>
  startAzureFirewall({ port: 0, operationMs: 3_000, now: (requests) => requests * 1_000 });

describeAdapter({
  name: 'azure-firewall',
  adapter: azureFirewall,
  timeoutMs: 300_000,
  start: async () => harness(await start()),
});

const skippedOfFollowed = [
  ...followedLaws,
  ...[
    'a name that is taken is told, and nothing of theirs is overwritten',
    'nothing opens beneath a denying group whose name is taken',
    'one refused object does not stop the others',
  ].map((law) => ({ law, reason: 'these find an object by its members; device/followed.test.ts has them' })),
];

let followed: AzureSimulator;

describeAdapter({
  name: 'azure-firewall with kube selector groups',
  adapter: following(azureFirewall, (change) => followed.edit((state) => ({ ...state, pods: change(state.pods) }))),
  timeoutMs: 300_000,
  start: async () => {
    followed = await start();
    return harness(followed, { sources: 'kube-selector-groups', selectorsCombine: true });
  },
  skip: skippedOfFollowed,
});
