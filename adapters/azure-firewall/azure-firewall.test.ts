import { describeAdapter } from '../../test/kit/conformance.ts';
import { azureFirewall } from './adapter.ts';
import { startAzureFirewall } from './simulator/simulator.ts';
import { harness } from './testing/harness.ts';

describeAdapter({
  name: 'azure-firewall',
  adapter: azureFirewall,
  timeoutMs: 300_000,
  start: async () =>
    // Every request takes a second, and every update of the firewall three.
    harness(await startAzureFirewall({ port: 0, operationMs: 3_000, now: (requests) => requests * 1_000 })),
});
