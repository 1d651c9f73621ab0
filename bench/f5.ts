import { f5Afm } from '../adapters/f5-afm/adapter.ts';
import { startF5Afm, type F5AfmSimulator } from '../adapters/f5-afm/simulator/simulator.ts';
import { f5AfmConfigSchema } from '../adapters/f5-afm/config.ts';
import { enforcementPointSchema } from '../src/api/enforcement-point.ts';
import type { EgressPolicy } from '../src/api/kinds.ts';
import { apiVersion } from '../src/api/meta.ts';
import { systemClock } from '../src/compose/clock.ts';
import type { Embedded } from '../src/compose/embedded.ts';
import { anEmbedded } from '../test/kit/embedded.ts';
import type { DesiredState } from '../src/core/model/desired.ts';
import type { ObjectChange } from '../src/core/model/snapshot.ts';
import { podOf } from './worlds/cluster.ts';
import { listWriter, sentTo, type Sent } from './compared/f5-peers.ts';
import { reference, row, type Row } from './row.ts';

const latencyMs = 20;
const updates = 200;
const rules = 500;
/** A list is never of more than 256 members. */
const bytesOfAList = 256 * '{"name":"10.255.255.255"},'.length;
const owner = { cluster: 'bench' };
const point = 'edge';
const namespace = 'team-0';

/** What changes cost at a BIG-IP: requests and bytes, beside what a controller costs that sends whole lists or declarations. */
export async function* benchF5(): AsyncGenerator<Row> {
  for (const pods of [200, 10_000]) {
    const what = `f5: ${updates} member changes at once, ${pods} pods, ${latencyMs} ms per call`;
    const ours = await changeMembers(pods);
    // A list is sent once, however many of its members change: with 200 pods there is one, and it may be under way already.
    const most = pods === 200 ? 10 : updates;
    yield row(`${what}, PATCHes`, ours.requests, 'calls', most);
    yield reference(`${what}, bytes`, ours.bytes, 'bytes');
    yield row(`${what}, bytes for each PATCH`, ours.bytes / ours.requests, 'bytes', bytesOfAList);
    yield reference(`${what}, until all are in`, ours.ms, 'ms');
    const theirs = await wholeLists(pods);
    yield reference(`${what}, model of CES (the whole list for each), PATCHes`, theirs.requests, 'calls');
    yield reference(`${what}, model of CES (the whole list for each), bytes`, theirs.bytes, 'bytes');
    yield reference(`${what}, model of CES (the whole list for each), until all are in`, theirs.ms, 'ms');
  }
  yield* await changeRule();
}

/** Half of the changes are pods that end, half are new ones; all are known at once. */
async function changeMembers(pods: number): Promise<Sent> {
  const { device, embedded } = await start([...podsUpTo(pods), policy(0, '203.0.113.7/32')]);
  return await measured(device, embedded, async () => {
    for (const change of replacements(pods)) await embedded.apply([change], true);
    await quiet(embedded);
  });
}

async function wholeLists(pods: number): Promise<Sent> {
  const device = await startF5Afm({ port: 0 });
  const writer = listWriter(device, podsUpTo(pods).flatMap(addressesIn));
  slow(device);
  const sent = await sentTo(device, async () => {
    for (const change of replacements(pods)) await writer.take(addressesIn(change)[0]);
  });
  await writer.close();
  await device.close();
  return sent;
}

async function changeRule(): Promise<Row[]> {
  const policies = Array.from({ length: rules }, (_, i) => policy(i, `203.0.${i >> 8}.${i & 255}/32`));
  const { device, embedded } = await start([...podsUpTo(200), ...policies]);
  const reads = device.requests().length;
  const ours = await measured(device, embedded, async () => {
    await embedded.apply([policy(250, '198.51.100.1/32')], true);
    await quiet(embedded);
  });
  const looks = device.requests().slice(reads).length - ours.requests;
  const declared = declarationOf(await embedded.publisher.read((compiled) => compiled.desired(point)));
  const what = `f5: one of ${rules} rules changed, ${latencyMs} ms per call`;
  return [
    row(`${what}, requests that write, transaction included`, ours.requests, 'calls', 10),
    row(`${what}, bytes`, ours.bytes, 'bytes', 5_000),
    reference(`${what}, requests that read`, looks, 'calls'),
    reference(`${what}, until read back`, ours.ms, 'ms'),
    reference(`${what}, model of AS3 (one declaration), bytes`, declared.length, 'bytes'),
  ];
}

