import { describeAdapter } from '../../test/kit/conformance.ts';
import { following } from '../../test/kit/following.ts';
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

const followedLaws = [
  {
    law: 'an address that has ended leaves what is held, and may be somebody else’s at once',
    reason: 'the cluster takes an address that has ended out of a group here, whatever is held',
  },
  {
    law: 'what one namespace takes back holds nobody else',
    reason:
      'only the device knows whom a rule is about, so that what permits more waits for every withdrawal that is held',
  },
  ...[
    'what a policy denied that can no longer be read stays denied, and whom it does not concern goes on',
    'nothing opens whichever object is refused',
    'never wider than before or after',
  ].map((law) => ({ law, reason: 'members change here as if the cluster did it, at once and before any request' })),
  ...[
    'sees and heals it when an address is put into one of our groups by hand',
    'sees and heals it when an address is taken out of one of our groups by hand',
  ].map((law) => ({ law, reason: 'nobody but Azure puts addresses into a kube selector group' })),
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
  skip: followedLaws,
});
