import { churn, replacements } from './worlds/churn.ts';
import { bareCalls } from './compared/bare-calls.ts';
import { runEmbedded, runThroughRedis, type Running } from './compared/compositions.ts';
import type { FirewallAddress, Seen } from './processes/firewall-process.ts';
import { Firewall } from './processes/firewall.ts';
import { everySoOften, feedsOf, oneCallPerChange, wholeDeclaration, type Feeds, type Peer } from './compared/peers.ts';
import { startRedis } from './processes/redis.ts';
import { percentile, reference, row, type Row } from './row.ts';

interface Load {
  /** What one call to the device takes, milliseconds. */
  readonly latency: number;
  readonly perSecond: number;
  readonly seconds: number;
}

interface Manner {
  readonly name: string;
  readonly start: (firewall: FirewallAddress) => Promise<Running>;
  /** Times the latency of the device. */
  readonly aims: { readonly p50: number; readonly p99: number };
}

/** Several calls in flight, begun evenly apart: see docs/decisions/0022. */
const embedded: Manner = { name: 'embedded', start: runEmbedded, aims: { p50: 1.25, p99: 1.6 } };
/** Address objects are changed by one call at a time, and a pod that comes takes two. */
const oneByOne: Manner = { name: 'embedded, FortiOS 7.0', start: runEmbedded, aims: { p50: 1.5, p99: 2.5 } };
const mostInFlight = 3;
/**
 * Times what a bare call takes in the same run, by how many changes come in the time of one call: what is waited for, and
 * what Postern adds, whatever TLS, the simulator and the machine take.
 */
function overBareCall({ latency, perSecond }: Load): Manner['aims'] {
  const changesPerCall = (perSecond * latency) / 1e3;
  if (changesPerCall < 1) return { p50: 1.05, p99: 1.3 };
  return changesPerCall <= 2 ? { p50: 1.15, p99: 1.5 } : embedded.aims;
}
const throughRedis = (url: string): Manner => ({
  name: 'Redis',
  start: (firewall) => runThroughRedis(url, firewall),
  aims: { p50: 1.5, p99: 2.5 },
});
const windowSeconds = 3;
/** A thousand pods go and a thousand come. */
const replacing: Load = { latency: 20, perSecond: 200, seconds: 10 };

/** From a change of a pod to the tables of a simulated FortiGate, in units of what one call to that firewall takes. */
export async function* benchPropagation(): AsyncGenerator<Row> {
  // These do little but wait, and wait beside the others.
  const patient = [
    load(embedded, { latency: 4_000, perSecond: 20, seconds: 12 }),
    peer('a poll every 60 s', (feeds) => everySoOften(feeds, 60_000), { latency: 20, perSecond: 5, seconds: 60 }),
    peer('a fixed buffer of 5 s', (feeds) => everySoOften(feeds, 5_000), { latency: 20, perSecond: 20, seconds: 20 }),
  ];
  for (const latency of [5, 20, 100]) {
    const bare = await bareCall({ latency, perSecond: 20, seconds: windowSeconds });
    const what = `propagation nothing but the call, ${latency} ms per call`;
    yield reference(`${what}, p50 over device latency`, percentile(bare, 50) / latency, 'ratio');
    yield reference(`${what}, p99 over device latency`, percentile(bare, 99) / latency, 'ratio');
    for (const perSecond of [20, 100, 1_000])
      yield* await load(embedded, { latency, perSecond, seconds: windowSeconds }, { bareMs: percentile(bare, 50) });
  }
  yield* await replacement(embedded);
  const redis = await startRedis();
  if (redis !== undefined) {
    const manner = throughRedis(redis.url);
    for (const perSecond of [20, 100, 1_000])
      yield* await load(manner, { latency: 20, perSecond, seconds: windowSeconds });
    yield* await replacement(manner);
    await redis.stop();
  }
  yield* await load(oneByOne, { latency: 20, perSecond: 20, seconds: windowSeconds }, { version: '7.0' });
  const busy = { latency: 20, perSecond: 100, seconds: windowSeconds };
  yield* await peer('one call per change', oneCallPerChange, busy);
  yield* await peer('the whole declaration', wholeDeclaration, busy);
  for (const rows of patient) yield* await rows;
}

interface Device {
  /** Absent: one with pushed feeds. */
  readonly version?: string;
  /** What a bare call to it takes, milliseconds; absent: not measured. */
  readonly bareMs?: number;
}

async function load(
  manner: Manner,
  { latency, perSecond, seconds }: Load,
  { version, bareMs }: Device = {},
): Promise<Row[]> {
  const what = `propagation ${manner.name}, ${latency} ms per call, ${perSecond} changes/s`;
  const { seen, lasted } = await observed(manner, { latency, perSecond, seconds }, version);
  const all = everything(seen);
  const mostCalls = Math.min(version === undefined ? 1 : 2, (mostInFlight * (lasted / latency + 1)) / all.length);
  return [
    row(`${what}, p50 over device latency`, percentile(all, 50) / latency, 'ratio', manner.aims.p50),
    row(`${what}, p99 over device latency`, percentile(all, 99) / latency, 'ratio', manner.aims.p99),
    ...(bareMs === undefined ? [] : overBare(what, all, bareMs, overBareCall({ latency, perSecond, seconds }))),
    row(`${what}, native calls over changes`, seen.writes / all.length, 'ratio', mostCalls),
    row(`${what}, changes not seen in ${patience(latency) / 1e3} s`, seen.waiting.length, 'changes', 0),
  ];
}

