import { setTimeout as wait } from 'node:timers/promises';
import { awsNetworkFirewall } from '../adapters/aws-network-firewall/adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../adapters/aws-network-firewall/simulator/simulator.ts';
import { realWorker } from '../adapters/aws-network-firewall/testing/real-worker.ts';
import { oneGroup } from '../test/kit/laws/states.ts';
import { percentile, row, type Row } from './row.ts';

/** What one call takes, milliseconds. */
const latencyMs = 300;
/** Pods that end, and as many that start, within a second. */
const pods = 500;
const everyMs = 1_000 / pods;

/** A thousand changes of pods in a second, to one managed prefix list: how many calls, and how long an address stays that should go. */
export async function* benchAws(): AsyncGenerator<Row> {
  const simulator = await startAwsNetworkFirewall({ port: 0 });
  try {
    const { calls, stale } = await burst(simulator);
    yield row('aws, calls for 1,000 changes', calls, 'calls', 12);
    yield row('aws, stale grant p50', percentile(stale, 50) / latencyMs, 'calls', 2);
    yield row('aws, stale grant p99', percentile(stale, 99) / latencyMs, 'calls', 3);
  } finally {
    await simulator.close();
  }
}

async function burst(simulator: AwsSimulator): Promise<{ readonly calls: number; readonly stale: readonly number[] }> {
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
    const stale = staleTimes(simulator, ending, begun);
    for (let sent = 0; sent < pods;) {
      const upTo = Math.min(pods, Math.floor((performance.now() - begun) / everyMs));
      if (upTo > sent) {
        const [added, removed] = [starting.slice(sent, upTo), ending.slice(sent, upTo)];
        sent = upTo;
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
function staleTimes(simulator: AwsSimulator, ending: readonly string[], begun: number): readonly number[] {
  const stale: number[] = [];
  const left = new Map(ending.map((member, at) => [`${member}/32`, begun + at * everyMs]));
  simulator.onRequest(() => {
    const now = performance.now();
    const held = new Set([...simulator.state.lists.values()].flatMap(({ entries }) => [...entries.keys()]));
    for (const [entry, endedAt] of left) {
      if (endedAt > now || held.has(entry)) continue;
      stale.push(now - endedAt);
      left.delete(entry);
    }
  });
  return stale;
}
