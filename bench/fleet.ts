import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process } from './processes/process.ts';
import type { FleetFigures, FleetOptions } from './processes/fleet-process.ts';
import { reference, row, type Row } from './row.ts';
import { points, pods, type Device } from './worlds/fleet.ts';

const appliances = ['fortigate', 'f5-afm', 'panos', 'aws-network-firewall', 'azure-firewall', 'gcp-firewall'];
const inCluster = ['istio', 'network-policy', 'feed', 'memory'];
const each = points / (appliances.length + inCluster.length);
const mib = 2 ** 20;
const hourMs = 3_600_000;
const everyMs = 10_000;

/**
 * An hour of a whole fleet: every kind of device, each with its own API over TLS, on a virtual clock. A pod
 * that some device lets out is replaced every ten seconds, and every device is read every five minutes.
 */
export async function* benchFleet(): AsyncGenerator<Row> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-fleet-'));
  const beside = await Process.start('appliances', { kinds: appliances, each });
  try {
    const devices = [...(await beside.hear<readonly Device[]>()), ...withoutAppliance(directory)];
    const options: FleetOptions = { directory, devices, lastsMs: hourMs, everyMs };
    const fleet = await Process.start('fleet', { ...options });
    const what = `fleet, ${points} points, ${pods} pods`;
    yield* rowsOf(`${what}, first sync`, await fleet.hear<FleetFigures>(), await requests(beside));
    fleet.tell('hour');
    yield* rowsOf(`${what}, one hour`, await fleet.hear<FleetFigures>(), await requests(beside));
    await fleet.stop();
  } finally {
    await beside.stop();
    await rm(directory, { recursive: true });
  }
}

function withoutAppliance(directory: string): readonly Device[] {
  return Array.from({ length: each }, (_, i) =>
    inCluster.map((kind): Device => ({ kind, config: configOf(kind, join(directory, `${kind}-${i}`)), secret: {} })),
  ).flat();
}

function configOf(kind: string, folder: string): unknown {
  return kind === 'feed'
    ? { store: { folder }, consumers: [{ name: 'edge', device: 'pan-os', intervalSeconds: 300 }] }
    : kind === 'istio'
      ? { plane: 'direct' }
      : {};
}

function* rowsOf(what: string, figures: FleetFigures, calls: Readonly<Record<string, number>>): Generator<Row> {
  const { processor, retained, peakMib, syncs, nativeCalls, failing } = figures;
  for (const one of failing) process.stderr.write(`${one}\n`);
  yield row(`${what}, points that are not as they should be`, failing.length, 'points', 0);
  yield reference(`${what}, time of the processor`, processor, 's');
  yield reference(`${what}, retained`, retained / mib, 'MiB');
  yield reference(`${what}, most resident`, peakMib, 'MiB');
  yield reference(`${what}, syncs`, syncs, 'syncs');
  yield reference(`${what}, native calls that write`, nativeCalls, 'calls');
  for (const [kind, count] of Object.entries(calls))
    yield reference(`${what}, requests to ${each} ${kind}`, count, 'calls');
}

async function requests(beside: Process): Promise<Readonly<Record<string, number>>> {
  beside.tell('requests');
  return beside.hear<Record<string, number>>();
}