function overBare(what: string, all: readonly number[], bareMs: number, aims: Manner['aims']): Row[] {
  return [
    row(`${what}, p50 over a bare call`, percentile(all, 50) / bareMs, 'ratio', aims.p50),
    row(`${what}, p99 over a bare call`, percentile(all, 99) / bareMs, 'ratio', aims.p99),
  ];
}

async function replacement(manner: Manner): Promise<Row[]> {
  const what = `propagation ${manner.name}, 1000 pods replaced at 100/s, 20 ms per call`;
  const { latency } = replacing;
  const { seen, lasted } = await observed(manner, replacing);
  const all = everything(seen);
  const mostCalls = mostInFlight * (Math.ceil(lasted / latency) + 1);
  return [
    row(`${what}, native calls`, seen.writes, 'calls', mostCalls),
    reference(`${what}, bytes written for each change`, seen.bytes / all.length, 'bytes'),
    row(`${what}, p50 over device latency`, percentile(all, 50) / latency, 'ratio', manner.aims.p50),
    row(`${what}, p99 over device latency`, percentile(all, 99) / latency, 'ratio', manner.aims.p99),
    row(
      `${what}, stale grant p99 over device latency`,
      percentile(seen.withdrawn, 99) / latency,
      'ratio',
      manner.aims.p99,
    ),
    reference(`${what}, p50`, percentile(all, 50), 'ms'),
    reference(`${what}, p99`, percentile(all, 99), 'ms'),
    reference(`${what}, stale grant p99`, percentile(seen.withdrawn, 99), 'ms'),
    row(`${what}, changes not seen in ${patience(latency) / 1e3} s`, seen.waiting.length, 'changes', 0),
  ];
}

/** A firewall that is up to date, slow from then on, and half a second of the same load before what is measured. */
async function observed(
  manner: Manner,
  { latency, perSecond, seconds }: Load,
  version?: string,
): Promise<{ readonly seen: Seen; readonly lasted: number }> {
  const firewall = await Firewall.start(version);
  const running = await manner.start(firewall.address);
  try {
    firewall.setLatency(latency);
    const events = replacements();
    const act = ({ change }: { readonly change: Parameters<Running['take']>[0] }): void => running.take(change);
    await churn(events, { perSecond, count: Math.ceil(perSecond / 2) }, firewall, act);
    await firewall.complete(patience(latency));
    const started = performance.now();
    await churn(events, { perSecond, count: perSecond * seconds }, firewall, act);
    return { seen: await firewall.complete(patience(latency)), lasted: performance.now() - started };
  } finally {
    firewall.setLatency(0);
    await running.stop();
    await firewall.stop();
  }
}

async function bareCall(load: Load): Promise<readonly number[]> {
  return everything(await observedPeer(bareCalls, load));
}

async function peer(name: string, start: (feeds: Feeds) => Peer, load: Load): Promise<Row[]> {
  const { latency, perSecond } = load;
  const seen = await observedPeer(start, load);
  const all = everything(seen);
  const what = `propagation model of peers: ${name}, ${latency} ms per call, ${perSecond} changes/s`;
  return [
    reference(`${what}, p50 over device latency`, percentile(all, 50) / latency, 'ratio'),
    reference(`${what}, p99 over device latency`, percentile(all, 99) / latency, 'ratio'),
    reference(`${what}, stale grant p99`, percentile(seen.withdrawn, 99), 'ms'),
    reference(`${what}, native calls over changes`, seen.writes / all.length, 'ratio'),
    reference(`${what}, bytes written for each change`, seen.bytes / all.length, 'bytes'),
  ];
}

async function observedPeer(
  start: (feeds: Feeds, firewall: FirewallAddress) => Peer,
  { latency, perSecond, seconds }: Load,
): Promise<Seen> {
  const firewall = await Firewall.start();
  const running = await runEmbedded(firewall.address);
  const desired = await running.desired();
  await running.stop();
  if (desired === undefined) throw new Error('nothing was compiled');
  const feeds = feedsOf(desired, firewall.address);
  firewall.setLatency(latency);
  await firewall.report();
  const model = start(feeds, firewall.address);
  await churn(replacements(), { perSecond, count: perSecond * seconds }, firewall, (event) => model.take(event));
  await model.finish();
  const seen = await firewall.complete(patience(latency));
  feeds.close();
  await firewall.stop();
  return seen;
}

/** What was not seen counts with the time that it was waited for. */
const everything = ({ granted, withdrawn, waiting }: Seen): number[] => [...granted, ...withdrawn, ...waiting];
const patience = (latency: number): number => 5_000 + 10 * latency;
