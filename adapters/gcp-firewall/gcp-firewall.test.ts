import { describeAdapter } from '../../test/kit/conformance.ts';
import { gcpFirewall } from './adapter.ts';
import { startGcpFirewall } from './simulator/simulator.ts';
import { harness } from './testing/harness.ts';

describeAdapter({
  name: 'gcp-firewall',
  adapter: gcpFirewall,
  timeoutMs: 300_000,
  // Every request takes a second, and every change of the policy three. Two networks are a large destination here.
  start: async () =>
    harness(await startGcpFirewall({ port: 0, operationMs: 3_000, now: (requests) => requests * 1_000 }), {
      mostInline: 1,
    }),
});
