import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapters } from '../../adapters/index.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import { assemble } from '../../src/kube/manifests/assemble.ts';
import { parseFile } from '../../src/kube/manifests/parse-file.ts';
import { meshIn } from '../../src/kube/mesh/objects.ts';
import { layersOf, writtenPoint } from '../../src/layers/layers.ts';
import { consistencyOf } from '../../src/verify/compare/consistency.ts';
import { readNetwork, type Network } from '../../src/verify/network/network.ts';
import { remainingFrom } from '../../src/verify/values/time.ts';
import { fateOf, covers, type Fate, type Packet } from './foreign-judge.ts';
import { addresses, numbers, objectsOf, pods, protocols, world, type World } from './foreign-world.ts';

/* Policies of every kind, judged as one that takes each packet by itself judges them. */

const at = '2026-06-01T00:00:00Z';

const packets: readonly Packet[] = pods.flatMap((pod) =>
  addresses.flatMap((address) =>
    protocols.flatMap((protocol) => numbers.map((port) => ({ pod, address, protocol, port }))),
  ),
);

async function read(objects: readonly object[]): Promise<Awaited<ReturnType<typeof assemble>>> {
  const cluster = await assemble([await parseFile('world.json', objects.map((one) => JSON.stringify(one)).join('\n'))]);
  expect(cluster.problems).toEqual([]);
  return cluster;
}

const told = ({ pod, address, protocol, port }: Packet): string =>
  `${pod.namespace}/${pod.name} to ${address}:${port}/${protocol}`;

const meant: Readonly<Record<Fate, readonly string[]>> = {
  out: ['yes', 'unknown'],
  stopped: ['no', 'unknown'],
  unclear: ['yes', 'no', 'unknown'],
};

function said(
  network: Network | undefined,
  { pods: known }: Snapshot,
  { pod, address, protocol, port }: Packet,
): { readonly allowed: string; readonly why: string } {
  const client = known.find(({ name }) => name === pod.name);
  if (client === undefined) throw new Error(`there is no pod ${pod.name}`);
  if (network === undefined) return { allowed: 'yes', why: 'there are no policies' };
  const to = { kind: 'outside', host: undefined, address, names: [] } as const;
  const answer = network.leaves(network.podEnd({ ...client, namedPorts: {} }), to, { protocol, port });
  return { allowed: answer.allowed, why: `${answer.object} ${answer.reason}` };
}

describe('network policies of every kind', () => {
  it('are judged as a packet is judged', async () => {
    const counts = { right: 0, unknown: 0, stopped: 0 };
    await fc.assert(
      fc.asyncProperty(world, async (facts) => {
        const { snapshot, foreignObjects } = await read(objectsOf(facts));
        const mesh = meshIn({ objects: foreignObjects }, snapshot);
        const network = mesh && readNetwork(mesh.network);
        for (const packet of packets) {
          const fate = fateOf(facts, packet);
          const { allowed, why } = said(network, snapshot, packet);
          counts[allowed === 'unknown' ? 'unknown' : 'right'] += 1;
          if (fate === 'stopped') counts.stopped += 1;
          if (!meant[fate].includes(allowed)) throw new Error(`${told(packet)} is ${fate}, and not ${allowed}: ${why}`);
        }
      }),
      { seed: 12, numRuns: 600 },
    );
    expect(counts.stopped).toBeGreaterThan(8_000);
    expect(counts.unknown / (counts.right + counts.unknown)).toBeLessThan(0.05);
  });

  it('are never called consistent with an intent and a firewall where a packet fares otherwise', async () => {
    const seen = { consistent: 0, differing: 0, found: 0 };
    await fc.assert(
      fc.asyncProperty(world, intents, fc.constantFrom('Pod', 'Node'), async (facts, intent, vantage) => {
        const found = await verified(facts, intent, vantage);
        const differing = packets.filter((packet) => differs(facts, intent, vantage, packet));
        if (found.consistent) expect(differing.map(told)).toEqual([]);
        seen[found.consistent ? 'consistent' : 'differing'] += 1;
        // What is told as a bypass or as broken is one.
        for (const flow of [...found.perimeterOnly, ...found.blocked]) {
          const pod = pods.find((one) => `${one.namespace}/${one.name}` === flow.pod);
          if (pod === undefined || !/^[\d.]+$/.test(flow.destination)) continue;
          const packet = { pod, address: flow.destination, protocol: flow.protocol, port: flow.port };
          if (fateOf(facts, packet) === 'unclear') continue;
          expect([told(packet), differs(facts, intent, vantage, packet)]).toEqual([told(packet), true]);
          seen.found += 1;
        }
      }),
      { seed: 14, numRuns: 300 },
    );
    expect(Math.min(seen.consistent, seen.differing, seen.found)).toBeGreaterThan(25);
  });
});

interface Intent {
  readonly namespace: 'shop' | 'news';
  readonly app: string;
  readonly network: string;
  readonly port: number;
}

const intents: fc.Arbitrary<readonly Intent[]> = fc.array(
  fc.record({
    namespace: fc.constantFrom('shop' as const, 'news' as const),
    app: fc.constantFrom('web', 'batch'),
    network: fc.constantFrom('203.0.113.0/24', '198.51.100.0/24'),
    port: fc.constantFrom(443, 80),
  }),
  { minLength: 1, maxLength: 3 },
);

function isIntended(intent: readonly Intent[], { pod, address, protocol, port }: Packet): boolean {
  return intent.some(
    (one) =>
      protocol === 'TCP' &&
      one.port === port &&
      one.namespace === pod.namespace &&
      one.app === pod.app &&
      covers(one.network, address),
  );
}

/** Behind SNAT all pods are one node. Where the firewall sees pods, nodes are nobody to it. */
function differs(facts: World, intent: readonly Intent[], vantage: string, packet: Packet): boolean {
  const wanted = isIntended(intent, packet);
  const fate = fateOf(facts, packet);
  if (fate === 'unclear') return false;
  if (packet.pod.hostNetwork && vantage === 'Pod') return false;
  const passes = vantage === 'Pod' ? wanted : pods.some((pod) => isIntended(intent, { ...packet, pod }));
  return wanted !== (fate === 'out' && passes);
}

async function verified(
  facts: World,
  intent: readonly Intent[],
  vantage: string,
): Promise<ReturnType<typeof consistencyOf>> {
  const policies = intent.map(({ namespace, app, network, port }, index) => ({
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EgressPolicy',
    metadata: { namespace, name: `i${index}` },
    spec: { subject: { podSelector: { matchLabels: { app } } }, to: [{ networks: [network], ports: [{ port }] }] },
  }));
  const point = {
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EnforcementPoint',
    metadata: { name: 'edge' },
    spec: { adapter: 'memory', mode: 'Enforce', vantage: { type: vantage } },
  };
  const { snapshot, foreignObjects } = await read([...objectsOf(facts), ...policies, point]);
  const adapter = await adapters['memory']?.();
  if (adapter === undefined) throw new Error('there is no adapter memory');
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), at);
  const context = { config: adapter.config.parse({}), capabilities: adapter.capabilities, owner: { cluster: 'east' } };
  const points = snapshot.enforcementPoints.map((one) => {
    const desired = compiler.desired(one.metadata.name);
    if (desired === undefined) throw new Error('nothing is desired');
    return writtenPoint(one, desired, { adapter, context });
  });
  const mesh = { objects: foreignObjects };
  return consistencyOf(layersOf({ snapshot, remaining: remainingFrom(Date.parse(at)), points, mesh, complete: false }));
}
