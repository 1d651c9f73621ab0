import { expect, it } from 'vitest';
import { aSnapshot } from '../../test/kit/builders.ts';
import { namespace, pod, point, policy } from '../core/compile/testing/builders.ts';
import { emptyDevices } from './devices.ts';
import { compileIntent, type CompiledIntent } from './intent.ts';
import { planPoints } from './plan.ts';

const tuesday = Date.parse('2026-12-01T12:00:00Z');
const edge = point('edge', {
  adapter: 'fortigate',
  config: { url: 'https://192.0.2.1' },
  changeWindows: [{ days: ['Wed'], from: '22:00', to: '23:00', timeZone: 'UTC' }],
});

function intentTo(...networks: readonly string[]): CompiledIntent {
  const snapshot = aSnapshot({
    namespaces: [namespace('a')],
    pods: [pod('a/web', { addresses: ['10.0.0.1'] })],
    egressPolicies: [policy('a/web', { to: [{ networks: [...networks], ports: [{ port: 443, protocol: 'TCP' }] }] })],
    enforcementPoints: [edge],
  });
  return compileIntent(snapshot, tuesday);
}

it.each([
  { complete: true, waits: '192.0.2.0/24 TCP 443.' },
  // What was in force last is believed as far as the device shows it, and nobody knows what that is.
  { complete: false, waits: '192.0.2.0/24, 203.0.113.0/24 TCP 443.' },
])('what waits for a window is told against what was in force where all was read: $complete', async (reading) => {
  const device = await emptyDevices('east')(edge);
  const before = intentTo('203.0.113.0/24', '198.51.100.0/24').desired('edge');
  const { resources } = device.adapter.lower(before, device.context);
  const observed = { complete: reading.complete, resources, foreign: [] };
  const { plans } = await planPoints(
    [edge],
    intentTo('203.0.113.0/24', '192.0.2.0/24'),
    () => Promise.resolve({ ...device, observed }),
    { signal: new AbortController().signal, now: tuesday, inForce: () => Promise.resolve(before) },
  );
  const { guard = [], allowed = [] } = plans[0] ?? {};
  expect(guard.find((one) => one.guard === 'change-window')?.message).toContain(`spec.to[0]: ${reading.waits}`);
  expect(allowed.length > 0).toBe(reading.complete);
});
