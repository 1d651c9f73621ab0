import { setTimeout as wait } from 'node:timers/promises';
import { awsNetworkFirewall } from '../adapters/aws-network-firewall/adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../adapters/aws-network-firewall/simulator/simulator.ts';
import { realWorker } from '../adapters/aws-network-firewall/testing/real-worker.ts';
import { oneGroup } from '../test/kit/laws/states.ts';
import { queuedMs } from './processes/run-queue.ts';
import { percentile, reference, row, type Row } from './row.ts';

/** What one call takes, milliseconds. */
const latencyMs = 300;
/** Pods that end, and as many that start, within a second. */
const pods = 500;
const everyMs = 1_000 / pods;

/**
 * A thousand changes of pods in a second, to one managed prefix list: how many calls, and how long an address stays that
 * should go. Without what the process waited for a processor it is a little less than on a machine of its own, for some of
 * that it would have waited for the call that was under way.
 */
export async function* benchAws(): AsyncGenerator<Row> {
  const simulator = await startAwsNetworkFirewall({ port: 0 });
  try {
    const { calls, stale } = await burst(simulator);
    yield row('aws, calls for 1,000 changes', calls, 'calls', 12);
    const inCalls = (of: keyof Stale, hundredths: number): number =>
      percentile(
        stale.map((one) => one[of]),
        hundredths,
      ) / latencyMs;
    yield row('aws, stale grant p50', inCalls('ms', 50), 'calls', 2);
    yield row('aws, stale grant p99', inCalls('ms', 99), 'calls', 3);
    yield reference('aws, stale grant p50, without waiting for a processor', inCalls('unqueuedMs', 50), 'calls');
    yield reference('aws, stale grant p99, without waiting for a processor', inCalls('unqueuedMs', 99), 'calls');
  } finally {
    await simulator.close();
  }
}

/** For how long an address stayed that should go, milliseconds. */
interface Stale {
  readonly ms: number;
  /** Without what the process waited for a processor meanwhile. */
  readonly unqueuedMs: number;
}

async function burst(simulator: AwsSimulator): Promise<{ readonly calls: number; readonly stale: readonly Stale[] }> {
  const worker = realWorker(awsNetworkFirewall, simulator);
  try {
    const address = (net: number, at: number): string => `10.${net}.${at >> 8}.${at & 255}`;
    const ending = Array.from({ length: pods }, (_, at) => address(1, at));
    const starting = Array.from({ length: pods }, (_, at) => address(2, at));
    await worker.publish(oneGroup(ending));
    await worker.settled();
    simulator.fault({ kind: 'latency', latencyMs, times: 1_000_000 });
    const before = simulator.requests().length;
    const begun = performance.now();
    /** How long the process had waited for a processor when the end of each pod was published. */
    const queued: number[] = [];
    const stale = staleTimes(simulator, { ending, begun, queued });
    for (let sent = 0; sent < pods;) {
      const upTo = Math.min(pods, Math.floor((performance.now() - begun) / everyMs));
      if (upTo > sent) {
        const [added, removed] = [starting.slice(sent, upTo), ending.slice(sent, upTo)];
        sent = upTo;
        queued.push(...removed.map(() => queuedMs(process.pid)));
        await worker.publish(oneGroup([...starting.slice(0, sent), ...ending.slice(sent)]), { added, removed });
      }
      await wait(everyMs);
    }
    const calls = await worker.told();
    return { calls: calls - before, stale };
  } finally {
    worker.close();
  }
}

/** How long after its pod ended each address was gone, milliseconds; filled while requests come in. */
function staleTimes(
  simulator: AwsSimulator,
  {
    ending,
    begun,
    queued,
  }: { readonly ending: readonly string[]; readonly begun: number; readonly queued: readonly number[] },
): readonly Stale[] {
  const stale: Stale[] = [];
  const left = new Map(ending.map((member, at) => [`${member}/32`, at]));
  simulator.onRequest(() => {
    const now = performance.now();
    const held = new Set([...simulator.state.lists.values()].flatMap(({ entries }) => [...entries.keys()]));
    const waited = queuedMs(process.pid);
    for (const [entry, at] of left) {
      const published = queued[at];
      if (published === undefined || held.has(entry)) continue;
      const ms = now - (begun + at * everyMs);
      stale.push({ ms, unqueuedMs: ms - (waited - published) });
      left.delete(entry);
    }
  });
  return stale;
}
