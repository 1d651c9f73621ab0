import { setTimeout as wait } from 'node:timers/promises';
import { awsNetworkFirewall } from '../adapters/aws-network-firewall/adapter.ts';
import { startAwsNetworkFirewall, type AwsSimulator } from '../adapters/aws-network-firewall/simulator/simulator.ts';
import { harness } from '../adapters/aws-network-firewall/testing/harness.ts';
import { syncDelta } from '../src/worker/sync-delta.ts';
import { oneGroup } from '../test/kit/laws/states.ts';
import { Rig } from '../test/kit/rig.ts';
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
  const rig = new Rig(awsNetworkFirewall, harness(simulator, { addressFamilies: ['IPv4'] }));
  const address = (net: number, at: number): string => `10.${net}.${at >> 8}.${at & 255}`;
  const ending = Array.from({ length: pods }, (_, at) => address(1, at));
  const starting = Array.from({ length: pods }, (_, at) => address(2, at));
  await rig.settle(oneGroup(ending));
  const { session, context } = await rig.connect();
  const carrier = { adapter: rig.adapter, session, context, signal: new AbortController().signal };
  simulator.fault({ kind: 'latency', latencyMs, times: 1_000_000 });
  const before = simulator.requests().length;
  const begun = performance.now();
  const stale = staleTimes(simulator, ending, begun);
  for (let sent = 0; sent < pods;) {
    const upTo = Math.min(pods, Math.floor((performance.now() - begun) / everyMs));
    if (upTo === sent) {
      await wait(everyMs);
      continue;
    }
    const delta = {
      id: 'a00000000001',
      role: 'Accept',
      added: starting.slice(sent, upTo),
      removed: ending.slice(sent, upTo),
    } as const;
    sent = upTo;
    await syncDelta([delta], carrier);
  }
  return { calls: simulator.requests().length - before, stale };
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
