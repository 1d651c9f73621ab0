import { describeAdapter } from '../../test/kit/conformance.ts';
import { panos } from './adapter.ts';
import { startPanos } from './simulator/simulator.ts';
import { harness } from './testing/harness.ts';

const anyNumber = {
  law: 'keeps to the limits of the device',
  reason:
    'any number of addresses may have a tag; the device limits them all together, which registered.test.ts puts to the test',
};

/** Each takes every request of two syncs; a crash and a lost answer at every request stay in both variants. */
const atLength = [
  'ends in the same state when a request is answered with an error',
  'ends in the same state when a request is carried out and answered with an error',
  'ends in the same state when the connection is cut before a request is carried out',
  'ends in the same state when the device wants to be asked later',
  'ends in the same state when a proxy answers with a page for people',
  'a device that restarts with what it had before, at any write, is not taken for one that goes on',
].map((law) => ({ law, reason: 'the same requests are put to it with 10.2' }));

describeAdapter({
  name: 'panos, at once,',
  adapter: panos,
  versions: ['10.2'],
  timeoutMs: 180_000,
  start: async (version) => harness(await startPanos({ port: 0, ...(version && { version }) }), { anchor: 'bottom' }),
  skip: [anyNumber],
});

// Each request moves the device's clock by a second: commits are at work for some requests.
describeAdapter({
  name: 'panos, with commits that take their time and addresses that are renewed,',
  adapter: panos,
  versions: ['11.2'],
  timeoutMs: 180_000,
  start: async (version) =>
    harness(await startPanos({ port: 0, ...(version && { version }), commitMs: 2_500, requestMs: 1_000 }), {
      memberTimeoutSeconds: 2_592_000,
    }),
  skip: [anyNumber, ...atLength],
});

describeAdapter({
  name: 'panos behind a Panorama,',
  adapter: panos,
  versions: ['11.1'],
  timeoutMs: 600_000,
  start: async (version) => harness(await startPanos({ port: 0, ...(version && { version }), panorama: true })),
  skip: [anyNumber, ...atLength],
});
