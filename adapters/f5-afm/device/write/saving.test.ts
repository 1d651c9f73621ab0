import { afterEach, expect, it, vi } from 'vitest';
import { aPod, aPoint, aPolicy, aSnapshot } from '../../../../test/kit/builders.ts';
import { anEmbedded } from '../../../../test/kit/embedded.ts';
import { SteadyClock } from '../../../../test/kit/steady-clock.ts';
import type { Embedded } from '../../../../src/compose/embedded.ts';
import { toChanges } from '../../../../src/core/compile/changes.ts';
import type { ObjectChange } from '../../../../src/core/model/snapshot.ts';
import type { SyncReport } from '../../../../src/worker/sync-report.ts';
import { f5Afm } from '../../adapter.ts';
import type { F5AfmSimulator } from '../../simulator/simulator.ts';
import { startDevice } from '../../testing/device.ts';

/* A worker that has nothing else to do: who saves what it wrote last? */

/** Quiet is where nobody writes, and not where everybody stands still. */
const clock = new SteadyClock();
const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.close();
});

interface Setting {
  readonly readBackAfterMs: number;
  readonly saveAfterSeconds?: number;
  readonly report?: (report: SyncReport) => void;
}

async function start(
  device: F5AfmSimulator,
  { readBackAfterMs, saveAfterSeconds = 1, report = () => undefined }: Setting,
): Promise<Embedded> {
  const embedded = anEmbedded({
    adapters: () => Promise.resolve(f5Afm),
    secrets: () => Promise.resolve({ ...device.credentials, 'ca.crt': device.ca }),
    clock,
    readBackAfterMs,
    report,
  });
  running.push(device, embedded);
  const config = { url: device.url, saveAfterSeconds };
  const snapshot = aSnapshot({
    pods: [aPod({ name: 'a', addresses: ['10.0.0.1'] })],
    egressPolicies: [aPolicy()],
    enforcementPoints: [aPoint({ adapter: 'f5-afm', secretRef: { name: 'edge' }, config })],
  });
  await embedded.apply(toChanges(snapshot), true);
  return embedded;
}

const savesOf = (device: F5AfmSimulator): number =>
  device.requests().filter(({ path }) => path === '/mgmt/tm/sys/config').length;
const arrives = (name: string, address: string): ObjectChange => {
  return { kind: 'Pod', key: `shop/${name}`, object: aPod({ name, addresses: [address] }) };
};

it('saves a change of members when all is quiet, without anything else that happens, and once', async () => {
  const device = await startDevice({ options: { now: () => clock.now() } });
  const embedded = await start(device, { readBackAfterMs: 100 });
  await embedded.settled();
  expect(savesOf(device)).toBe(1);
  await embedded.apply([arrives('b', '10.0.0.2')], true);
  await embedded.apply([arrives('c', '10.0.0.3')], true);
  await embedded.settled();
  expect(savesOf(device)).toBe(2);
  const before = device.dump();
  device.reboot();
  expect(device.dump()).toEqual(before);
});

it('does not keep a worker waiting that ends anyway, and saves when it ends', async () => {
  const device = await startDevice({ options: { now: () => clock.now() } });
  const embedded = await start(device, { readBackAfterMs: 0 });
  await embedded.settled();
  expect(savesOf(device)).toBe(0);
  await embedded.close();
  expect(savesOf(device)).toBe(1);
});

it('does not put off a read-back until something is to be saved', async () => {
  const device = await startDevice({ options: { now: () => clock.now() } });
  const told: string[] = [];
  const report = ({ path }: SyncReport): void => void told.push(path);
  const embedded = await start(device, { readBackAfterMs: 50, saveAfterSeconds: 3_600, report });
  await vi.waitFor(() => expect(told).toContain('full'), 40_000);
  await embedded.apply([arrives('b', '10.0.0.2')], true);
  const readings = (): number => told.filter((path) => path === 'full').length;
  await vi.waitFor(() => expect(readings()).toBeGreaterThanOrEqual(2), 40_000);
  expect(savesOf(device)).toBe(0);
});