/** AS3 then reads its tenant by some 126 requests of its own, which are not counted elsewhere. */
function declarationOf(desired: DesiredState | undefined): string {
  if (desired === undefined) throw new Error('nothing was compiled');
  const config = f5AfmConfigSchema.parse({ url: 'https://192.0.2.1' });
  const declaration = f5Afm.formats?.['as3']?.(desired, { config, owner, capabilities: f5Afm.capabilities }) ?? '';
  return JSON.stringify(JSON.parse(declaration)); // without the line breaks that are there for people
}

/** A BIG-IP that has been brought up to date. */
async function start(changes: readonly ObjectChange[]): Promise<{ device: F5AfmSimulator; embedded: Embedded }> {
  const device = await startF5Afm({ port: 0, prepared: true });
  const embedded = anEmbedded({
    adapters: () => Promise.resolve(f5Afm),
    secrets: () => Promise.resolve({ ...device.credentials, 'ca.crt': device.ca }),
    ...{ owner, random: Math.random, readBackAfterMs: 60_000 },
    report: (report) => {
      if (report.path === 'none') process.stderr.write(`${report.error.message}\n`);
    },
  });
  await embedded.apply([edge(device.url), ...changes], true);
  await quiet(embedded);
  return { device, embedded };
}

async function measured(device: F5AfmSimulator, embedded: Embedded, work: () => Promise<void>): Promise<Sent> {
  slow(device);
  const sent = await sentTo(device, work);
  device.clearFaults();
  await embedded.close();
  await device.close();
  return sent;
}

/** Until nothing is under way; read-backs that are due later are not waited for. */
async function quiet(embedded: Embedded): Promise<void> {
  for (;;) {
    await embedded.idle();
    const { waiting, running, nextMs = Infinity } = await embedded.queue.depth();
    if (waiting + running === 0 && nextMs > 5_000) return;
    await systemClock.sleep(5);
  }
}

function slow(device: F5AfmSimulator): void {
  device.fault({ kind: 'latency', latencyMs, times: Infinity });
}

function podsUpTo(count: number): ObjectChange[] {
  return Array.from({ length: count }, (_, i) => arrives(i));
}

function replacements(pods: number): ObjectChange[] {
  return Array.from({ length: updates / 2 }, (_, i) => [
    leaves(Math.floor((i * pods * 2) / updates)),
    arrives(pods + i),
  ]).flat();
}

function arrives(i: number): ObjectChange {
  const object = podOf(i, 1);
  return { kind: 'Pod', key: `${namespace}/${object.name}`, object };
}

function leaves(i: number): ObjectChange {
  return { ...arrives(i), object: undefined };
}

function addressesIn(change: ObjectChange): readonly string[] {
  return change.kind === 'Pod' ? (change.object?.addresses ?? []) : [];
}

function policy(i: number, network: string): ObjectChange {
  const name = `policy-${i}`;
  const object: EgressPolicy = {
    apiVersion,
    kind: 'EgressPolicy',
    metadata: { name, namespace, uid: name, generation: 1, labels: {}, annotations: {} },
    spec: {
      subject: { allPods: true },
      action: 'Accept',
      to: [{ networks: [network], ports: [{ port: 443, protocol: 'TCP' }] }],
    },
  };
  return { kind: 'EgressPolicy', key: `${namespace}/${name}`, object };
}

function edge(url: string): ObjectChange {
  const spec = { adapter: 'f5-afm', mode: 'Enforce', secretRef: { name: point }, config: { url } };
  const metadata = { name: point, uid: point, generation: 1 };
  const object = enforcementPointSchema.parse({ apiVersion, kind: 'EnforcementPoint', metadata, spec });
  return { kind: 'EnforcementPoint', key: point, object };
}
